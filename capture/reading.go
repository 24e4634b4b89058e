package capture

import (
	"fmt"
	"time"

	"github.com/rs/zerolog"

	"github.com/wiremeter/wiremeter/parsers"
	"github.com/wiremeter/wiremeter/usage"
)

// reading lets a parsers.Reader read one response within a budget. When the
// reader panics or uses the budget up, it is let go of, and failure says why.
type reading struct {
	newReader   func(parsers.Route, parsers.Request, string) reader
	route       parsers.Route
	contentType string
	log         zerolog.Logger

	reader   reader // nil: nothing is read any more
	spent    time.Duration
	budget   time.Duration
	failure  string // why reading ended early: a fixed word; empty if it did not
	isStream bool
}

// reader is what parsers.NewReader makes.
type reader interface {
	Write(p []byte)
	Close() (usage.Response, parsers.State)
	IsStream() bool
}

// A response may cost this much time to read, and so much more for each of its
// bytes: many times what any real one takes.
const (
	baseBudget    = 2 * time.Second
	budgetPerByte = 50 * time.Nanosecond
)

func (g *reading) open(q parsers.Request) {
	g.budget = baseBudget
	defer g.guard()
	g.reader = g.newReader(g.route, q, g.contentType)
}

func (g *reading) write(p []byte) {
	if g.reader == nil {
		return
	}
	started := time.Now()
	g.observe(p)
	g.spent += time.Since(started)
	g.budget += time.Duration(len(p)) * budgetPerByte
	if g.spent > g.budget {
		g.fail("budget_exceeded")
	}
}

func (g *reading) observe(p []byte) {
	defer g.guard()
	g.reader.Write(p)
}

// close returns what the response said; Garbled when it could not be read.
func (g *reading) close() (resp usage.Response, state parsers.State) {
	if g.reader == nil {
		return usage.Response{}, parsers.Garbled
	}
	state = parsers.Garbled
	defer g.guard()
	resp, state = g.reader.Close()
	g.isStream = g.reader.IsStream()
	return resp, state
}

func (g *reading) fail(why string) { g.reader, g.failure = nil, why }

// guard must be deferred around every call into a parser.
func (g *reading) guard() {
	v := recover()
	if v == nil {
		return
	}
	// The value may hold content; its type and the route tell where to look.
	g.log.Error().Str("dialect", g.route.Dialect).Str("panic", fmt.Sprintf("%T", v)).Msg("a parser panicked; the response passes unmetered")
	g.fail("parser_panic")
}
