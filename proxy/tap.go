package proxy

import (
	"fmt"
	"io"
	"net/http"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"github.com/rs/zerolog"

	"github.com/wiremeter/wiremeter/usage"
)

// Tap listens to one exchange. Request is called by one goroutine, and
// Response, Body and End by one other; the two run at the same time. The slices
// are valid during the call only. Nothing a tap does reaches the traffic, so it
// must neither block nor panic.
type Tap interface {
	// Request takes the next bytes of the request's body, as sent, and nil at
	// the end of one whose length was not stated.
	Request(p []byte)
	// Response takes the head of the response, of which h loses the hop-by-hop
	// fields later. Only Response, Body and End may read it.
	Response(status int, h usage.Header)
	// Body takes the next bytes of the response's body, as sent.
	Body(p []byte)
	// End is called once, last: with nil at the natural end, else with the
	// usage.Fault that cut the exchange.
	End(err error)
}

// guarded keeps a tap's panics away from the traffic: a tap that panicked hears
// nothing more, except the end. It hears that once.
type guarded struct {
	Tap
	log     zerolog.Logger
	isDeaf  atomic.Bool
	isEnded atomic.Bool
}

func (g *guarded) Request(p []byte) {
	if g.isDeaf.Load() {
		return
	}
	defer g.survive()
	g.Tap.Request(p)
}

func (g *guarded) Response(status int, h usage.Header) {
	if g.isDeaf.Load() {
		return
	}
	defer g.survive()
	g.Tap.Response(status, h)
}

func (g *guarded) Body(p []byte) {
	if g.isDeaf.Load() {
		return
	}
	defer g.survive()
	g.Tap.Body(p)
}

func (g *guarded) End(err error) {
	if g.isEnded.Swap(true) {
		return
	}
	defer g.survive()
	g.Tap.End(err)
}

// survive must be deferred. What was panicked with may hold content; the stack
// does not.
func (g *guarded) survive() {
	if v := recover(); v != nil {
		g.isDeaf.Store(true)
		g.log.Error().Str("panic", fmt.Sprintf("%T", v)).Bytes("stack", debug.Stack()).Msg("a tap panicked; the exchange goes on without it")
	}
}

// tapped is the round tripper that puts the tap into an exchange.
type tapped struct{ next http.RoundTripper }

func (t tapped) RoundTrip(r *http.Request) (*http.Response, error) {
	p := passageOf(r)
	p.isSent = true
	tap := p.tap
	var half *requestBody
	var body *again
	if r.Body != nil && r.Body != http.NoBody {
		half = newRequestBody(r)
		r.Body = half
		if joinHead(r) {
			half = nil
		} else {
			body = keepBody(r)
		}
	}
	resp, err := t.next.RoundTrip(r)
	body.forget()
	if err != nil {
		tap.End(faultOf(r, err, usage.UpstreamUnreachable))
		return nil, err
	}
	tap.Response(resp.StatusCode, usage.Header(resp.Header))
	answer := &responseBody{ReadCloser: resp.Body, tap: tap, request: r, half: half}
	if half != nil {
		half.endsWell.Store(resp.ProtoMajor == 2 && r.ContentLength < 0)
	}
	resp.Body = answer
	if rw, ok := answer.ReadCloser.(io.ReadWriteCloser); ok && resp.StatusCode == http.StatusSwitchingProtocols {
		resp.Body = &upgradedBody{responseBody: answer, backend: rw}
	}
	return resp, nil
}

// responseBody tells the tap what passes. The end is told once, by whichever
// comes first: the body's own end, a failure, or the relay letting go of it.
// After 101 the relay lets go while another goroutine still reads, hence the
// lock.
type responseBody struct {
	io.ReadCloser
	tap     Tap
	request *http.Request
	half    *requestBody // nil: no more of the request is to come
	mu      sync.Mutex
	isEnded bool
}

func (b *responseBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil {
		b.half.over(err == io.EOF)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if n > 0 && !b.isEnded {
		b.tap.Body(p[:n])
	}
	switch {
	case err == nil:
	case err != io.EOF:
		b.end(faultOf(b.request, err, usage.UpstreamCut))
	case b.request.Context().Err() != nil:
		b.end(goneFault(b.request)) // the provider was told, and ended what nobody waits for
	default:
		b.end(nil)
	}
	return n, err
}

func (b *responseBody) Close() error {
	b.mu.Lock()
	wasEnded := b.isEnded
	b.end(goneFault(b.request))
	b.mu.Unlock()
	switch {
	case wasEnded && b.half != nil:
		return nil // a transport that still ends the request is not to be disturbed
	case b.half.isOpen():
		b.half.over(false)
		go b.ReadCloser.Close() // waits for the agent's half
		return nil
	default:
		return b.ReadCloser.Close()
	}
}

// end needs mu.
func (b *responseBody) end(err error) {
	if !b.isEnded {
		b.isEnded = true
		b.tap.End(err)
	}
}

// upgradedBody is the upstream's side of a connection after 101, in both
// directions.
type upgradedBody struct {
	*responseBody
	backend io.ReadWriteCloser
}

func (b *upgradedBody) Write(p []byte) (int, error) {
	b.tap.Request(p) // before it leaves: the answer may be here before the write returns
	return b.backend.Write(p)
}

// CloseWrite passes the agent's half-close on where the backend can be told.
func (b *upgradedBody) CloseWrite() error {
	if c, ok := b.backend.(interface{ CloseWrite() error }); ok {
		return c.CloseWrite()
	}
	return b.Close()
}
