package proxy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/net/http/httpguts"

	"github.com/wiremeter/wiremeter/usage"
)

// passage is what a front knows of a request: how it came in and where it is
// meant to go.
type passage struct {
	front  usage.Front
	scheme string
	host   string // as in the URL: with the port if it is not the scheme's own
	prefix string // of the reverse front
	path   *url.URL
	caller caller
	tap    Tap
	relay  *relay
	in     *http.Request // as the agent sent it
	out    http.Header   // of the answer to the agent
	isSent bool          // the transport was given the request
}

// Close is nothing that could hurry an exchange: it ends with its connection.
func (p *passage) Close() error { return nil }

type passageKey struct{}

func passageOf(r *http.Request) *passage { return r.Context().Value(passageKey{}).(*passage) }

// relay passes exchanges on. It is the only place where traffic goes upstream,
// tunnels aside.
type relay struct {
	opts  Options
	proxy *httputil.ReverseProxy
	seen  *atomic.Int64
	open  *openConns
	spent spent
	isCut atomic.Bool // what is under way ends because wiremeter does
}

// pieceWait is how long a piece of a response with a stated length waits for the
// next, so that a small response leaves in one piece as it came. A stream waits
// for nothing.
const pieceWait = 500 * time.Microsecond

func newRelay(o Options, d *dialer, seen *atomic.Int64, open *openConns) *relay {
	y := &relay{opts: o, seen: seen, open: open}
	y.proxy = &httputil.ReverseProxy{
		Rewrite:        rewrite,
		Transport:      tapped{d.transport},
		ModifyResponse: check,
		FlushInterval:  pieceWait,
		ErrorHandler:   y.fail,
		BufferPool:     newBuffers(),
		ErrorLog:       serverLog(o.Log),
	}
	return y
}

// serve passes one exchange on and returns when it has ended.
func (y *relay) serve(w http.ResponseWriter, r *http.Request, p *passage) {
	y.seen.Add(1)
	p.relay, p.in, p.out = y, r, w.Header()
	y.open.add(p)
	defer y.open.remove(p)
	p.tap = &guarded{Tap: y.opts.Begin(exchange(r, p)), log: y.opts.Log}
	if p.front == usage.Forward && p.scheme == "https" && !isSameHost(r.Host, p.host) {
		p.tap.End(usage.Misdirected)
		reply(w, http.StatusMisdirectedRequest, fmt.Sprintf("this connection is for %s, the request names %s", p.host, r.Host))
		return
	}
	defer p.end()
	addNothing(p.out)
	writer := &hijackWriter{ResponseWriter: w, open: y.open}
	defer writer.done()
	r = r.WithContext(context.WithValue(r.Context(), passageKey{}, p))
	if r.ProtoMajor == 1 {
		y.serveHTTP1(writer, r)
		return
	}
	y.proxy.ServeHTTP(writer, r)
}

// end is for what leaves by a side door: nearly always the tap has heard before.
func (p *passage) end() {
	fault := usage.UpstreamCut
	if !p.isSent {
		fault = usage.NotSent
	}
	p.tap.End(fault)
}

// addNothing keeps net/http from adding headers to a response without them.
func addNothing(h http.Header) {
	for _, name := range []string{"Content-Type", "Date"} {
		if _, isThere := h[name]; !isThere {
			h[name] = nil
		}
	}
}

func exchange(r *http.Request, p *passage) usage.Exchange {
	x := usage.Exchange{
		StartedAt: time.Now(), Front: p.front, Run: p.caller.run, Labels: p.caller.labels, Conn: p.caller.conn, Transport: usage.HTTP1,
		Method: r.Method, Host: hostname(p.host), Port: portOf(p), Prefix: p.prefix, Path: p.path.Path,
		Header: usage.Header(r.Header), // read by all, changed by none
	}
	switch {
	case isWebSocket(r.Header):
		x.Transport = usage.WebSocket
	case r.ProtoMajor == 2:
		x.Transport = usage.HTTP2
	}
	return x
}

