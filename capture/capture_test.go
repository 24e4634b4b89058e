package capture

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/wiremeter/wiremeter/parsers"
	"github.com/wiremeter/wiremeter/usage"
)

// shelf is a recorder that keeps what it is given.
type shelf struct {
	records []usage.Record
	tallies []usage.Tally
}

func (s *shelf) Record(r usage.Record) { s.records = append(s.records, r) }
func (s *shelf) Tally(t usage.Tally)   { s.tallies = append(s.tallies, t) }

const (
	streamStart = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"model\":\"claude-opus-5\",\"usage\":{\"input_tokens\":12,\"output_tokens\":1}}}\n\n"
	streamEnd   = "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":210}}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"
)

// exchange is one that a test plays.
type exchange struct {
	method, host, path string
	header             usage.Header
	transport          usage.Transport
	request            []byte
	status             int // 0: no response
	response           usage.Header
	body               []byte
	end                error
	conn               usage.Conn
	run, labels        string
}

func (x exchange) play(t *testing.T, c *Capture, s *shelf) {
	t.Helper()
	head := usage.Exchange{StartedAt: time.Now(), Front: usage.Forward, Transport: x.transport, Method: "POST", Host: "api.anthropic.com", Path: "/v1/messages", Header: x.header, Conn: x.conn, Run: x.run, Labels: x.labels}
	if x.method != "" {
		head.Method = x.method
	}
	if x.host != "" {
		head.Host = x.host
	}
	if x.path != "" {
		head.Path = x.path
	}
	if head.Transport == "" {
		head.Transport = usage.HTTP1
	}
	e := c.Begin(head)
	e.Request(x.request)
	if x.status != 0 {
		e.Response(x.status, x.response)
		for chunk := range chunked(x.body, 1000) {
			e.Body(chunk)
		}
	}
	e.End(x.end)
	if err := c.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func chunked(p []byte, n int) func(func([]byte) bool) {
	return func(yield func([]byte) bool) {
		for len(p) > 0 {
			chunk := p[:min(n, len(p))]
			if p = p[len(chunk):]; !yield(chunk) {
				return
			}
		}
	}
}

var eventStream = usage.Header{"Content-Type": {"text/event-stream"}}

func gzipped(text string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(text)) // to memory
	_ = w.Close()
	return b.Bytes()
}

func coded(name string) usage.Header {
	return usage.Header{"Content-Type": {"text/event-stream"}, "Content-Encoding": {name}}
}

// TestOutcomes: every way for an exchange to end has its class and its reason.
func TestOutcomes(t *testing.T) {
	whole := []byte(streamStart + streamEnd)
	packed := gzipped(string(whole))
	for name, c := range map[string]struct {
		exchange
		want string
	}{
		"metered":                {exchange{status: 200, response: eventStream, body: whole}, "metered "},
		"gzip":                   {exchange{status: 200, response: coded("gzip"), body: packed}, "metered "},
		"the agent left late":    {exchange{status: 200, response: eventStream, body: whole, end: usage.AgentGone}, "metered "},
		"the agent left":         {exchange{status: 200, response: eventStream, body: []byte(streamStart), end: usage.AgentGone}, "interrupted agent_gone"},
		"the agent left at once": {exchange{end: usage.AgentGone}, "interrupted agent_gone"},
		"cut":                    {exchange{status: 200, response: eventStream, body: []byte(streamStart), end: usage.UpstreamCut}, "interrupted upstream_cut"},
		"ended too early":        {exchange{status: 200, response: eventStream, body: []byte(streamStart)}, "interrupted upstream_cut"},
		"cut gzip":               {exchange{status: 200, response: coded("gzip"), body: packed[:len(packed)-20], end: usage.UpstreamCut}, "interrupted upstream_cut"},
		"malformed gzip":         {exchange{status: 200, response: coded("gzip"), body: []byte(strings.Repeat("no gzip", 100))}, "unparsed undecodable"},
		"a wrong checksum":       {exchange{status: 200, response: coded("gzip"), body: append(append([]byte(nil), packed[:len(packed)-8]...), 1, 2, 3, 4, 5, 6, 7, 8)}, "metered "},
		"unknown coding":         {exchange{status: 200, response: coded("lzw"), body: whole}, "unparsed undecodable"},
		"no JSON at all":         {exchange{status: 200, response: usage.Header{"Content-Type": {"application/json"}}, body: []byte("<html>")}, "unparsed not_understood"},
		"refused":                {exchange{status: 529, response: usage.Header{"Content-Type": {"application/json"}}, body: []byte(`{"type":"error","error":{"type":"overloaded_error","message":"x"}}`)}, "failed overloaded_error"},
		"refused without a word": {exchange{status: 502}, "failed http_502"},
		"unreachable":            {exchange{end: usage.UpstreamUnreachable}, "failed upstream_unreachable"},
		"a websocket":            {exchange{host: "api.openai.com", path: "/v1/responses", method: "GET", transport: usage.WebSocket, status: 101, body: []byte("frames")}, "unparsed not_understood"},
		"an unread websocket":    {exchange{host: "api.openai.com", path: "/v1/live/sessions/s", method: "GET", transport: usage.WebSocket, status: 101, body: []byte("frames")}, "unparsed websocket"},
		"a refused websocket":    {exchange{host: "api.openai.com", path: "/v1/responses", method: "GET", transport: usage.WebSocket, status: 426}, "failed http_426"},
		"counting":               {exchange{path: "/v1/messages/count_tokens", status: 200, body: []byte(`{"input_tokens":9}`)}, "not_billable count_tokens"},
		"a gateway's cache":      {exchange{host: "gateway.ai.cloudflare.com", path: "/v1/a/g/anthropic/v1/messages", status: 200, response: usage.Header{"Cf-Aig-Cache-Status": {"HIT"}}, body: whole}, "not_billable gateway_cache"},
		"a stranger":             {exchange{host: "example.com", path: "/v1/messages/1", status: 200, body: whole}, "tunnelled no_provider"},
		"a stranger's model":     {exchange{host: "example.com", status: 200, response: eventStream, body: whole}, "metered "},
		"a stranger's other API": {exchange{host: "example.com", path: "/api/chat", status: 200, body: []byte(`{"reply":"hi"}`)}, "tunnelled no_provider"},
		"a stranger who refuses": {exchange{host: "example.com", path: "/api/chat", status: 404}, "tunnelled no_provider"},
	} {
		t.Run(name, func(t *testing.T) {
			s := new(shelf)
			c.play(t, New(s, zerolog.Nop()), s)
			got := make([]string, 0, 1)
			for _, r := range s.records {
				got = append(got, fmt.Sprintf("%s %s", r.Outcome, r.Reason))
			}
			for _, y := range s.tallies {
				got = append(got, fmt.Sprintf("%s %s", y.Outcome, y.Reason))
			}
			if len(got) != 1 || got[0] != c.want {
				t.Errorf("got %q, want %q once", got, c.want)
			}
		})
	}
}

