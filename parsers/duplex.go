package parsers

import (
	"cmp"
	"strings"

	"github.com/wiremeter/wiremeter/parsers/coding"
	"github.com/wiremeter/wiremeter/parsers/dialect"
	"github.com/wiremeter/wiremeter/parsers/framing"
	"github.com/wiremeter/wiremeter/usage"
)

// Duplex reads an exchange in envelopes, in which the provider answers while
// the agent goes on sending, once or several times. It is used by one goroutine
// at a time, does no I/O, and its memory is bounded.
type Duplex struct {
	head  usage.Exchange
	turns Turns
	meter dialect.CursorMeter

	client    framing.Cutter
	requests  dialect.CursorRequests
	requestID string
	appended  func(id string) Request // what the agent says elsewhere; nil: nothing

	server   framing.Cutter // nil: nothing of the response is read
	isCoded  bool           // as a whole: then nothing is
	isLost   bool           // an envelope could not be decoded
	isClosed bool           // by the envelope that ends a stream

	turn     *Turn
	hasEnded bool
	said     dialect.CursorResponse // of the turn
	state    State
}

// IsDuplex reports whether a Duplex reads the exchanges of this route. The
// dialect says so, and not the content type: Cursor sends envelopes under the
// name of an event stream.
func IsDuplex(r Route) bool { return r.Class != NotBillable && dialect.IsCursor(r.Dialect) }

// NewDuplex makes a reader for the exchange, and tells t of its first turn; t is
// called from within NewDuplex, Client, Server and Close. Where the agent sends
// its half in exchanges of their own, appended returns what is known of it
// under the id, by now.
func NewDuplex(x usage.Exchange, r Route, appended func(id string) Request, t Turns) *Duplex {
	s := &Duplex{head: x, turns: t, meter: dialect.NewCursor(r.Dialect), requestID: idIn(x.Header, requestID)}
	hear := func(framing.Frame) {} // the chat's messages are others
	if r.Dialect == "cursor" {
		hear = s.requests.Observe
	}
	if strings.HasSuffix(x.Path, "SSE") {
		hear = s.called
		if r.Dialect == "cursor" {
			s.appended = appended
		}
	}
	s.client = framing.NewConnect(coding.NewPayloads(codingOf(x.Header), framing.MaxEnvelope).Decode, hear)
	s.ask()
	return s
}

// RequestID returns the id under which agent and provider know the exchange.
func (s *Duplex) RequestID() string { return s.requestID }

// HasEnded reports whether the turn has ended that was asked last. It is not
// answered yet, for the sake of what may still be said of it.
func (s *Duplex) HasEnded() bool { return s.hasEnded }

// Client takes the next bytes of the request's body.
func (s *Duplex) Client(p []byte) { s.client.Write(p) }

// called takes the one message of an agent whose half comes elsewhere.
func (s *Duplex) called(f framing.Frame) {
	s.requestID = cmp.Or(s.requestID, dialect.ReadBidiRequestID(f.Data))
}

// Open takes the head of the response.
func (s *Duplex) Open(h usage.Header) {
	if c := h.First("Content-Encoding"); c != "" && c != "identity" {
		s.isCoded = true // the protocol codes envelopes, and no bodies
		return
	}
	payloads := coding.NewPayloads(codingOf(h), framing.MaxEnvelope)
	s.server = framing.NewConnect(func(p []byte) ([]byte, error) {
		data, err := payloads.Decode(p)
		s.isLost = s.isLost || err != nil
		return data, err
	}, s.observe)
}

func codingOf(h usage.Header) string {
	return strings.ToLower(cmp.Or(h.First("Connect-Content-Encoding"), h.First("Grpc-Encoding")))
}

// Server takes the next bytes of the response's body.
func (s *Duplex) Server(p []byte) {
	if s.server != nil {
		s.server.Write(p)
	}
}

func (s *Duplex) observe(f framing.Frame) {
	s.isClosed = s.isClosed || f.Event == framing.EnvelopeEnd
	resp := s.meter.Observe(f)
	if resp == nil {
		if s.hasEnded && s.hasBegun() {
			s.next()
		}
		return
	}
	if s.hasEnded && resp.Number != s.said.Number {
		s.next()
	}
	s.said, s.state, s.hasEnded = *resp, stateOf(resp.Response), true
	s.fill() // should nothing more be read
}

func (s *Duplex) hasBegun() bool {
	_, isBegun := s.meter.Partial()
	return isBegun
}

func (s *Duplex) ask() {
	s.turn, s.hasEnded, s.said = &Turn{State: Garbled}, false, dialect.CursorResponse{}
	s.turns.Asked(s.turn)
}

func (s *Duplex) next() {
	s.fill()
	s.turns.Answered(s.turn)
	s.ask()
}

// Close ends the exchange, and answers the last turn.
func (s *Duplex) Close() {
	end := framing.Unfinished
	if s.server != nil {
		end = s.server.Close()
	}
	if !s.hasEnded {
		resp, isBegun := s.meter.Partial()
		if s.state = s.stateOfRest(isBegun, end); isBegun {
			s.said = resp
		}
	}
	s.fill()
	s.turns.Answered(s.turn)
}

// stateOfRest is the state of a turn that has not ended.
func (s *Duplex) stateOfRest(isBegun bool, end framing.End) State {
	switch {
	case s.isLost, s.isCoded, end == framing.Foreign:
		return Garbled // what is missing may stand in what was not read
	case s.isClosed && !isBegun:
		return Silent
	}
	return Cut
}

// fill writes what is known of the turn. The request's model is the one that
// served unless the choice was left to the provider, and if any did.
func (s *Duplex) fill() {
	q, number := s.request(), s.said.Number
	q.SessionID = cmp.Or(q.SessionID, s.said.ConversationID)
	q.GroupID = cmp.Or(idIn(s.head.Header, originalRequestID), q.GroupID)
	s.kin(&q)
	q.IsPrewarm = q.IsPrewarm && number == 0
	q.IsCompact = q.IsCompact && number <= 1
	r := s.said.Response
	hasServed := number > 0 && (r.Error == "" || !r.Tokens.IsZero())
	if r.Model == "" && hasServed && !dialect.IsCursorAuto(q.Model) {
		r.Model = q.Model
	}
	s.turn.Request, s.turn.Response, s.turn.State = q, r, s.state
}

// kin adds what the head says of who has started the agent. A turn is called as
// its first attempt is, or as the one that it was started by. What the user says
// further on in the stream is another turn, of no name.
func (s *Duplex) kin(q *Request) {
	h := s.head.Header
	root := cmp.Or(idIn(h, rootRequestID), idIn(h, parentRequestID))
	if root != "" && cmp.Or(q.Purpose, usage.Main) == usage.Main {
		q.Purpose = usage.Subagent
		q.SubagentID = cmp.Or(idIn(h, parentToolCallID), q.SessionID)
	}
	if q.TurnID = cmp.Or(root, q.GroupID); s.said.Number > 1 {
		q.TurnID = ""
	}
}

func (s *Duplex) request() Request {
	if s.appended != nil {
		return s.appended(s.requestID)
	}
	return s.requests.Request().Common()
}
