package parsers

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/wiremeter/wiremeter/parsers/coding"
	"github.com/wiremeter/wiremeter/parsers/dialect"
	"github.com/wiremeter/wiremeter/parsers/framing"
	"github.com/wiremeter/wiremeter/usage"
)

// CursorSocket reads the WebSocket of Cursor's agents, whose messages nobody has
// described. It takes them for those of the streams: as they are, in an envelope,
// or as one field of a message around them. Which of these it is the first asking
// tells, by its model and its conversation; before it nothing is understood, and
// afterwards nothing that is not of that form. What is not understood leaves a turn
// that is Garbled, and the sizes of its messages.
//
// It is used by one goroutine at a time, does no I/O, and its memory is bounded.
type CursorSocket struct {
	turns          Turns
	client, server *framing.WebSocket
	payloads       *coding.Payloads
	form           *cursorForm // nil: not known yet
	meter          dialect.CursorMeter

	open       []*Turn // asked and not ended, the oldest first
	ended      int     // turns that have, by the meter's number
	isShared   bool    // several were open at once: whose an answer is cannot be told
	isAnything bool    // the provider has said something

	sizes [2]sizes // of the agent's messages, and the provider's
}

// IsCursorSocket reports whether a CursorSocket reads the WebSockets of this route.
func IsCursorSocket(r Route) bool { return r.Dialect == "cursor_socket" }

// sizes are those of the first messages.
type sizes []int

const maxSizes = 32

func (s *sizes) add(f framing.Frame) {
	if len(*s) < maxSizes {
		*s = append(*s, len(f.Data))
	}
}

// cursorForm says where in a message of the socket a message of the stream is.
type cursorForm struct {
	field      int // of the message around it; 0: there is none
	isEnvelope bool
}

// NewCursorSocket makes a reader for the connection behind a 101. Extensions is
// its Sec-WebSocket-Extensions. T is called from within Client, Server and Close.
func NewCursorSocket(extensions string, t Turns) *CursorSocket {
	s := &CursorSocket{turns: t, payloads: coding.NewPayloads("gzip", framing.MaxEnvelope), meter: dialect.NewCursorAgent()}
	client, server := framing.ParseWebSocketExtensions(extensions)
	s.client = framing.NewWebSocket(client, s.hear)
	s.server = framing.NewWebSocket(server, s.observe)
	return s
}

// Client takes the next bytes that the agent sent.
func (s *CursorSocket) Client(p []byte) { s.client.Write(p) }

// Server takes the next bytes that the provider sent.
func (s *CursorSocket) Server(p []byte) { s.server.Write(p) }

func (s *CursorSocket) hear(f framing.Frame) {
	s.sizes[0].add(f)
	form, q, ok := s.asking(f.Data)
	if !ok {
		return
	}
	s.form = &form
	s.isShared = s.isShared || len(s.open) > 0
	if len(s.open) < maxOpen {
		s.ask(q.Common())
	}
}

func (s *CursorSocket) ask(q Request) {
	q.TurnID = q.GroupID
	t := &Turn{Request: q}
	s.open = append(s.open, t)
	s.turns.Asked(t)
}

// asking finds what an agent asks for, in the form that is known or any.
func (s *CursorSocket) asking(message []byte) (cursorForm, dialect.CursorRequest, bool) {
	if s.form != nil {
		m, _ := s.within(*s.form, message)
		q, ok := dialect.ReadCursorAsking(m)
		return *s.form, q, ok
	}
	for field := range maxFormField {
		for _, isEnvelope := range []bool{false, true} {
			form := cursorForm{field, isEnvelope}
			m, _ := s.within(form, message)
			if q, ok := dialect.ReadCursorAsking(m); ok {
				return form, q, true
			}
		}
	}
	return cursorForm{}, dialect.CursorRequest{}, false
}

// maxFormField is more than a message that only wraps another has.
const maxFormField = 16

