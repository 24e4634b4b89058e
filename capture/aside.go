package capture

import (
	"fmt"
	"sync"
	"time"

	"github.com/wiremeter/wiremeter/parsers"
	"github.com/wiremeter/wiremeter/usage"
)

// aside is an exchange that costs nothing itself, but says something of others:
// that starts a run which is followed elsewhere, or lists what was charged. Its
// bodies are kept until its end, if they are small. They come from two goroutines,
// hence the lock.
type aside struct {
	exchange *Exchange

	mu                sync.Mutex
	request, response []byte
	coding            string // the response's
	isOver            bool   // they are too large
}

func newAside(e *Exchange) *aside {
	if parsers.IsStart(e.route) || parsers.IsStated(e.route) && e.capture.State != nil {
		return &aside{exchange: e}
	}
	return nil
}

// keep takes the next bytes of a body.
func (s *aside) keep(body *[]byte, p []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.isOver:
	case len(*body)+len(p) > parsers.MaxAppend || !s.exchange.capture.halves.hold(len(p)):
		s.let()
	default:
		*body = append(*body, p...)
	}
}

// let needs mu.
func (s *aside) let() {
	s.exchange.capture.halves.hold(-len(s.request) - len(s.response))
	s.request, s.response, s.isOver = nil, nil, true
}

// take ends the keeping, and returns the bodies that let is still to be called
// for; false: they were too large.
func (s *aside) take() (request, response []byte, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ok, s.isOver = !s.isOver, true
	return s.request, s.response, ok
}

// tell reads the bodies. It may wait for the database, and nobody waits for it: of
// the request there may be more to come.
func (s *aside) tell(fault error) {
	request, response, ok := s.take()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.let()
	}()
	e := s.exchange
	defer func() {
		if v := recover(); v != nil {
			e.capture.log.Error().Str("host", e.head.Host).Str("panic", fmt.Sprintf("%T", v)).Msg("what was said beside other exchanges could not be read")
		}
	}()
	if !ok || fault != nil || e.status < 200 || e.status > 299 {
		return
	}
	response, err := plain(s.coding, response)
	if err != nil {
		return
	}
	if parsers.IsStated(e.route) {
		e.state(parsers.ReadEvents(response))
		return
	}
	if request, err := plain(e.head.Header.First("Content-Encoding"), request); err == nil {
		e.capture.runs.add(parsers.ReadStart(request, response))
	}
}

func plain(coding string, body []byte) ([]byte, error) {
	if coding == "" {
		return body, nil
	}
	return whole(coding, body)
}

// state hands on what a vendor has stated.
func (e *Exchange) state(events []parsers.Event) {
	var all []usage.Statement
	for _, v := range events {
		s := usage.Statement{
			Provider: e.route.Provider, SessionID: name(v.ConversationID), Model: name(v.Model), Kind: word(v.Kind), Tokens: v.Tokens, Cost: v.Cost,
		}
		if v.At > 0 {
			s.At = time.UnixMilli(v.At).UTC()
		}
		if !s.At.IsZero() && !s.Tokens.IsZero() {
			all = append(all, s)
		}
	}
	if len(all) == 0 {
		return
	}
	if err := e.capture.State(all); err != nil {
		e.capture.log.Warn().Err(err).Int("statements", len(all)).Msg("what the vendor stated is not stored")
	}
}

// runs keeps what is known of runs that were started, the last maxRuns of them,
// for the exchanges in which they are followed. Its methods may be called from any
// goroutine.
type runs struct {
	mu    sync.Mutex
	known map[string]parsers.Start // by the run, and by the agent that runs
	order []string
}

const maxRuns = 1024

func (r *runs) add(s parsers.Start) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s.Model == "" { // the agent's, as it was
		s.Model = r.known[s.AgentID].Model
	}
	r.put(s.RunID, s)
	r.put(s.AgentID, parsers.Start{Model: s.Model})
}

// put needs mu.
func (r *runs) put(id string, s parsers.Start) {
	if id == "" {
		return
	}
	if r.known == nil {
		r.known = make(map[string]parsers.Start)
	}
	if _, ok := r.known[id]; !ok {
		if len(r.order) >= 2*maxRuns {
			delete(r.known, r.order[0])
			r.order = r.order[1:]
		}
		r.order = append(r.order, id)
	}
	r.known[id] = s
}

func (r *runs) of(id string) parsers.Start {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.known[id]
}

// join adds what was said of a run when it was started. The response does not
// repeat it.
func (e *Exchange) join(a *answer) {
	if e.route.Class != parsers.Fetch || e.route.SessionID == "" {
		return
	}
	run := e.capture.runs.of(e.route.ResponseID)
	if run == (parsers.Start{}) { // an earlier one of the agent's tells its model
		run = e.capture.runs.of(e.route.SessionID)
	}
	if a.request.Model == "" {
		a.request.Model = run.Model
	}
	if a.response.Model == "" && !a.response.Tokens.IsZero() && !parsers.IsChoice(run.Model) {
		a.response.Model = run.Model
	}
	if run.RequestID != "" {
		e.requestID = run.RequestID
	}
}
