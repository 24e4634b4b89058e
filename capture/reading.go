package capture

import (
	"github.com/wiremeter/wiremeter/parsers"
	"github.com/wiremeter/wiremeter/usage"
)

// reading lets a parsers.Reader read one response. When it fails it is let go
// of.
type reading struct {
	leash
	newReader newReader
	each      func(usage.Response) // takes the responses of a body of many
	results   int                  // how many of them it was given
	route     parsers.Route
	header    usage.Header // the response's

	reader    reader           // nil: nothing is read any more
	told      []usage.Response // what each is to be given
	misgiving string           // why the end may be missing
	isStream  bool
}

// newReader makes a reader that tells each of the responses of a body of many.
type newReader func(route parsers.Route, q parsers.Request, h usage.Header, each func(usage.Response)) reader

// reader is what parsers.NewReader makes.
type reader interface {
	Write(p []byte)
	Close() (usage.Response, parsers.State)
	IsStream() bool
}

func (g *reading) open(q parsers.Request) {
	tell := func(resp usage.Response) { g.told = append(g.told, resp) }
	g.run(0, func() { g.reader = g.newReader(g.route, q, g.header, tell) })
}

func (g *reading) write(p []byte) {
	if g.reader != nil && !g.run(len(p), func() { g.reader.Write(p) }) {
		g.reader = nil
	}
	g.pass()
}

// pass gives on what the reader has told, which is no work of the reader's.
func (g *reading) pass() {
	for _, resp := range g.told {
		g.each(resp)
	}
	g.results += len(g.told)
	clear(g.told)
	g.told = g.told[:0]
}

// close returns what the response said; Garbled when it could not be read.
func (g *reading) close() (resp usage.Response, state parsers.State) {
	state = parsers.Garbled
	if g.reader != nil {
		g.run(0, func() {
			resp, state = g.reader.Close()
			g.isStream = g.reader.IsStream()
		})
		g.pass()
	}
	if g.failure == "" && state != parsers.Complete {
		g.failure = g.misgiving
	}
	return resp, state
}

func (g *reading) fail(why string) { g.reader, g.failure = nil, why }

// doubt ends the reading early. What the response has said until then counts
// only if that was all of it.
func (g *reading) doubt(why string) { g.misgiving = why }
