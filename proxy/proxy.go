package proxy

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"github.com/wiremeter/wiremeter/usage"
)

// Options is what a Proxy needs from the rest of the house. All functions may
// be called from many goroutines at once and must not block.
type Options struct {
	// Begin opens a tap on an exchange. It must not return nil.
	Begin func(usage.Exchange) Tap
	// Tally counts a connection that was tunnelled, once it has ended.
	Tally func(usage.Tally)
	// Intercepts reports whether connections to this host are decrypted.
	Intercepts func(host string) bool
	// ServerTLS is the configuration to show to an agent that believes it
	// speaks to this host.
	ServerTLS func(host string) *tls.Config
	// Prefixes are the ways in of the reverse front: "/name" to the origin
	// ("https://host") that requests below it are meant for. The longest wins:
	// below "/name", "/name/v1" may lead elsewhere ("https://other/v1").
	Prefixes map[string]string
	// Fallback answers origin-form requests below no prefix.
	Fallback http.Handler
	Upstream Upstream
	Log      zerolog.Logger
}

// Proxy serves all fronts of one port. Make it with New; its methods may be
// called from any goroutine.
type Proxy struct {
	opts     Options
	front    *http.Server // agents connect here: CONNECT, absolute form, prefixes
	inner    *http.Server // intercepted connections, already decrypted
	arrivals *arrivals    // from the front to inner
	dialer   *dialer
	relay    *relay
	hello    *tls.Config // meets every TLS hello
	verdicts verdicts
	seen     atomic.Int64
	open     openConns // hijacked connections: no http.Server waits for them
	slack    []byte    // for the collector: see slackSize
}

// New makes a Proxy that serves nothing yet.
func New(o Options) *Proxy {
	p := &Proxy{opts: o, arrivals: newArrivals(), dialer: newDialer(o.Upstream), slack: make([]byte, slackSize)}
	p.hello = p.newHello()
	p.relay = newRelay(o, p.dialer, &p.seen, &p.open)
	p.front = p.newServer(p.newFront(p.relay))
	p.inner = p.newServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.relay.serve(w, r, intercepted(r))
	}))
	p.inner.ConnContext = withInterception
	p.front.ConnState = p.relay.spent.retire
	p.front.ConnContext = withConn(new(atomic.Uint64))
	p.inner.ConnState = func(c net.Conn, state http.ConnState) {
		p.watch(c, state)
		p.relay.spent.retire(c, state)
	}
	p.inner.ReadHeaderTimeout = p.inner.IdleTimeout // agents open connections ahead of time
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true) // decrypted, that is: see http2Conn
	p.inner.Protocols = protocols
	p.inner.HTTP2 = &http.HTTP2Config{MaxConcurrentStreams: 1000}
	return p
}

// newServer has no read or write timeout: a model may think for minutes. The
// idle timeout is long so that the agent, not wiremeter, ends an idle
// connection, and no request is lost to a race between the two.
func (p *Proxy) newServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler:                      h,
		ReadHeaderTimeout:            30 * time.Second,
		IdleTimeout:                  10 * time.Minute,
		DisableGeneralOptionsHandler: true,
		ErrorLog:                     serverLog(p.opts.Log),
	}
}

// Serve accepts connections on l until Shutdown, then returns nil.
func (p *Proxy) Serve(l net.Listener) error {
	stop := make(chan struct{})
	defer close(stop)
	go p.giveBack(stop)
	ended := make(chan error, 2)
	go func() { ended <- p.inner.Serve(p.arrivals) }()
	go func() { ended <- p.front.Serve(l) }()
	err := <-ended
	if errors.Is(err, http.ErrServerClosed) || errors.Is(err, net.ErrClosed) {
		return nil
	}
	return fmt.Errorf("serve agents: %w", err)
}

// Seen is the number of exchanges and tunnels that the fronts have begun.
func (p *Proxy) Seen() int64 { return p.seen.Load() }

// Shutdown stops accepting and waits until what is under way has ended. When
// ctx is done first it cuts what is left and returns ctx's error.
func (p *Proxy) Shutdown(ctx context.Context) error {
	p.open.drain()
	err := errors.Join(p.front.Shutdown(ctx), p.inner.Shutdown(ctx), p.open.wait(ctx))
	if err != nil {
		p.relay.isCut.Store(true)
		err = errors.Join(ctx.Err(), p.front.Close(), p.inner.Close())
		p.open.closeAll()
		last, cancel := context.WithTimeout(context.Background(), lastMoment)
		defer cancel()
		err = errors.Join(err, p.open.wait(last))
	}
	_ = p.arrivals.Close() // never fails
	p.dialer.closeIdle()
	return err
}

// lastMoment is how long Shutdown waits for what it has cut to notice, so that
// all of it is told to its tap.
const lastMoment = 2 * time.Second

// openConns are the connections that left their http.Server: tunnels and
// upgraded exchanges.
type openConns struct {
	mu       sync.Mutex
	conns    map[io.Closer]struct{}
	draining bool
	empty    chan struct{} // closed when draining and no connection is left
}

func (o *openConns) add(c io.Closer) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.conns == nil {
		o.conns = make(map[io.Closer]struct{})
	}
	o.conns[c] = struct{}{}
}

func (o *openConns) remove(c io.Closer) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if _, ok := o.conns[c]; !ok {
		return
	}
	delete(o.conns, c)
	o.signal()
}

func (o *openConns) drain() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.draining {
		return
	}
	o.draining = true
	o.empty = make(chan struct{})
	o.signal()
}

// signal needs mu.
func (o *openConns) signal() {
	if !o.draining || len(o.conns) > 0 {
		return
	}
	select {
	case <-o.empty:
	default:
		close(o.empty)
	}
}

func (o *openConns) wait(ctx context.Context) error {
	select {
	case <-o.empty:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (o *openConns) closeAll() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for c := range o.conns {
		c.Close()
	}
}
