package proxy

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/elazarl/goproxy"
)

// company is a company's proxy that leads every host to one address, and writes
// down which were asked for.
type company struct {
	mu      sync.Mutex
	targets []string
}

func (c *company) asked(target string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.targets = append(c.targets, target)
}

// handler is an HTTP proxy as goproxy makes it, which wants credentials.
func (c *company) handler(to string) http.HandlerFunc {
	g := goproxy.NewProxyHttpServer()
	g.ConnectDialWithReq = func(r *http.Request, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(r.Context(), network, to)
	}
	g.OnRequest().HandleConnectFunc(func(host string, ctx *goproxy.ProxyCtx) (*goproxy.ConnectAction, string) {
		if ctx.Req.Header.Get("Proxy-Authorization") != "Basic bWU6c2VjcmV0" { // me:secret
			ctx.Resp = goproxy.NewResponse(ctx.Req, "text/plain", http.StatusProxyAuthRequired, "no")
			return goproxy.RejectConnect, host
		}
		c.asked(host)
		return goproxy.OkConnect, host
	})
	return g.ServeHTTP
}

// socks is a SOCKS5 proxy without authentication (RFC 1928).
func (c *company) socks(t *testing.T, to string) string {
	return serveTCP(t, func(conn net.Conn) {
		r := bufio.NewReader(conn)
		read := func(n int) []byte {
			p := make([]byte, n)
			_, _ = io.ReadFull(r, p) // what is missing is no name
			return p
		}
		read(int(read(2)[1]))
		_, _ = conn.Write([]byte{5, 0})
		host := read(int(read(5)[4]))
		read(2)
		c.asked(string(host))
		out, err := new(net.Dialer).DialContext(t.Context(), "tcp", to)
		if err != nil {
			return
		}
		defer out.Close()
		_, _ = conn.Write([]byte{5, 0, 0, 1, 0, 0, 0, 0, 0, 0})
		go func() { _, _ = io.Copy(out, r) }()
		_, _ = io.Copy(conn, out)
	})
}

// TestUpstreamProxy: providers and tunnels are reached through the company's
// proxy, with the credentials of its URL and not with an agent's.
func TestUpstreamProxy(t *testing.T) {
	for scheme, open := range map[string]func(*company, *stage) string{
		"http":    func(c *company, s *stage) string { return serveHTTP(s.T, c.handler(s.upstream)) },
		"https":   func(c *company, s *stage) string { return serveTLS(s.T, s.theirs, false, c.handler(s.upstream)) },
		"socks5h": func(c *company, s *stage) string { return c.socks(s.T, s.upstream) },
	} {
		t.Run(scheme, func(t *testing.T) {
			c := new(company)
			var via *url.URL
			s := newStage(t, true, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }, func(o *Options) {
				o.Upstream.Proxy = func(*url.URL) (*url.URL, error) { return via, nil }
				o.Upstream.ConnectTo = nil
			})
			via = &url.URL{Scheme: scheme, Host: open(c, s), User: url.UserPassword("me", "secret")}
			if scheme == "https" {
				_, port, _ := net.SplitHostPort(via.Host)
				via.Host = net.JoinHostPort("localhost", port)
			}
			for _, host := range []string{providerHost, otherHost} {
				resp := s.do(s.agent(true), request(t, "GET", "https://"+host, nil))
				if text, err := io.ReadAll(resp.Body); string(text) != "hello" || err != nil {
					t.Errorf("%s: %s %q, %v", host, resp.Status, text, err)
				}
			}
			for i, host := range []string{providerHost, otherHost} {
				if len(c.targets) != 2 || !strings.HasPrefix(c.targets[i], host) {
					t.Errorf("the company's proxy was asked for %q", c.targets)
				}
			}
		})
	}
}

// TestUpstreamProxyRefuses: the agent is told what the company's proxy said, and
// no password.
func TestUpstreamProxyRefuses(t *testing.T) {
	c := new(company)
	var via *url.URL
	s := newStage(t, true, nobody, func(o *Options) {
		o.Upstream.Proxy = func(*url.URL) (*url.URL, error) { return via, nil }
		o.Upstream.ConnectTo = nil
	})
	via = &url.URL{Scheme: "http", Host: serveHTTP(t, c.handler(s.upstream)), User: url.UserPassword("me", "wrong-secret")}
	resp := s.do(s.agent(true), request(t, "GET", providerURL, nil))
	text, err := io.ReadAll(resp.Body)
	if resp.StatusCode != http.StatusBadGateway || err != nil || !strings.Contains(string(text), "Proxy Authentication Required") {
		t.Errorf("got %s %q, %v", resp.Status, text, err)
	}
	if strings.Contains(string(text), "wrong-secret") {
		t.Errorf("the answer holds the password: %s", text)
	}
}

// TestConnectionsAreReused: many exchanges share few connections upstream.
func TestConnectionsAreReused(t *testing.T) {
	onAllLegs(t, func(t *testing.T, l legs) {
		var mu sync.Mutex
		var from []string
		s := newStage(t, l.upstreamH2, func(_ http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			if !slices.Contains(from, r.RemoteAddr) {
				from = append(from, r.RemoteAddr)
			}
		})
		c := s.agent(l.agentH2)
		for range 20 {
			resp := s.do(c, request(t, "POST", providerURL, strings.NewReader("{}")))
			if _, err := io.Copy(io.Discard, resp.Body); err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
		}
		if len(from) != 1 {
			t.Errorf("20 exchanges took %d connections", len(from))
		}
	})
}

// TestOldTLSIsRefused: a provider must speak TLS 1.2 at least.
func TestOldTLSIsRefused(t *testing.T) {
	s := newStage(t, false, nobody)
	l := listen(t)
	old := tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{s.theirs.leaf(t, providerHost)}, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11})
	server := &http.Server{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("it was asked") }), ErrorLog: serverLog(s.proxy.opts.Log)}
	serve(t, server, func() error { return server.Serve(old) })
	s.upstream = l.Addr().String()
	if resp := s.do(s.agent(false), request(t, "GET", providerURL, nil)); resp.StatusCode != http.StatusBadGateway {
		t.Errorf("got %s", resp.Status)
	}
}
