package proxy

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"log"
	"net"
	"net/http"
	"strconv"
	"strings"

	"github.com/elazarl/goproxy"
	"github.com/rs/zerolog"

	"github.com/wiremeter/wiremeter/usage"
)

// newFront is the handler of the port that agents connect to. goproxy answers
// CONNECT and hands origin-form requests to the reverse front. Requests in
// absolute form go straight to the relay: goproxy's own relaying holds streams
// back that are not server-sent events.
func (p *Proxy) newFront(y *relay) http.Handler {
	g := goproxy.NewProxyHttpServer()
	g.Logger = goproxyLog{p.opts.Log}
	g.Tr = nil
	g.ConnectDial = nil
	g.NonproxyHandler = newReverse(y, p.opts)
	g.OnRequest().HandleConnectFunc(p.connect)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodConnect:
			g.ServeHTTP(&connectWriter{w}, r)
		case r.URL.IsAbs():
			y.serve(w, r, plainPassage(r))
		default:
			g.ServeHTTP(w, r)
		}
	})
}

// connect is goproxy's question what to do with a CONNECT. The connection is
// always taken over, so that goproxy's own loops never carry traffic.
func (p *Proxy) connect(target string, ctx *goproxy.ProxyCtx) (*goproxy.ConnectAction, string) {
	host, err := connectTarget(target)
	if err != nil {
		ctx.Resp = refusal(ctx.Req, err) //nolint:bodyclose // goproxy writes and closes it
		return goproxy.RejectConnect, target
	}
	c := &connection{
		target:    target,
		host:      host,
		caller:    callerOf(ctx.Req),
		agent:     agentKey(ctx.Req),
		intercept: p.opts.Intercepts(host),
	}
	return &goproxy.ConnectAction{Action: goproxy.ConnectHijack, Hijack: func(_ *http.Request, conn net.Conn, _ *goproxy.ProxyCtx) {
		c.Conn = conn
		p.accept(c)
	}}, target
}

// accept takes over a connection that asked for a CONNECT.
func (p *Proxy) accept(c *connection) {
	p.open.add(c)
	if !c.intercept {
		p.tunnel(c, "no_provider")
		return
	}
	if _, err := c.Write([]byte(established)); err != nil {
		p.hangUp(c)
		return
	}
	p.intercept(c)
}

const established = "HTTP/1.1 200 Connection established\r\n\r\n"

// connectTarget checks the host:port of a CONNECT.
func connectTarget(target string) (host string, err error) {
	host, port, err := net.SplitHostPort(target)
	if err != nil || host == "" || strings.ContainsAny(host, " /@?#") {
		return "", fmt.Errorf("CONNECT target %q: expected HOST:PORT", target)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return "", fmt.Errorf("CONNECT target %q: expected a port from 1 to 65535", target)
	}
	return hostname(target), nil
}

func refusal(r *http.Request, err error) *http.Response {
	resp := goproxy.NewResponse(r, "text/plain; charset=utf-8", http.StatusBadRequest, "wiremeter: "+err.Error()+"\n")
	resp.Close = true
	return resp
}

// plainPassage is that of a request in absolute form. Its proxy credentials are
// wiremeter's and go no further: ReverseProxy drops that header.
func plainPassage(r *http.Request) *passage {
	return &passage{front: usage.Forward, scheme: r.URL.Scheme, host: r.URL.Host, path: r.URL, caller: callerOf(r)}
}

// agentKey tells agents apart as far as a CONNECT can.
func agentKey(r *http.Request) string {
	ip, _, _ := net.SplitHostPort(r.RemoteAddr) // net/http's own: always host:port
	return strings.Join([]string{ip, callerOf(r).run, r.UserAgent()}, "\x00")
}

// connectWriter keeps what an agent sent in one write with its CONNECT, which
// goproxy would lose.
type connectWriter struct{ http.ResponseWriter }

func (w *connectWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, brw, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	return replay(conn, brw.Reader), brw, nil
}

type goproxyLog struct{ log zerolog.Logger }

// Printf keeps goproxy's remarks for debugging; what matters ends in a record.
// The arguments may hold URLs with keys, so only the format is kept.
func (l goproxyLog) Printf(format string, _ ...any) {
	l.log.Debug().Str("goproxy", strings.TrimSpace(format)).Send()
}

// serverLog takes what net/http has to say of single connections, such as a
// reset: nothing that a user must see, except a panic of ours.
func serverLog(l zerolog.Logger) *log.Logger { return log.New(httpLog{l}, "", 0) }

type httpLog struct{ log zerolog.Logger }

func (l httpLog) Write(p []byte) (int, error) {
	level := zerolog.DebugLevel
	if bytes.Contains(p, []byte("panic serving")) {
		level = zerolog.ErrorLevel
	}
	l.log.WithLevel(level).Str("net/http", string(bytes.TrimSpace(p))).Send()
	return len(p), nil
}

type interceptionKey struct{}

func withInterception(ctx context.Context, conn net.Conn) context.Context {
	return context.WithValue(ctx, interceptionKey{}, interceptedConn(conn))
}

// interceptedConn is what lies below a connection that the inner server serves.
func interceptedConn(conn net.Conn) *connection {
	return conn.(interface{ NetConn() net.Conn }).NetConn().(*connection)
}

// intercepted is the passage of a request on a decrypted connection: it goes
// where the connection was asked to go.
func intercepted(r *http.Request) *passage {
	c := r.Context().Value(interceptionKey{}).(*connection)
	return &passage{front: usage.Forward, scheme: "https", host: strings.TrimSuffix(c.target, ":443"), path: r.URL, caller: c.caller}
}