// faulty is a reader that does what parsers must not.
type faulty struct{ write func() }

func (f faulty) Write([]byte)                           { f.write() }
func (f faulty) Close() (usage.Response, parsers.State) { return usage.Response{}, parsers.Complete }
func (f faulty) IsStream() bool                         { return true }

// TestFaultyParser: a parser that panics, or does not come back in time, is let
// go of; what follows is only counted.
func TestFaultyParser(t *testing.T) {
	for want, write := range map[string]func(){
		"parser_panic":    func() { panic("a prompt, perhaps") },
		"budget_exceeded": func() { <-time.After(baseBudget + 100*time.Millisecond) },
	} {
		t.Run(want, func(t *testing.T) {
			var log bytes.Buffer
			s := new(shelf)
			c := New(s, zerolog.New(&log))
			calls := 0
			c.newReader = func(parsers.Route, parsers.Request, usage.Header, func(usage.Response)) reader {
				return faulty{func() { calls++; write() }}
			}
			exchange{status: 200, response: eventStream, body: bytes.Repeat([]byte("x"), 5000)}.play(t, c, s)
			if len(s.records) != 1 || s.records[0].Outcome != usage.Unparsed || s.records[0].Reason != want {
				t.Errorf("got %+v, want one unparsed record: %s", s.records, want)
			}
			if calls != 1 || s.records[0].ResponseBytes != 5000 {
				t.Errorf("the parser was called %d times, %d bytes were counted", calls, s.records[0].ResponseBytes)
			}
			if strings.Contains(log.String(), "prompt") {
				t.Errorf("the log holds what the parser panicked with: %s", &log)
			}
		})
	}
}

// TestSlowDecoder: a coded body that nobody decodes holds the traffic up once,
// for a moment, and is then only counted.
func TestSlowDecoder(t *testing.T) {
	s := new(shelf)
	c := New(s, zerolog.Nop())
	release := make(chan struct{})
	c.newReader = func(parsers.Route, parsers.Request, usage.Header, func(usage.Response)) reader {
		return faulty{func() { <-release }}
	}
	e := c.Begin(usage.Exchange{StartedAt: time.Now(), Front: usage.Forward, Transport: usage.HTTP1, Method: "POST", Host: "api.anthropic.com", Path: "/v1/messages"})
	e.Response(200, usage.Header{"Content-Encoding": {"identity"}})
	started := time.Now()
	const size = 4 << 20
	for chunk := range chunked(make([]byte, size), chunkSize) {
		e.Body(chunk)
	}
	if took := time.Since(started); took < maxWait || took > 10*maxWait {
		t.Errorf("the traffic waited %v, want %v once", took, maxWait)
	}
	e.End(nil)
	close(release)
	if err := c.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(s.records) != 1 || s.records[0].ResponseBytes != size || s.records[0].Reason != "decoder_too_slow" {
		t.Errorf("got %+v", s.records)
	}
}

// TestWait: it waits for what has ended, not for what goes on.
func TestWait(t *testing.T) {
	s := new(shelf)
	c := New(s, zerolog.Nop())
	open := begin(c)
	open.Response(200, coded("gzip")) // somebody else's, that takes its time
	ended := begin(c)
	ended.Response(200, coded("gzip"))
	ended.Body(gzipped(streamStart + streamEnd))
	ended.End(nil)
	if err := c.Wait(t.Context()); err != nil || len(s.records) != 1 {
		t.Errorf("%d records, %v", len(s.records), err)
	}
	open.End(usage.AgentGone)
	if err := c.Wait(t.Context()); err != nil || len(s.records) != 2 {
		t.Errorf("%d records, %v", len(s.records), err)
	}
}
