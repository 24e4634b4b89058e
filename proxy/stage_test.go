package proxy

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/wiremeter/wiremeter/usage"
)

const (
	providerHost = "api.provider.example"
	otherHost    = "www.other.example"
)

// stage is a proxy between an agent and an upstream, over real sockets.
type stage struct {
	*testing.T
	proxy *Proxy
	addr  string
	roots *x509.CertPool // what the agent trusts: the upstream's authority and ours
	taps  *taps

	ours     *authority
	theirs   *authority // the upstream's
	upstream string     // where it listens

	mu      sync.Mutex
	tallies []usage.Tally
}

// legs are the protocols of the agent's and the upstream's side.
type legs struct{ agentH2, upstreamH2 bool }

func (l legs) String() string {
	name := map[bool]string{true: "h2", false: "h1"}
	return name[l.agentH2] + "_to_" + name[l.upstreamH2]
}

var allLegs = []legs{{false, false}, {false, true}, {true, false}, {true, true}}

// onAllLegs runs a test for each pair of protocols.
func onAllLegs(t *testing.T, test func(t *testing.T, l legs)) {
	for _, l := range allLegs {
		t.Run(l.String(), func(t *testing.T) { test(t, l) })
	}
}

func newStage(t *testing.T, upstreamH2 bool, upstream http.HandlerFunc, change ...func(*Options)) *stage {
	t.Helper()
	ours, theirs := newAuthority(t), newAuthority(t)
	s := &stage{T: t, roots: x509.NewCertPool(), taps: new(taps), ours: ours, theirs: theirs}
	s.roots.AddCert(ours.cert)
	s.roots.AddCert(theirs.cert)
	s.upstream = serveTLS(t, theirs, upstreamH2, upstream)
	o := Options{
		Begin:      s.taps.begin,
		Tally:      func(y usage.Tally) { s.mu.Lock(); s.tallies = append(s.tallies, y); s.mu.Unlock() },
		Intercepts: func(host string) bool { return host == providerHost },
		ServerTLS: func(host string) *tls.Config {
			return &tls.Config{Certificates: []tls.Certificate{ours.leaf(t, host)}, NextProtos: []string{"h2", "http/1.1"}}
		},
		Prefixes: map[string]string{"/provider": "https://" + providerHost, "/provider/v9": "https://" + providerHost + "/other/v9"},
		Fallback: http.NotFoundHandler(),
		Upstream: Upstream{Roots: theirs.pool(), ConnectTo: s.leads},
		Log:      zerolog.Nop(),
	}
	for _, c := range change {
		c(&o)
	}
	s.proxy = New(o)
	l := listen(t)
	s.addr = l.Addr().String()
	served := make(chan error, 1)
	go func() { served <- s.proxy.Serve(l) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = s.proxy.Shutdown(ctx) // what a test left open is cut
		if err := <-served; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return s
}

// leads takes the two known hosts to the upstream.
func (s *stage) leads(hostport string) string {
	host, _, _ := net.SplitHostPort(hostport)
	if host == providerHost || host == otherHost {
		return s.upstream
	}
	return ""
}

// agent is an HTTP client that goes through the proxy.
func (s *stage) agent(isH2 bool) *http.Client {
	p := new(http.Protocols)
	p.SetHTTP1(!isH2)
	p.SetHTTP2(isH2)
	t := &http.Transport{
		Proxy:           http.ProxyURL(&url.URL{Scheme: "http", Host: s.addr, User: url.UserPassword("run-1", "team=payments")}),
		TLSClientConfig: &tls.Config{RootCAs: s.roots}, Protocols: p, DisableCompression: true,
		ExpectContinueTimeout: 5 * time.Second,
	}
	s.Cleanup(t.CloseIdleConnections)
	return &http.Client{Transport: t, Timeout: 20 * time.Second}
}

func (s *stage) do(c *http.Client, r *http.Request) *http.Response {
	s.Helper()
	resp, err := c.Do(r)
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { resp.Body.Close() })
	return resp
}

// taps opens taps that write down what they hear.
type taps struct {
	mu  sync.Mutex
	all []*heard
}

