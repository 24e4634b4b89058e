package parsers

import (
	"bytes"
	"maps"
	"slices"

	"github.com/tidwall/gjson"

	"github.com/wiremeter/wiremeter/parsers/dialect"
	"github.com/wiremeter/wiremeter/parsers/framing"
	"github.com/wiremeter/wiremeter/usage"
)

// Turn is one request and its response, of the many on a connection.
type Turn struct {
	Request  Request
	Response usage.Response
	State    State
}

// Turns is told of the turns on a connection: Asked when one begins, Answered
// when it has ended. The pointer is the same for both, and nobody else's.
type Turns interface {
	Asked(*Turn)
	Answered(*Turn)
}

// Socket reads a WebSocket on which an agent asks and a provider answers, many
// times, in lanes that do not wait for each other. Within a lane answers come in
// the order of the questions. It is used by one goroutine at a time, does no
// I/O, and its memory is bounded.
type Socket struct {
	dialect        string
	agent          string
	turns          Turns
	client, server *framing.WebSocket
	lanes          map[string]*lane
	request        Request // the latest
	isHeard        bool    // the agent has said something
	isSilent       bool    // no turn has begun
}

// lane is one of the conversations on a connection.
type lane struct {
	meter dialect.Meter
	open  []*Turn // the oldest first
}

// An agent that asks for more at once than this is none.
const (
	maxLanes = 256
	maxOpen  = 256
)

// askings name the message by which an agent asks for a response.
var askings = map[string]string{"responses": "response.create", "realtime": "response.create"}

// NewSocket makes a reader for the connection behind a 101. Extensions is its
// Sec-WebSocket-Extensions, agent as for NewRequestReader. T is called from
// within Client, Server and Close.
func NewSocket(route Route, agent, extensions string, t Turns) *Socket {
	s := &Socket{dialect: route.Dialect, agent: agent, turns: t, lanes: make(map[string]*lane), isSilent: true}
	client, server := framing.ParseWebSocketExtensions(extensions)
	s.client = framing.NewWebSocket(client, s.hear)
	s.server = framing.NewWebSocket(server, s.observe)
	return s
}

// Client takes the next bytes that the agent sent.
func (s *Socket) Client(p []byte) { s.client.Write(p) }

// Server takes the next bytes that the provider sent.
func (s *Socket) Server(p []byte) { s.server.Write(p) }

// Close ends the connection. Turns that are open end as they are. If the agent
// has said something that was no question, or the provider something that was
// no message, one turn at least is Garbled.
func (s *Socket) Close() {
	isGarbled := s.server.Close() == framing.Foreign || s.client.Close() == framing.Foreign || s.isHeard && s.isSilent && !s.hasLeft()
	state := Cut
	if isGarbled {
		state = Garbled
	}
	if isGarbled && !s.hasOpen() {
		s.ask(s.lane(""), Request{})
	}
	for _, id := range slices.Sorted(maps.Keys(s.lanes)) {
		s.abandon(s.lanes[id], state)
		s.leave(s.lanes[id])
	}
}

// leaver is a meter that can hold usage which no response has.
type leaver interface {
	Left() (usage.Response, bool)
}

func (s *Socket) hasLeft() bool {
	for _, l := range s.lanes {
		if m, ok := l.meter.(leaver); ok {
			if _, isLeft := m.Left(); isLeft {
				return true
			}
		}
	}
	return false
}

// leave makes a turn of what no response has followed.
func (s *Socket) leave(l *lane) {
	if m, ok := l.meter.(leaver); ok {
		if resp, isLeft := m.Left(); isLeft {
			s.ask(l, Request{Model: s.request.Model, SessionID: s.request.SessionID})
			s.answer(l, resp, Complete)
		}
	}
}

func (s *Socket) hasOpen() bool {
	for _, l := range s.lanes {
		if len(l.open) > 0 {
			return true
		}
	}
	return false
}

