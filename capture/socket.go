package capture

import (
	"sync"
	"time"

	"github.com/wiremeter/wiremeter/parsers"
	"github.com/wiremeter/wiremeter/usage"
)

// socket turns the turns on a WebSocket into records, one each. Its two
// directions are told by two goroutines, hence the lock.
type socket struct {
	exchange *Exchange

	mu             sync.Mutex
	leash          leash
	reader         socketReader // nil: nothing is read any more
	open           map[*parsers.Turn]*moments
	unheard        int    // of open: turns without a first byte
	now            moment // of what is being read
	fault          error  // what cut the connection
	sent, received int64  // since the last record
	records        int
}

// socketReader reads the messages of both directions.
type socketReader interface {
	Client(p []byte)
	Server(p []byte)
	Close()
}

// moments are the times of a turn that is open.
type moments struct {
	begun, firstByte time.Time
	said             *evidence // nil: not heard yet
}

func newSocket(e *Exchange, extensions string) *socket {
	s := &socket{exchange: e, open: make(map[*parsers.Turn]*moments)}
	s.leash = leash{dialect: e.route.Dialect, log: e.capture.log}
	s.leash.run(0, func() {
		if parsers.IsCursorSocket(e.route) {
			s.reader = parsers.NewCursorSocket(extensions, s)
			return
		}
		s.reader = parsers.NewSocket(e.route, e.sign.agent, extensions, s)
	})
	return s
}

// client takes the next bytes that the agent sent.
func (s *socket) client(p []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent += int64(len(p))
	s.now = moment{}
	s.read(len(p), func() { s.reader.Client(p) })
}

// server takes the next bytes that the provider sent.
func (s *socket) server(p []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.received += int64(len(p))
	s.now = moment{}
	if s.unheard > 0 {
		s.hear()
	}
	s.read(len(p), func() { s.reader.Server(p) })
}

// hear needs mu.
func (s *socket) hear() {
	s.unheard = 0
	for _, m := range s.open {
		if m.firstByte.IsZero() {
			m.firstByte = s.now.time()
		}
	}
}

// read needs mu.
func (s *socket) read(n int, work func()) {
	if s.reader == nil {
		return
	}
	if !s.leash.run(n, work) {
		s.reader = nil
		s.giveUp()
	}
}

// Asked is called by the reader, within read.
func (s *socket) Asked(t *parsers.Turn) {
	s.unheard++
	s.open[t] = &moments{begun: s.now.time(), said: s.exchange.said(t.Request)}
}

// Answered is called by the reader, within read or close.
func (s *socket) Answered(t *parsers.Turn) {
	m := s.open[t]
	delete(s.open, t)
	if m.firstByte.IsZero() {
		s.unheard--
	}
	s.exchange.conclude(&answer{
		request: t.Request, response: t.Response, state: t.State, failure: s.leash.failure, fault: s.fault,
		said: m.said, begun: m.begun, firstByte: m.firstByte, ended: s.now.time(),
		sent: s.sent, received: s.received, isStream: true,
	})
	s.sent, s.received = 0, 0
	s.records++
}

// giveUp ends what is open when the reader has failed. What else comes on the
// connection is not read: one record says so, whether anything was open or not.
func (s *socket) giveUp() {
	if len(s.open) == 0 {
		s.Asked(&parsers.Turn{State: parsers.Garbled})
	}
	for t := range s.open {
		s.Answered(t)
	}
}

// close ends the connection. One on which nobody asked for anything cost
// nothing.
func (s *socket) close(fault error, ended time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault, s.now = fault, moment(ended)
	if s.reader != nil && !s.leash.run(0, s.reader.Close) {
		s.giveUp()
	}
	if s.records == 0 {
		s.exchange.tally(&answer{ended: ended, sent: s.sent, received: s.received}, usage.NotBillable, "nothing_asked")
		return
	}
	s.exchange.capture.turns.Add(int64(s.records - 1))
}
