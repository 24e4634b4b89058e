package capture

import (
	"context"
	"maps"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"github.com/wiremeter/wiremeter/parsers"
	"github.com/wiremeter/wiremeter/place"
	"github.com/wiremeter/wiremeter/usage"
)

// Recorder takes what is to be kept. It must not block.
type Recorder interface {
	Record(usage.Record)
	Tally(usage.Tally)
}

// Capture opens exchanges. Its methods may be called from any goroutine.
type Capture struct {
	// Providers are those whose exchanges are recorded: the built-in ones, unless
	// it is set before the first Begin.
	Providers *parsers.Providers

	// State takes what vendors state of requests that were recorded. It may wait,
	// and be called from any goroutine; nil: nobody wants to know. It is set before
	// the first Begin.
	State func([]usage.Statement) error

	// Room returns when the recorder has room for many records at once. It may wait;
	// nil: there always is. It is set before the first Begin.
	Room func()

	// Places looks up where agents work; nil: nobody does. Like Rules it is set
	// before the first Begin.
	Places *place.Finder
	Rules  Rules

	recorder  Recorder
	log       zerolog.Logger
	newReader newReader
	decoding  pending
	turns     atomic.Int64
	halves    halves
	runs      runs
	hops      hops
	kin       kin
	strange   sync.Once // a label that is none was told of
}

// New makes a Capture that hands its results to r.
func New(r Recorder, log zerolog.Logger) *Capture {
	open := func(route parsers.Route, q parsers.Request, h usage.Header, each func(usage.Response)) reader {
		p := parsers.NewReader(route, q, h)
		p.Each = each
		return p
	}
	return &Capture{Providers: parsers.BuiltIn(), recorder: r, log: log, newReader: open}
}

// Begin opens the exchange that this head belongs to.
func (c *Capture) Begin(x usage.Exchange) *Exchange {
	e := &Exchange{capture: c, head: x, sign: &nobody}
	e.route, e.isProvider = c.Providers.Match(x)
	e.request.coding = x.Header.First("Content-Encoding")
	if e.isProvider && e.route.Class != parsers.NotBillable {
		c.hops.enter(e)
		e.sign, e.version = recognise(x.Header)
		e.request.agent, e.request.learn = e.sign.agent, e.learn
		if c.Places != nil {
			c.Places.Ask(place.Question{Run: RunName(x.Run), Who: x.Conn}) // as soon as can be: the process may be gone at the end
		}
	}
	switch {
	case !e.isProvider:
	case e.isDuplex():
		e.duplex = newDuplex(e)
	case parsers.IsAppend(e.route):
		e.half = newHalf(&c.halves, x)
	default:
		e.aside = newAside(e)
	}
	return e
}

// Turns is the number of records beyond the first that connections of many
// responses have left: by so much the records are more than the exchanges.
func (c *Capture) Turns() int64 { return c.turns.Load() }

// Wait returns when every exchange that has ended by now has been handed to the
// recorder, or with ctx's error.
func (c *Capture) Wait(ctx context.Context) error { return c.decoding.wait(ctx) }

// Exchange listens to one exchange: see proxy.Tap for who calls what when.
type Exchange struct {
	capture    *Capture
	head       usage.Exchange
	route      parsers.Route
	isProvider bool
	isWay      bool   // to what may be a gateway
	isHop      bool   // it began while a gateway was asked: see hops
	sign       *sign  // of the agent, by the head
	version    string // its own

	request  request
	evidence *evidence // of who asks; nil: not heard yet

	status        int
	isReplay      bool // of what a gateway's cache holds
	requestID     string
	firstByte     time.Time
	responseBytes int64
	reading       *reading // nil: the response is not read
	socket        *socket  // nil: the connection was not upgraded, or is not read
	duplex        *duplex  // nil: the bodies are not in envelopes
	half          *half    // nil: the request is no part of another exchange's
	aside         *aside   // nil: nothing is said of other exchanges
	backlog       backlog  // of a batch
	decoder       *decoder // nil: the response is read inline
	ticket        uint64   // of its end, of which pending.mu takes care; 0: it has not ended, or all was done with that
}

// isRead reports whether the bodies can hold something to meter.
func (e *Exchange) isRead() bool {
	return e.isProvider && e.route.Class != parsers.NotBillable && e.head.Transport != usage.WebSocket
}

// isSocket reports whether a WebSocket is one that can be read.
func (e *Exchange) isSocket() bool {
	return e.isProvider && e.route.Class == parsers.Billable && e.head.Transport == usage.WebSocket && e.route.Dialect != ""
}

// isDuplex reports whether both bodies are in envelopes and tell one story.
func (e *Exchange) isDuplex() bool {
	return e.head.Transport != usage.WebSocket && parsers.IsDuplex(e.route)
}

const statusSwitchingProtocols = 101

// Request takes the next bytes of the request's body.
func (e *Exchange) Request(p []byte) {
	if e.socket != nil {
		e.socket.client(p)
		return
	}
	if e.duplex != nil {
		e.duplex.client(p)
		return
	}
	if e.half != nil {
		e.half.write(p)
	}
	if e.aside != nil {
		e.aside.keep(&e.aside.request, p)
	}
	e.request.write(p, e.isRead())
}

// Response takes the head of the response.
func (e *Exchange) Response(status int, h usage.Header) {
	e.status, e.isReplay, e.requestID = status, parsers.IsReplay(h), first(h, requestIDs)
	if status == statusSwitchingProtocols && e.isSocket() {
		e.socket = newSocket(e, strings.Join(h["Sec-Websocket-Extensions"], ","))
		return
	}
	if e.duplex != nil {
		e.duplex.open(h)
		return
	}
	if e.half != nil {
		e.half.answered()
	}
	if e.aside != nil {
		e.aside.coding = h.First("Content-Encoding")
	}
	if !e.isRead() {
		return
	}
	e.reading = &reading{newReader: e.capture.newReader, each: e.result, route: e.route, header: h}
	e.reading.leash = leash{dialect: e.route.Dialect, log: e.capture.log}
	coding := h.First("Content-Encoding")
	if coding == "" && e.request.coding == "" {
		e.reading.open(e.request.facts())
		return
	}
	e.reading.header = maps.Clone(h) // read by another goroutine
	e.decoder = newDecoder(e.reading, &e.request, coding)
	go e.decoder.run()
}

// Body takes the next bytes of the response's body.
func (e *Exchange) Body(p []byte) {
	if e.responseBytes == 0 {
		e.firstByte = time.Now()
	}
	e.responseBytes += int64(len(p))
	switch {
	case e.socket != nil:
		e.socket.server(p)
	case e.duplex != nil:
		e.duplex.server(p)
	case e.aside != nil:
		e.aside.keep(&e.aside.response, p)
	case e.decoder != nil:
		e.decoder.write(p)
	case e.reading != nil:
		e.reading.write(p)
	}
}

// End closes the exchange: with nil at its natural end, else with what cut it.
func (e *Exchange) End(err error) {
	ended := time.Now()
	if e.aside != nil {
		ticket := e.capture.decoding.begin(e, true)
		go func() {
			defer e.capture.decoding.end(ticket)
			e.aside.tell(err)
		}()
	}
	if e.decoder == nil {
		e.finish(err, ended)
		return
	}
	e.decoder.close()
	ticket := e.capture.decoding.begin(e, true)
	go func() {
		defer e.capture.decoding.end(ticket)
		<-e.decoder.done
		e.finish(err, ended)
	}()
}