type heard struct {
	exchange usage.Exchange
	mu       sync.Mutex
	request  []byte
	isWhole  bool // its end was heard
	status   int
	body     []byte
	ended    chan error // holds how it ended
	ends     int
}

func (t *taps) begin(x usage.Exchange) Tap {
	h := &heard{exchange: x, ended: make(chan error, 1)}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.all = append(t.all, h)
	return h
}

// only is the one tap that was opened.
func (t *taps) only(tb testing.TB) *heard {
	tb.Helper()
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.all) != 1 {
		tb.Fatalf("%d taps were opened, want 1", len(t.all))
	}
	return t.all[0]
}

func (h *heard) Request(p []byte) {
	h.mu.Lock()
	h.request, h.isWhole = append(h.request, p...), p == nil
	h.mu.Unlock()
}
func (h *heard) Body(p []byte) { h.mu.Lock(); h.body = append(h.body, p...); h.mu.Unlock() }
func (h *heard) Response(status int, _ usage.Header) {
	h.mu.Lock()
	h.status = status
	h.mu.Unlock()
}

func (h *heard) End(err error) {
	h.mu.Lock()
	h.ends++
	h.mu.Unlock()
	select {
	case h.ended <- err:
	default:
	}
}

// end waits until the tap has ended, and says how.
func (h *heard) end(tb testing.TB) error {
	tb.Helper()
	select {
	case err := <-h.ended:
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.ends != 1 {
			tb.Errorf("the tap was ended %d times", h.ends)
		}
		return err
	case <-time.After(5 * time.Second):
		tb.Fatal("the tap was not ended")
		return nil
	}
}

// authority signs certificates for tests.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	mu   sync.Mutex
	made map[string]tls.Certificate
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{made: make(map[string]tls.Certificate)}
	a.cert, a.key = a.sign(t, &x509.Certificate{Subject: pkix.Name{CommonName: rand.Text()}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign})
	return a
}

func (a *authority) pool() *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(a.cert)
	return p
}

func (a *authority) sign(t *testing.T, c *x509.Certificate) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c.SerialNumber, c.NotBefore, c.NotAfter = big.NewInt(time.Now().UnixNano()), time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	parent, signer := c, key
	if a.cert != nil {
		parent, signer = a.cert, a.key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert, key
}

func (a *authority) leaf(t *testing.T, hosts ...string) tls.Certificate {
	a.mu.Lock()
	defer a.mu.Unlock()
	if c, ok := a.made[hosts[0]]; ok {
		return c
	}
	cert, key := a.sign(t, &x509.Certificate{DNSNames: hosts, KeyUsage: x509.KeyUsageDigitalSignature})
	a.made[hosts[0]] = tls.Certificate{Certificate: [][]byte{cert.Raw}, PrivateKey: key, Leaf: cert}
	return a.made[hosts[0]]
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() }) // most are closed by then
	return l
}

// serveTLS runs a web server for both hosts and returns its address.
func serveTLS(t *testing.T, a *authority, isH2 bool, h http.HandlerFunc) string {
	t.Helper()
	l := listen(t)
	p := new(http.Protocols)
	p.SetHTTP1(true)
	p.SetHTTP2(isH2)
	server := &http.Server{Handler: h, Protocols: p, TLSConfig: &tls.Config{Certificates: []tls.Certificate{a.leaf(t, providerHost, otherHost, "localhost")}}, ErrorLog: serverLog(zerolog.Nop())}
	serve(t, server, func() error { return server.ServeTLS(l, "", "") })
	return l.Addr().String()
}

// serveHTTP runs a web server without TLS and returns its address.
func serveHTTP(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	l := listen(t)
	server := &http.Server{Handler: h, ErrorLog: serverLog(zerolog.Nop())}
	serve(t, server, func() error { return server.Serve(l) })
	return l.Addr().String()
}

func serve(t *testing.T, server *http.Server, run func() error) {
	done := make(chan error, 1)
	go func() { done <- run() }()
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Errorf("close the server: %v", err)
		}
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("serve: %v", err)
		}
	})
}

// eventually polls, because the other end of a connection learns of things in
// its own time.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for range 600 {
		if is() {
			return
		}
		<-tick.C
	}
	t.Errorf("it did not come true that %s", what)
}

// lockedBuffer is a log that may be read while it is written.
type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
