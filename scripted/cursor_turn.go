package scripted

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/andybalholm/brotli"

	"github.com/wiremeter/wiremeter/usage"
)

// cursorHalf is what an agent says of one turn: what it asks for, and the
// numbers of the calls that it has answered.
type cursorHalf struct {
	asked    chan []byte // an AgentRunRequest
	answered chan uint64
}

func newCursorHalf() *cursorHalf {
	return &cursorHalf{asked: make(chan []byte, 1), answered: make(chan uint64, 100)}
}

// take takes an AgentClientMessage.
func (h *cursorHalf) take(m []byte) {
	if run, _ := field(m, 1); run != nil {
		select {
		case h.asked <- run:
		default: // asked before
		}
	}
	if called, _ := field(m, 2); called != nil {
		_, n := field(called, 1)
		select {
		case h.answered <- n:
		default: // more than any script asks for
		}
	}
}

// run answers over HTTP/2: both halves are one exchange.
func (p *Provider) run(w http.ResponseWriter, r *http.Request) {
	h := newCursorHalf()
	go func() {
		for {
			m, err := readEnvelope(r.Body)
			if err != nil {
				return
			}
			h.take(m)
		}
	}()
	p.turn(w, r, h, "application/connect+proto")
}

// runSSE answers over HTTP/1.1: the agent's half comes by bidiAppend.
func (p *Provider) runSSE(w http.ResponseWriter, r *http.Request) {
	if r.ProtoMajor == 1 {
		_ = http.NewResponseController(w).EnableFullDuplex() // all of net/http's can
	}
	m, err := readEnvelope(r.Body)
	id, _ := field(m, 1)
	if err != nil || id == nil {
		answer(w, http.StatusBadRequest, cursor.fault(http.StatusBadRequest, soSaysTheScript))
		return
	}
	defer func() {
		p.mu.Lock()
		delete(p.halves, string(id))
		p.mu.Unlock()
	}()
	p.turn(w, r, p.half(string(id)), "text/event-stream") // which it is not, but so says Cursor
	_, _ = io.Copy(io.Discard, r.Body)                    // so that the connection can be used again
}

func (p *Provider) half(id string) *cursorHalf {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.halves[id] == nil {
		p.halves[id] = newCursorHalf()
	}
	return p.halves[id]
}

func (p *Provider) bidiAppend(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	id, _ := field(body, 2, 1)
	data, _ := field(body, 1)
	m, hexErr := hex.DecodeString(string(data))
	if err := errors.Join(err, hexErr); err != nil || id == nil {
		answer(w, http.StatusBadRequest, cursor.fault(http.StatusBadRequest, fmt.Sprint(err)))
		return
	}
	w.Header().Set("Content-Type", "application/proto")
	w.WriteHeader(http.StatusOK)
	_ = http.NewResponseController(w).Flush() // fails when the agent has gone, which is part of the play
	p.half(string(id)).take(m)                // no model is quicker than this answer
}

// turn plays one turn, as far as the script goes.
func (p *Provider) turn(w http.ResponseWriter, r *http.Request, h *cursorHalf, contentType string) {
	var run []byte
	select {
	case run = <-h.asked:
	case <-r.Context().Done():
		return
	}
	call := Call{Dialect: cursor.name, Model: cursorModel(run), IsStream: true, Request: r, Body: run}
	script := p.script(&call)
	y := &reply{Call: call, Script: script, dialect: &cursor, bill: cursor.bills(int64(call.Number)), path: r.URL.Path, wantsUsage: true}
	if y.Refuse != 0 {
		p.enter(y.cursorEntry(y.Refuse, usage.Failed))
		answer(w, y.Refuse, cursor.fault(y.Refuse, y.complaint()))
		return
	}
	events := cursorEvents(y)
	outcome := y.cut(&events)
	end := object{}
	if y.ErrorAfter > 0 { // behind a turn that is whole it is none of the turn's
		end["error"] = cursor.fault(http.StatusOK, y.complaint())
	}
	p.enter(y.cursorEntry(http.StatusOK, outcome))
	w.Header().Set("Content-Type", contentType)
	coding := y.envelopeCoding()
	if coding != "" {
		w.Header().Set("Connect-Content-Encoding", coding)
	}
	if outcome == usage.Metered {
		p.state(y)
	}
	if y.playTurn(w, events, coding, h) && !y.isCut {
		y.send(w, contentType, []event{{data: envelope(2, encode(end), "")}})
		return
	}
	if y.isCut && y.CutAfter == 0 {
		<-r.Context().Done() // hangs until the agent does
	}
	panic(http.ErrAbortHandler)
}

// cursorEntry: the error of a stream is Cursor's word for it.
func (y *reply) cursorEntry(status int, outcome usage.Outcome) Entry {
	e := y.entry(status, outcome)
	e.Host = hostOf(y.Request)
	if outcome == usage.Failed {
		e.Response.Error = cursorError(status)
	}
	return e
}

// playTurn reports whether the agent has stayed.
func (y *reply) playTurn(w http.ResponseWriter, events []event, coding string, h *cursorHalf) bool {
	out := &chopper{w: w, size: y.Chop, isStream: true}
	for _, e := range events {
		if y.Drip > 0 && !y.pause() {
			return false
		}
		if _, err := out.Write(envelope(0, e.data, coding)); err != nil {
			return false
		}
		if e.name == "tool" && !y.await(h, cursorTool) {
			return false
		}
	}
	return true
}

// await waits for the agent's answer to a call.
func (y *reply) await(h *cursorHalf, call uint64) bool {
	for {
		select {
		case n := <-h.answered:
			if n == call {
				return true
			}
		case <-y.Request.Context().Done():
			return false
		}
	}
}

// cursorModel: an agent names it in the one field, its subagents in the other.
func cursorModel(run []byte) string {
	model, _ := field(run, 9, 1)
	if model == nil {
		model, _ = field(run, 3, 1)
	}
	return string(model)
}

func (y *reply) envelopeCoding() string {
	if y.Coding == "" || !strings.Contains(y.Request.Header.Get("Connect-Accept-Encoding"), y.Coding) {
		return ""
	}
	return y.Coding
}

// envelope wraps a message: https://connectrpc.com/docs/protocol, flag 1 is
// that of a coded one, 2 that of the end.
func envelope(flags byte, m []byte, coding string) []byte {
	var coded bytes.Buffer
	switch coding {
	case "gzip":
		flags |= 1
		z := gzip.NewWriter(&coded)
		_, _ = z.Write(m) // a buffer takes all
		_ = z.Close()
	case "br":
		flags |= 1
		z := brotli.NewWriter(&coded)
		_, _ = z.Write(m)
		_ = z.Close()
	default:
		coded.Write(m)
	}
	return append(binary.BigEndian.AppendUint32([]byte{flags}, uint32(coded.Len())), coded.Bytes()...)
}

const maxEnvelope = 32 << 20

// readEnvelope returns the message of the next one. Agents do not code theirs.
func readEnvelope(r io.Reader) ([]byte, error) {
	var head [5]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	size := binary.BigEndian.Uint32(head[1:])
	if head[0] != 0 || size > maxEnvelope {
		return nil, errors.New("the envelope is none of an agent's")
	}
	m := make([]byte, size)
	_, err := io.ReadFull(r, m)
	return m, err
}