// hear takes a message of the agent's. One that asks for nothing may name the
// model of the session.
func (s *Socket) hear(f framing.Frame) {
	s.isHeard = true
	if f.IsTooLarge {
		return
	}
	isAsking := askings[s.dialect] != "" && gjson.GetBytes(f.Data, "type").Str == askings[s.dialect]
	if !isAsking && s.request.Model != "" {
		return
	}
	q, ok := dialect.ReadRequest(f.Data)
	if !ok {
		return
	}
	if isAsking {
		m := newMarks(s.agent)
		m.write(f.Data)
		m.fill(&q)
	}
	if isAsking || q.Model != "" {
		s.request = q
	}
	if isAsking {
		s.ask(s.laneOf(f), q)
	}
}

func (s *Socket) ask(l *lane, q Request) {
	if len(l.open) >= maxOpen {
		return
	}
	t := &Turn{Request: q}
	l.open = append(l.open, t)
	s.isSilent = false
	s.turns.Asked(t)
}

// observe takes a message of the provider's. Some responses nobody has asked
// for in a message of its own: they follow from one that was steered, or from
// what somebody said aloud.
func (s *Socket) observe(f framing.Frame) {
	if f.IsTooLarge {
		s.lose()
		return
	}
	l := s.laneOf(f)
	resp, isEnded := l.meter.Observe(f)
	if len(l.open) == 0 {
		if _, isBegun := l.meter.Partial(); !isBegun && !isEnded {
			return
		}
		s.ask(l, Request{Model: s.request.Model, SessionID: s.request.SessionID})
	}
	if isEnded {
		s.answer(l, resp, stateOf(resp))
	}
}

// lose ends what may have ended with a message that could not be kept.
func (s *Socket) lose() {
	for _, id := range slices.Sorted(maps.Keys(s.lanes)) {
		if l := s.lanes[id]; len(l.open) > 0 {
			resp, _ := l.meter.Partial()
			s.answer(l, resp, Garbled)
		}
	}
}

// abandon ends the turns of a lane that will not be answered any more.
func (s *Socket) abandon(l *lane, state State) {
	for len(l.open) > 0 {
		resp, _ := l.meter.Partial()
		s.answer(l, resp, state)
	}
}

// answer ends the oldest turn of a lane.
func (s *Socket) answer(l *lane, resp usage.Response, state State) {
	t := l.open[0]
	l.open = l.open[1:]
	l.meter = s.after(l.meter)
	t.Response, t.State = resp, state
	s.turns.Answered(t)
}

// after is the meter for what follows in a lane. Some remember what was said of
// the whole session.
func (s *Socket) after(m dialect.Meter) dialect.Meter {
	if n, ok := m.(interface{ Next() dialect.Meter }); ok {
		return n.Next()
	}
	return s.newMeter()
}

func (s *Socket) newMeter() dialect.Meter {
	return dialect.New(s.dialect, dialect.Options{IsStream: true})
}

// namesLane reports whether the message has a stream_id. It looks for the rarest
// part of that: it is asked of every message.
func namesLane(text []byte) bool {
	for {
		i := bytes.Index(text, []byte(`_id"`))
		if i < 0 {
			return false
		}
		if bytes.HasSuffix(text[:i], []byte(`"stream`)) {
			return true
		}
		text = text[i+len(`_id"`):]
	}
}

// laneOf returns the lane that a message names. Most connections have one.
func (s *Socket) laneOf(f framing.Frame) *lane {
	if !namesLane(f.Data) {
		return s.lane("")
	}
	return s.lane(gjson.GetBytes(f.Data, "stream_id").String())
}

func (s *Socket) lane(id string) *lane {
	l, ok := s.lanes[id]
	if !ok {
		if len(s.lanes) >= maxLanes || len(id) > maxLaneID {
			id = ""
		}
		if l, ok = s.lanes[id]; !ok {
			l = &lane{meter: s.newMeter()}
			s.lanes[id] = l
		}
	}
	return l
}

const maxLaneID = 256
