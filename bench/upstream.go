package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/wiremeter/wiremeter/certs"
)

// kindHeader names the answer that the provider is to give.
const kindHeader = "X-Bench-Kind"

const (
	kindJSON   = "json"   // 3 KB of chat completion
	kindFlood  = "flood"  // floodEvents events, each flushed, without a pause
	kindPaced  = "paced"  // 100 events a second, for half a second, each with its time
	kindShort  = "short"  // a stream of a few events
	kindSilent = "silent" // one event, then nothing until the agent leaves
)

const floodEvents = 5000

var (
	chatAnswer = []byte(`{"id":"chatcmpl-1","object":"chat.completion","created":1790000000,"model":"gpt-5.6","service_tier":"default","choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"` +
		string(bytes.Repeat([]byte("hello "), 430)) + `"}}],"usage":{"prompt_tokens":2000,"completion_tokens":120,"total_tokens":2120,"prompt_tokens_details":{"cached_tokens":1500},"completion_tokens_details":{"reasoning_tokens":80}}}`)
	streamStart = []byte("event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"claude-opus-5\",\"content\":[],\"usage\":{\"input_tokens\":12,\"cache_read_input_tokens\":18000,\"output_tokens\":1}}}\n\n")
	streamDelta = []byte("event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"hello there, \"}}\n\n")
	streamEnd   = []byte("event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":210}}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n")
)

func playUpstream(s *setup) (func() error, error) {
	a, err := openAuthority(s, "upstream")
	if err != nil {
		return nil, err
	}
	s.CA, s.Trust = a.RootPEM(), nil
	one, stopOne, err := provide(a, false)
	if err != nil {
		return nil, err
	}
	two, stopTwo, err := provide(a, true)
	if err != nil {
		return nil, errors.Join(err, stopOne())
	}
	s.Addr, s.H2 = one, two
	return func() error { return errors.Join(stopOne(), stopTwo()) }, nil
}

// h2Host is the provider's name where it speaks HTTP/2, as real ones do.
const h2Host = "h2.api.anthropic.com"

func provide(a *certs.Authority, isH2 bool) (addr string, stop func() error, err error) {
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(isH2)
	server := &http.Server{Handler: http.HandlerFunc(answer), TLSConfig: a.ServerConfig().Clone(), Protocols: protocols}
	if isH2 {
		server.HTTP2 = &http.HTTP2Config{MaxConcurrentStreams: 100}
	}
	go func() { _ = server.ServeTLS(l, "", "") }() // ends with Close
	return l.Addr().String(), server.Close, nil
}

func answer(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Upgrade") != "" {
		answerSocket(w, r)
		return
	}
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		return
	}
	if r.URL.Path == "/agent.v1.AgentService/RunSSE" {
		answerConnect(w)
		return
	}
	kind := r.Header.Get(kindHeader)
	if kind == kindJSON {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", strconv.Itoa(len(chatAnswer)))
		_, _ = w.Write(chatAnswer) // an agent that left is its own affair, here and below
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	send := func(event []byte) {
		_, _ = w.Write(event)
		_ = http.NewResponseController(w).Flush()
	}
	send(streamStart)
	switch kind {
	case kindFlood:
		for range floodEvents {
			send(streamDelta)
		}
	case kindPaced:
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for range 50 {
			<-tick.C
			send(fmt.Appendf(nil, "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"%d\"}}\n\n", time.Now().UnixNano()))
		}
	case kindSilent:
		<-r.Context().Done()
		return
	}
	send(streamEnd)
}

// sentAt reads the time that a paced event carries.
func sentAt(line []byte) (time.Time, bool) {
	_, rest, ok := bytes.Cut(line, []byte(`"text":"`))
	digits, _, ok2 := bytes.Cut(rest, []byte(`"`))
	n, err := strconv.ParseInt(string(digits), 10, 64)
	return time.Unix(0, n), ok && ok2 && err == nil
}