// rewrite points the request at its origin, and puts back what ReverseProxy
// takes out of a request: it is to arrive as it was sent.
func rewrite(pr *httputil.ProxyRequest) {
	p := passageOf(pr.In)
	out := pr.Out
	out.URL.Scheme, out.URL.Host = p.scheme, p.host
	out.URL.Path, out.URL.RawPath = p.path.Path, p.path.RawPath
	out.URL.RawQuery, out.URL.ForceQuery = p.path.RawQuery, p.path.ForceQuery
	out.Host = pr.In.Host
	if p.front == usage.Reverse {
		out.Host = p.host
	}
	out.Trailer = pr.In.Trailer
	for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto"} {
		if v, ok := pr.In.Header[name]; ok {
			out.Header[name] = v
		}
	}
	if !isWebSocket(pr.In.Header) {
		out.Header.Del("Upgrade") // h2c and others: what they switch to could not be relayed
		out.Header.Del("Connection")
	}
}

var errUnasked = errors.New("it switched protocols unasked")

// check looks at the head of a response before it passes. It refuses a 101 that
// ReverseProxy would refuse too, but without letting go of the connection; and a
// 1xx before it has let go of what keeps net/http from adding headers.
func check(resp *http.Response) error {
	if resp.StatusCode == http.StatusSwitchingProtocols && (!isWebSocket(resp.Header) || !isWebSocket(resp.Request.Header)) {
		return errUnasked
	}
	addNothing(passageOf(resp.Request).out)
	return nil
}

func isWebSocket(h http.Header) bool {
	return httpguts.HeaderValuesContainsToken(h["Connection"], "upgrade") && strings.EqualFold(h.Get("Upgrade"), "websocket")
}

// fail answers an agent whose exchange never reached its provider.
func (y *relay) fail(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() != nil {
		panic(http.ErrAbortHandler) // the agent is gone: there is nobody to tell
	}
	host, why := passageOf(r).host, explain(err)
	y.opts.Log.Warn().Str("host", host).Str("error", why).Msg("cannot pass an exchange on")
	message := fmt.Sprintf("cannot reach %s: %s", host, why)
	if isCertificateError(err) {
		message += " (if a company proxy inspects TLS here, name its authority with --upstream-ca FILE)"
	}
	reply(w, http.StatusBadGateway, message)
}

// reply is wiremeter's own answer, in the shape that model clients read.
func reply(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	body := json.NewEncoder(w)
	body.SetEscapeHTML(false)
	// It fails only when the agent is gone.
	_ = body.Encode(map[string]any{"error": map[string]any{"type": "wiremeter", "message": "wiremeter: " + message}})
}

// faultOf names what ended an exchange: the agent, if it is gone, else the
// upstream.
func faultOf(r *http.Request, err error, otherwise usage.Fault) usage.Fault {
	if r.Context().Err() != nil {
		return goneFault(r)
	}
	if isCertificateError(err) {
		return usage.UpstreamCertificate
	}
	return otherwise
}

// goneFault tells why the agent is gone: by itself, or because wiremeter let go
// of it.
func goneFault(r *http.Request) usage.Fault {
	if passageOf(r).relay.isCut.Load() {
		return usage.Stopped
	}
	return usage.AgentGone
}

func hostname(hostport string) string {
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		hostport = h
	}
	return strings.TrimSuffix(strings.ToLower(hostport), ".")
}

// portOf is empty where it is the scheme's own.
func portOf(p *passage) string {
	_, port, err := net.SplitHostPort(p.host)
	if err != nil || port == map[string]string{"http": "80", "https": "443"}[p.scheme] {
		return ""
	}
	return port
}

func isSameHost(a, b string) bool {
	return strings.EqualFold(strings.TrimSuffix(a, ":443"), strings.TrimSuffix(b, ":443"))
}

// buffers is a pool of copy buffers. They are small because a blocked read
// holds one for the whole life of an idle stream.
type buffers struct{ pool sync.Pool }

const bufferSize = 4 << 10

func newBuffers() *buffers {
	return &buffers{pool: sync.Pool{New: func() any { return new([bufferSize]byte) }}}
}

func (b *buffers) Get() []byte  { return b.pool.Get().(*[bufferSize]byte)[:] }
func (b *buffers) Put(p []byte) { b.pool.Put((*[bufferSize]byte)(p)) }
