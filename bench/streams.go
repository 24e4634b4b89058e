package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/coder/websocket"
)

// What is no server-sent events: messages on a WebSocket, as of OpenAI's
// responses, and envelopes of Connect, as of Cursor's turns. In both the provider
// sends floodEvents pieces of text, each by itself, and then the counts.

const (
	socketURL  = "https://api.openai.com/v1/responses"
	connectURL = "https://api2.cursor.sh/agent.v1.AgentService/RunSSE"
)

var (
	socketRequest = []byte(`{"type":"response.create","model":"gpt-5.6","input":[{"role":"user","content":"say hi"}]}`)
	socketStart   = []byte(`{"type":"response.created","response":{"id":"resp_1","object":"response","model":"gpt-5.6","usage":null}}`)
	socketDelta   = []byte(`{"type":"response.output_text.delta","sequence_number":4,"item_id":"msg_1","output_index":0,"content_index":0,"delta":"hello there, ","logprobs":[],"obfuscation":"abcdef"}`)
	socketEnd     = []byte(`{"type":"response.completed","response":{"id":"resp_1","object":"response","status":"completed","model":"gpt-5.6","usage":{"input_tokens":90,"output_tokens":40,"total_tokens":130}}}`)

	// agent.v1.AgentServerMessage: interaction_update (1) with a text_delta (1),
	// or the turn_ended (14) with its counts.
	connectDelta = envelope(0, member(1, member(1, member(1, []byte("hello there, ")))))
	connectEnd   = append(envelope(0, member(1, member(14, []byte{1 << 3, 90, 2 << 3, 40, 3 << 3, 20, 4 << 3, 10}))), envelope(2, []byte("{}"))...)
)

// member is a field of bytes, in a message of protobuf.
func member(n byte, value []byte) []byte { return append([]byte{n<<3 | 2, byte(len(value))}, value...) }

func envelope(flags byte, message []byte) []byte {
	return append(binary.BigEndian.AppendUint32([]byte{flags}, uint32(len(message))), message...)
}

// flood says all that is said on a stream of messages.
func flood(send func([]byte) error, start, delta, end []byte) error {
	if err := send(start); err != nil {
		return err
	}
	for range floodEvents {
		if err := send(delta); err != nil {
			return err
		}
	}
	return send(end)
}

func answerSocket(w http.ResponseWriter, r *http.Request) {
	c, err := websocket.Accept(w, r, &websocket.AcceptOptions{CompressionMode: websocket.CompressionDisabled})
	if err != nil {
		return // it has been answered
	}
	defer func() { _ = c.CloseNow() }() // most have ended
	for {
		if _, _, err := c.Read(r.Context()); err != nil {
			return // the agent has gone
		}
		send := func(text []byte) error { return c.Write(r.Context(), websocket.MessageText, text) }
		if flood(send, socketStart, socketDelta, socketEnd) != nil {
			return
		}
	}
}

func answerConnect(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/event-stream") // so Cursor's own
	send := func(envelope []byte) error {
		_, err := w.Write(envelope)
		return errors.Join(err, http.NewResponseController(w).Flush())
	}
	_ = flood(send, connectDelta, connectDelta, connectEnd) // an agent that left is its own affair
}

// messages asks once on a WebSocket of its own and reads the answer.
func (p *path) messages(ctx context.Context) (n int64, err error) {
	c, _, err := websocket.Dial(ctx, socketURL, &websocket.DialOptions{HTTPClient: p.client, CompressionMode: websocket.CompressionDisabled}) //nolint:bodyclose // it is the connection
	if err != nil {
		return 0, err
	}
	defer func() { _ = c.CloseNow() }() // both have said all
	if err := c.Write(ctx, websocket.MessageText, socketRequest); err != nil {
		return 0, err
	}
	for text := []byte(nil); !bytes.HasPrefix(text, []byte(`{"type":"response.completed"`)); n++ {
		if _, text, err = c.Read(ctx); err != nil {
			return n, err
		}
	}
	return n, nil
}

// envelopes asks for a turn and reads the answer.
func (p *path) envelopes(ctx context.Context) (n int64, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, connectURL, bytes.NewReader(envelope(0, member(1, []byte("run-1")))))
	if err != nil {
		return 0, err
	}
	r.Header.Set("Content-Type", "application/connect+proto")
	resp, err := p.client.Do(r)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("a turn was answered %s", resp.Status)
	}
	body := bufio.NewReaderSize(resp.Body, 64<<10)
	for ; ; n++ {
		var head [5]byte
		if _, err := io.ReadFull(body, head[:]); err != nil {
			if errors.Is(err, io.EOF) {
				return n, nil
			}
			return n, err
		}
		if _, err := body.Discard(int(binary.BigEndian.Uint32(head[1:]))); err != nil {
			return n, err
		}
	}
}

// measureMessages leaves goproxy out: as tuned here, it ends the connection of a
// handshake.
func (p *path) measureMessages(ctx context.Context, slot time.Duration) error {
	if p.name == "goproxy" {
		return nil
	}
	rate, cpu, err := p.workload(ctx, 4, slot, p.messages)
	p.messageRate, p.messageCPU = append(p.messageRate, rate), append(p.messageCPU, cpu)
	return err
}

func (p *path) measureEnvelopes(ctx context.Context, slot time.Duration) error {
	rate, cpu, err := p.workload(ctx, 4, slot, p.envelopes)
	p.envelopeRate, p.envelopeCPU = append(p.envelopeRate, rate), append(p.envelopeCPU, cpu)
	return err
}
