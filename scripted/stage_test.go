package scripted_test

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/wiremeter/wiremeter/capture"
	"github.com/wiremeter/wiremeter/scripted"
	"github.com/wiremeter/wiremeter/usage"
)

// call is what an agent asks.
type call struct {
	method, url, body string // POST if empty
	header            http.Header
}

const (
	anthropic   = "https://api.anthropic.com/v1/messages"
	openai      = "https://api.openai.com/v1/"
	codex       = "https://chatgpt.com/backend-api/codex/responses"
	gemini      = "https://generativelanguage.googleapis.com/v1beta/models/gemini-3-pro:"
	codeAssist  = "https://cloudcode-pa.googleapis.com/v1internal:"
	document    = `{"model":"m-1"}`
	stream      = `{"model":"m-1","stream":true}`
	usageStream = `{"model":"m-1","stream":true,"stream_options":{"include_usage":true}}`
)

// heard is what came back: as much of the body as there was, and what ended it.
type heard struct {
	*http.Response
	body []byte
	err  error
}

func open(t *testing.T, o scripted.Options) *scripted.Provider {
	t.Helper()
	p, err := scripted.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// agentOf trusts the provider and finds it under all of its names.
func agentOf(t *testing.T, p *scripted.Provider, isH2 bool) *http.Client {
	t.Helper()
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(p.CAPEM()) {
		t.Fatal("the authority is no PEM")
	}
	places := make(map[string]string)
	for _, c := range p.ConnectTo() {
		host, rest, _ := strings.Cut(c, ":")
		port, addr, _ := strings.Cut(rest, ":")
		places[net.JoinHostPort(host, port)] = addr
	}
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: isH2, DisableCompression: true,
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, places[addr])
		},
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func (c call) request(t *testing.T) *http.Request {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, cmp.Or(c.method, http.MethodPost), c.url, strings.NewReader(c.body))
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range c.header {
		r.Header[name] = values
	}
	return r
}

func (c call) ask(t *testing.T, agent *http.Client) heard {
	t.Helper()
	resp, err := agent.Do(c.request(t))
	if err != nil {
		t.Fatalf("%s: %v", c.url, err)
	}
	defer resp.Body.Close()
	h := heard{Response: resp}
	h.body, h.err = io.ReadAll(resp.Body)
	return h
}

// shelf keeps what capture makes of what it hears.
type shelf struct {
	records []usage.Record
	tallies []usage.Tally
}

func (s *shelf) Record(r usage.Record) { s.records = append(s.records, r) }
func (s *shelf) Tally(t usage.Tally)   { s.tallies = append(s.tallies, t) }

// metered lets wiremeter's own capture and parsers read the exchange.
func (h heard) metered(c call) *shelf {
	r := h.Request
	x := usage.Exchange{
		StartedAt: time.Now(), Front: usage.Forward, Transport: usage.HTTP1, Method: r.Method,
		Host: r.URL.Hostname(), Path: r.URL.Path, Header: usage.Header(r.Header),
	}
	s := &shelf{}
	hearing := capture.New(s, zerolog.Nop())
	e := hearing.Begin(x)
	e.Request([]byte(c.body))
	e.Response(h.StatusCode, usage.Header(h.Header))
	e.Body(h.body)
	var fault error
	if h.err != nil {
		fault = usage.UpstreamCut
	}
	e.End(fault)
	_ = hearing.Wait(context.Background()) // which does not end
	return s
}

func lastOf(t *testing.T, p *scripted.Provider) scripted.Entry {
	t.Helper()
	ledger := p.Ledger()
	if len(ledger) == 0 {
		t.Fatal("the ledger is empty")
	}
	return ledger[len(ledger)-1]
}

func text(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
