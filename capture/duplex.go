package capture

import (
	"cmp"
	"sync"
	"time"

	"github.com/wiremeter/wiremeter/parsers"
	"github.com/wiremeter/wiremeter/usage"
)

// duplex turns the turns of an exchange in envelopes into records, one each.
// The agent goes on sending while the provider answers: two goroutines tell of
// it, hence the lock.
type duplex struct {
	exchange *Exchange

	mu             sync.Mutex
	leash          leash
	reader         *parsers.Duplex // nil: nothing is read any more
	turn           *parsers.Turn   // that is open
	moments        moments         // of it
	answered       time.Time       // when it ended; zero until then
	now            moment          // of what is being read
	fault          error           // what cut the exchange
	sent, received int64           // since the last record
	records        int
}

func newDuplex(e *Exchange) *duplex {
	s := &duplex{exchange: e, now: moment(e.head.StartedAt)}
	s.leash = leash{dialect: e.route.Dialect, log: e.capture.log}
	s.leash.run(0, func() { s.reader = parsers.NewDuplex(e.head, e.route, e.capture.halves.request, s) })
	if s.turn == nil {
		s.Asked(&parsers.Turn{State: parsers.Garbled})
	}
	return s
}

// client takes the next bytes that the agent sent.
func (s *duplex) client(p []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent += int64(len(p))
	s.now = moment{}
	s.read(len(p), func() { s.reader.Client(p) })
}

// open takes the head of the response.
func (s *duplex) open(h usage.Header) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = moment{}
	s.read(0, func() { s.reader.Open(h) })
}

// server takes the next bytes that the provider sent.
func (s *duplex) server(p []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.received += int64(len(p))
	s.now = moment{}
	if s.records == 0 && s.moments.firstByte.IsZero() {
		s.moments.firstByte = s.now.time()
	}
	s.read(len(p), func() { s.reader.Server(p) })
	if s.reader != nil && s.reader.HasEnded() && s.answered.IsZero() {
		s.answered = s.now.time()
	}
}

// read needs mu. When the reader fails, what is open ends with the exchange.
func (s *duplex) read(n int, work func()) {
	if s.reader == nil {
		return
	}
	if !s.leash.run(n, work) {
		s.reader = nil
	}
}

// Asked is called by the reader, within read or newDuplex. The first turn
// begins with the exchange; of a later one nothing tells when it was asked
// for, and it begins with its answer.
func (s *duplex) Asked(t *parsers.Turn) {
	s.turn, s.moments, s.answered = t, moments{begun: s.now.time()}, time.Time{}
}

// Answered is called by the reader, within read or close. What cut the exchange
// has not cut a turn that had ended, and what was not read after it was no part
// of it.
func (s *duplex) Answered(t *parsers.Turn) {
	a := &answer{
		request: t.Request, response: t.Response, state: t.State, failure: s.leash.failure, fault: s.fault,
		begun: s.moments.begun, firstByte: s.moments.firstByte, ended: cmp.Or(s.answered, s.now.time()),
		sent: s.sent, received: s.received, isStream: true,
	}
	if !s.answered.IsZero() {
		a.failure, a.fault = "", nil
	}
	if s.reader != nil {
		s.exchange.requestID = cmp.Or(s.reader.RequestID(), s.exchange.requestID)
	}
	s.exchange.conclude(a)
	s.sent, s.received, s.turn = 0, 0, nil
	s.records++
}

// close ends the exchange.
func (s *duplex) close(fault error, ended time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault, s.now = fault, moment(ended)
	e := s.exchange
	if s.reader != nil {
		s.leash.run(0, s.reader.Close)
	}
	if s.turn != nil {
		s.Answered(s.turn)
	}
	e.capture.halves.forget(e.requestID)
	s.reader = nil
	e.capture.turns.Add(int64(s.records - 1))
}
