package main

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/wiremeter/wiremeter/scripted"
)

// TestEveryExchangeEndsInOneClass: what the fronts saw is the sum of all
// outcomes, whatever happened to it.
func TestEveryExchangeEndsInOneClass(t *testing.T) {
	h, m, provider, stop := stage(t)
	callAll(t, m, provider)
	stranger := echo(t)
	connect(t, m.addr(), stranger, func(c net.Conn) { roundTrip(t, c) })
	connect(t, m.addr(), "api.openai.com:443", func(c net.Conn) { // does not trust us
		if err := tls.Client(c, &tls.Config{ServerName: "api.openai.com"}).HandshakeContext(t.Context()); err == nil {
			t.Error("a client that does not know our authority believed it")
		}
	})
	get(t, m.addr(), "http://"+m.addr()+"/openai/v1/models")              // reverse front
	get(t, m.addr(), "http://"+m.addr()+"/anthropic/v1/messages?x=1")     // a GET is not billable
	get(t, m.addr(), "http://"+stranger+"/")                              // absolute form, no provider
	get(t, m.addr(), "http://"+m.addr()+"/gemini/v1beta/models/x:nosuch") // neither

	stop()
	seen, c := m.proxy.Seen(), coverage(t, h)
	if sum := c.Metered + c.Interrupted + c.NoUsage + c.Unparsed + c.Failed + c.NotBillable + c.Tunnelled + c.Lost; sum != seen || c.Exchanges != seen {
		t.Errorf("the fronts saw %d, the classes add up to %d of %d: %s", seen, sum, c.Exchanges, c)
	}
	if want := int64(len(demoCalls) + 6); seen != want {
		t.Errorf("the fronts saw %d, want %d: %s", seen, want, c)
	}
	if c.Metered != 8 || c.Interrupted != 1 || c.Failed != 1 || c.CertificateRefused != 1 || c.Tunnelled != 3 || c.NotBillable != 4 {
		t.Errorf("unexpected classes: %s", c)
	}
}

func startForTest(t *testing.T, h *house, provider *scripted.Provider) (*meter, func()) {
	t.Helper()
	ca := filepath.Join(h.dir, "provider.pem")
	if err := os.WriteFile(ca, provider.CAPEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := listen(t.Context(), anyPort)
	if err != nil {
		t.Fatal(err)
	}
	m, err := startMeter(h, l, upstreamFlags{proxy: "none", ca: ca, connectTo: provider.ConnectTo()}, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	return m, func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := m.close(ctx); err != nil {
			t.Errorf("close: %v", err)
		}
	}
}

func shut(t *testing.T, c io.Closer) {
	t.Helper()
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

// echo is a server of no provider: it sends one line back and ends.
func echo(t *testing.T) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				var line [6]byte
				if _, err := io.ReadFull(c, line[:]); err == nil {
					_, _ = c.Write(line[:])
				}
			}()
		}
	}()
	return l.Addr().String()
}

func connect(t *testing.T, proxy, target string, use func(net.Conn)) {
	t.Helper()
	c, err := new(net.Dialer).DialContext(t.Context(), "tcp", proxy)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	const answer = "HTTP/1.1 200 Connection established\r\n\r\n"
	if _, err := io.WriteString(c, "CONNECT "+target+" HTTP/1.1\r\nHost: "+target+"\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len(answer))
	if _, err := io.ReadFull(c, got); err != nil || string(got) != answer {
		t.Fatalf("CONNECT %s: %q, %v", target, got, err)
	}
	use(c)
}

func roundTrip(t *testing.T, c net.Conn) {
	t.Helper()
	got := make([]byte, 6)
	if _, err := io.WriteString(c, "hello\n"); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(c, got); err != nil || string(got) != "hello\n" {
		t.Errorf("through the tunnel came %q, %v", got, err)
	}
}

// get asks through the proxy, or of the proxy itself; what comes back does not
// matter.
func get(t *testing.T, proxy, target string) {
	t.Helper()
	transport := &http.Transport{DisableKeepAlives: true}
	if !strings.Contains(target, proxy) {
		transport.Proxy = http.ProxyURL(&url.URL{Scheme: "http", Host: proxy})
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := (&http.Client{Transport: transport}).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
}
