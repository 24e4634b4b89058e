package capture

import (
	"sync"
	"time"

	"github.com/wiremeter/wiremeter/parsers"
	"github.com/wiremeter/wiremeter/usage"
)

// backlog are results of a batch that wait until the recorder has room: the body of
// one may hold more of them, in less time, than can be stored. Its zero value is
// ready.
type backlog struct {
	mu        sync.Mutex
	waiting   []result
	isPassing bool // a goroutine hands them on
}

// result is a response that was read at this time.
type result struct {
	usage.Response
	at time.Time
}

const (
	maxResults = 1 << 18 // more than a vendor allows in a batch
	atOnce     = 256     // results between two looks at the recorder
)

// result takes one of the responses that the body of a fetch holds.
func (e *Exchange) result(resp usage.Response) {
	read := result{resp, time.Now()}
	if e.capture.Room == nil {
		e.recordResult(read)
		return
	}
	w := &e.backlog
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.waiting) >= maxResults {
		e.recordResult(read)
		return
	}
	w.waiting = append(w.waiting, read)
	if !w.isPassing {
		w.isPassing = true
		e.later(e.passResults)
	}
}

// passResults may wait.
func (e *Exchange) passResults() {
	w := &e.backlog
	for {
		w.mu.Lock()
		some := w.waiting
		w.waiting, w.isPassing = nil, len(some) > 0
		w.mu.Unlock()
		if len(some) == 0 {
			return
		}
		for i, read := range some {
			if i%atOnce == 0 {
				e.capture.Room()
			}
			e.recordResult(read)
		}
	}
}

// recordResult makes a record of its own. The fetch itself costs nothing, and has
// the bytes.
func (e *Exchange) recordResult(read result) {
	defer e.surviveAsLost(read.at)
	a := &answer{response: read.Response, state: parsers.Complete, begun: e.head.StartedAt, ended: read.at}
	r := e.record(a)
	r.Outcome, r.Reason = e.outcome(a)
	e.whenPlaced(a.said, func() (rest func()) {
		r.Attribution = e.attribution(a.said)
		clean(r)
		e.capture.recorder.Record(*r) // it was made long ago: no part of a hop
		return nil
	})
	e.capture.turns.Add(1)
}