const (
	flagCoded = 1
	flagEnd   = 2
)

// within returns the message of the stream, or nil, and whether it is the end of
// one.
func (s *CursorSocket) within(form cursorForm, message []byte) (m []byte, isEnd bool) {
	if form.field > 0 {
		message = dialect.CursorField(message, form.field)
	}
	if !form.isEnvelope {
		return message, false
	}
	if len(message) < 5 || message[0] > flagCoded|flagEnd || int64(binary.BigEndian.Uint32(message[1:])) != int64(len(message)-5) {
		return nil, false
	}
	m = message[5:]
	if message[0]&flagCoded != 0 {
		var err error
		if m, err = s.payloads.Decode(m); err != nil {
			return nil, false
		}
	}
	return m, message[0]&flagEnd != 0
}

func (s *CursorSocket) observe(f framing.Frame) {
	s.sizes[1].add(f)
	s.isAnything = true
	if s.form == nil {
		return
	}
	m, isEnd := s.within(*s.form, f.Data)
	if m == nil {
		return
	}
	frame := framing.Frame{Data: m}
	if isEnd {
		frame.Event = framing.EnvelopeEnd
	}
	if resp := s.meter.Observe(frame); resp != nil && resp.Number != s.ended {
		s.ended = resp.Number
		s.answer(*resp, stateOf(resp.Response))
	}
}

// answer ends the oldest turn. Of several that are open it has what they have in
// common.
func (s *CursorSocket) answer(resp dialect.CursorResponse, state State) {
	if len(s.open) == 0 { // the user has said more, in a message that is not read
		s.ask(Request{SessionID: resp.ConversationID})
	}
	t := s.open[0]
	if s.isShared {
		t.Request = common(t.Request, s.open[1:])
	}
	s.open = s.open[1:]
	s.isShared = s.isShared && len(s.open) > 0
	t.Response, t.State = resp.Response, state
	hasServed := resp.Number > 0 && (resp.Error == "" || !resp.Tokens.IsZero())
	if t.Response.Model == "" && hasServed && !dialect.IsCursorAuto(t.Request.Model) {
		t.Response.Model = t.Request.Model
	}
	s.turns.Answered(t)
}

func common(q Request, others []*Turn) Request {
	for _, o := range others {
		if o.Request.Model != q.Model {
			q.Model = ""
		}
		if o.Request.SessionID != q.SessionID {
			q.SessionID = ""
		}
	}
	return Request{Model: q.Model, SessionID: q.SessionID}
}

// Close ends the connection. A turn that is open was cut, if anything of its answer
// was understood. If nothing was at all one turn says so.
func (s *CursorSocket) Close() {
	isForeign := s.server.Close() == framing.Foreign
	isForeign = s.client.Close() == framing.Foreign || isForeign
	if len(s.open) == 0 && (isForeign || s.form == nil && len(s.sizes[0])+len(s.sizes[1]) > 0) {
		s.ask(Request{})
	}
	resp, isBegun := s.meter.Partial()
	for i := 0; len(s.open) > 0; i++ {
		state := Cut
		if s.isAnything && !isBegun || isForeign || s.form == nil {
			state = Garbled
		}
		if s.isShared || !isBegun || state == Garbled || i > 0 {
			resp = dialect.CursorResponse{Response: usage.Response{Raw: s.raw(state)}}
		}
		s.answer(resp, state)
	}
}

// raw has the sizes of the first messages, for what was not understood.
func (s *CursorSocket) raw(state State) []byte {
	if state != Garbled {
		return nil
	}
	list := func(s sizes) string { return strings.Join(strings.Fields(fmt.Sprint([]int(s))), ",") }
	return bytes.Join([][]byte{[]byte(`{"frames":{"agent":`), []byte(list(s.sizes[0])), []byte(`,"provider":`), []byte(list(s.sizes[1])), []byte(`}}`)}, nil)
}
