package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/elazarl/goproxy"
	"github.com/rs/zerolog"

	"github.com/wiremeter/wiremeter/capture"
	"github.com/wiremeter/wiremeter/certs"
	"github.com/wiremeter/wiremeter/parsers"
	"github.com/wiremeter/wiremeter/proxy"
	"github.com/wiremeter/wiremeter/store"
	"github.com/wiremeter/wiremeter/store/sqlite"
	"github.com/wiremeter/wiremeter/usage"
)

// roles start a contestant, say in the setup where it is, and return how to
// stop it.
var roles = map[string]func(*setup) (stop func() error, err error){
	"upstream": playUpstream,
	"tunnel":   playTunnel,
	"goproxy":  playGoproxy,
	"off":      func(s *setup) (func() error, error) { return playWiremeter(s, false) },
	"on":       func(s *setup) (func() error, error) { return playWiremeter(s, true) },
}

// ownUsage is this process's CPU time and memory.
func ownUsage() (spent, error) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return spent{}, err
	}
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return spent{}, err
	}
	s := spent{CPU: time.Duration(u.Utime.Nano() + u.Stime.Nano())}
	for line := range strings.Lines(string(status)) {
		if field := strings.Fields(line); field[0] == "VmRSS:" {
			kilobytes, err := strconv.ParseInt(field[1], 10, 64)
			s.RSS = kilobytes << 10
			return s, err
		}
	}
	return s, errors.New("no VmRSS in /proc/self/status")
}

func serve(s *setup, h http.Handler) (func() error, error) {
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s.Proxy = l.Addr().String()
	server := &http.Server{Handler: h}
	go func() { _ = server.Serve(l) }() // ends with Close
	return server.Close, nil
}

// playTunnel is goproxy as it comes: it only copies.
func playTunnel(s *setup) (func() error, error) {
	h := goproxy.NewProxyHttpServer()
	h.Logger = silent{}
	h.ConnectDialWithReq = func(r *http.Request, network, addr string) (net.Conn, error) {
		return new(net.Dialer).DialContext(r.Context(), network, s.addr(addr))
	}
	return serve(s, h)
}

// playGoproxy is goproxy's own interception as well tuned as its options allow:
// certificates kept, connections reused, coding left alone, HTTP/2 on both legs,
// bodies replaced by a reader that listens.
func playGoproxy(s *setup) (func() error, error) {
	a, err := openAuthority(s, "goproxy")
	if err != nil {
		return nil, err
	}
	h := goproxy.NewProxyHttpServer()
	h.Logger = silent{}
	h.KeepAcceptEncoding = true
	h.AllowHTTP2 = true
	h.Tr = &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: pool(s.CA)}, ForceAttemptHTTP2: true,
		MaxIdleConnsPerHost: 256, DisableCompression: true,
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, s.addr(addr))
		},
	}
	h.OnRequest().HandleConnectFunc(func(host string, _ *goproxy.ProxyCtx) (*goproxy.ConnectAction, string) {
		return &goproxy.ConnectAction{Action: goproxy.ConnectMitm, TLSConfig: func(host string, _ *goproxy.ProxyCtx) (*tls.Config, error) {
			name, _, _ := net.SplitHostPort(host)
			return a.ConfigFor(name), nil
		}}, host
	})
	h.OnResponse().DoFunc(func(resp *http.Response, _ *goproxy.ProxyCtx) *http.Response {
		if resp != nil {
			resp.Body = &listener{ReadCloser: resp.Body}
		}
		return resp
	})
	return serve(s, h)
}

type silent struct{}

func (silent) Printf(string, ...any) {}

// listener sees the bytes, as a meter must.
type listener struct {
	io.ReadCloser
	seen int64
}

func (l *listener) Read(p []byte) (int, error) {
	n, err := l.ReadCloser.Read(p)
	l.seen += int64(n)
	return n, err
}

// playWiremeter is wiremeter put together as `wiremeter serve` does; without
// recording, nobody listens to the exchanges.
func playWiremeter(s *setup, isRecording bool) (func() error, error) {
	name := map[bool]string{true: "on", false: "off"}[isRecording]
	a, err := openAuthority(s, name)
	if err != nil {
		return nil, err
	}
	db, err := sqlite.Open(filepath.Join(s.Dir, name, "wiremeter.db"))
	if err != nil {
		return nil, err
	}
	log := zerolog.New(os.Stderr).Level(zerolog.ErrorLevel)
	recorder := store.NewRecorder(db, log)
	c := capture.New(recorder, log)
	begin := func(x usage.Exchange) proxy.Tap { return c.Begin(x) }
	if !isRecording {
		begin = func(usage.Exchange) proxy.Tap { return deaf{} }
	}
	p := proxy.New(proxy.Options{
		Begin: begin, Tally: recorder.Tally, Intercepts: parsers.BuiltIn().IsProvider, ServerTLS: a.ConfigFor,
		Fallback: http.NotFoundHandler(), Log: log,
		Upstream: proxy.Upstream{Roots: pool(s.CA), ConnectTo: s.addr},
	})
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s.Proxy = l.Addr().String()
	var served sync.WaitGroup
	served.Go(func() { err = p.Serve(l) })
	return func() error {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = p.Shutdown(ctx) // what is cut here was measured
		served.Wait()
		return errors.Join(err, c.Wait(context.Background()), recorder.Close(context.Background()), db.Close())
	}, nil
}

type deaf struct{}

func (deaf) Request([]byte)             {}
func (deaf) Response(int, usage.Header) {}
func (deaf) Body([]byte)                {}
func (deaf) End(error)                  {}

func openAuthority(s *setup, name string) (*certs.Authority, error) {
	dir := filepath.Join(s.Dir, name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	a, err := certs.OpenAuthority(filepath.Join(dir, "ca"), parsers.BuiltIn().Domains())
	if err == nil {
		s.Trust = a.RootPEM()
	}
	return a, err
}

func pool(text []byte) *x509.CertPool {
	p := x509.NewCertPool()
	p.AppendCertsFromPEM(text)
	return p
}
