package capture

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/rs/zerolog"

	"github.com/wiremeter/wiremeter/parsers"
	"github.com/wiremeter/wiremeter/usage"
)

func vector(t *testing.T, name string) []byte {
	t.Helper()
	p, err := os.ReadFile(filepath.Join("..", "parsers", "dialect", "testdata", "cursor", name))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// envelopes are those made by hand.
func envelopes(t *testing.T) map[string][]byte {
	t.Helper()
	var all map[string]string
	if err := json.Unmarshal(vector(t, "envelopes.json"), &all); err != nil {
		t.Fatal(err)
	}
	decoded := make(map[string][]byte)
	for name, s := range all {
		p, err := hex.DecodeString(s)
		if err != nil {
			t.Fatal(err)
		}
		decoded[name] = p
	}
	return decoded
}

// brotlied codes each envelope of a body that is not coded.
func brotlied(t *testing.T, body []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	for len(body) > 0 {
		size := binary.BigEndian.Uint32(body[1:])
		var b bytes.Buffer
		w := brotli.NewWriter(&b)
		if _, err := w.Write(body[5 : 5+size]); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		out.WriteByte(body[0] | 1)
		_ = binary.Write(&out, binary.BigEndian, uint32(b.Len())) // to memory
		out.Write(b.Bytes())
		body = body[5+size:]
	}
	return out.Bytes()
}

const (
	runID    = "5cbb0874-807e-495e-b64d-17b6cf4a5a79"
	runSSEID = "18f24f1f-2c32-4260-bef4-ea7f8f16d550"
	secret   = "no-one-may-keep-this"
)

// asked are the headers of an agent's request.
func asked(id, contentType string) usage.Header {
	return usage.Header{
		"Authorization": {"Bearer " + secret}, "X-Blob-Encryption-Key": {secret}, "X-Client-Key": {secret}, "X-Cursor-Checksum": {secret},
		"Content-Type": {contentType}, "User-Agent": {"connect-es/1.6.1"}, "X-Request-Id": {id}, "X-Original-Request-Id": {id},
		"X-Cursor-Client-Type": {"sdk"}, "X-Cursor-Client-Version": {"sdk-1.0.32"},
	}
}

const inConnect = "application/connect+proto"

func answeredIn(coding, contentType string) usage.Header {
	h := usage.Header{"Content-Type": {contentType}}
	if coding != "" {
		h["Connect-Content-Encoding"] = []string{coding}
	}
	return h
}

// beginCursor opens an exchange of an agent of Cursor's.
func beginCursor(c *Capture, method string, h usage.Header) *Exchange {
	return c.Begin(usage.Exchange{StartedAt: time.Now(), Front: usage.Forward, Transport: usage.HTTP2, Method: "POST", Host: "api2.cursor.sh", Path: "/" + method, Header: h})
}

const (
	methodRun    = "agent.v1.AgentService/Run"
	methodRunSSE = "agent.v1.AgentService/RunSSE"
	methodAppend = "aiserver.v1.BidiService/BidiAppend"
)

func count(n int64) *int64 { return &n }

// wantRun is the record of the vectors' turn, but for what differs.
func wantRun(path, id, session string) usage.Record {
	return usage.Record{
		Outcome: usage.Metered, Front: usage.Forward, Provider: "cursor", Dialect: "cursor", Host: "api2.cursor.sh", Path: "/" + path,
		Status: 200, Streamed: true, Transport: usage.HTTP2, Kind: usage.Model,
		Attribution: usage.Attribution{
			Agent: "cursor-sdk", AgentVersion: "sdk-1.0.32", UserAgent: "connect-es/1.6.1", SessionID: session, Plan: usage.Subscription,
			TurnID: id, Purpose: usage.Main,
			Sources: map[usage.Dimension]usage.Source{usage.ByAgent: usage.FromWire, usage.BySession: usage.FromWire},
		},
		ModelRequested: "claude-4.5-sonnet", RequestID: id, GroupID: id, ParserVersion: parsers.Version,
		Response: usage.Response{
			Model: "claude-4.5-sonnet", Rule: usage.Inclusive,
			Tokens: usage.Tokens{Input: count(19947), CacheRead: count(10122), CacheWriteOther: count(7786), Output: count(2981), Reasoning: count(1826)},
			Raw:    []byte(`{"turn_ended":{"input_tokens":37855,"output_tokens":2981,"cache_read_tokens":10122,"cache_write_tokens":7786,"reasoning_tokens":1826}}`),
		},
	}
}

// lasting is a record without what differs each time.
func lasting(r usage.Record) usage.Record {
	r.ID, r.StartedAt, r.Duration, r.TTFT, r.RequestBytes, r.ResponseBytes = "", time.Time{}, 0, 0, 0, 0
	return r
}

func checkOne(t *testing.T, s *shelf, want usage.Record) {
	t.Helper()
	if len(s.records) != 1 || !reflect.DeepEqual(lasting(s.records[0]), want) {
		t.Errorf("got  %+v\nwant %+v", s.records, want)
	}
	if text := fmt.Sprintf("%+v", s); strings.Contains(text, secret) {
		t.Errorf("a secret was kept: %s", text)
	}
}

func TestCursorRun(t *testing.T) {
	request, plain := vector(t, "run_request.bin"), vector(t, "run_response.bin")
	want := wantRun(methodRun, runID, "agent-7e900f52-d826-43f0-bb56-aab2331c7708")
	for coding, body := range map[string][]byte{"": plain, "gzip": vector(t, "runsse_gzip_response.bin"), "br": brotlied(t, plain)} {
		for _, size := range []int{1, 7, 4096} {
			s := new(shelf)
			c := New(s, zerolog.Nop())
			e := beginCursor(c, methodRun, asked(runID, inConnect))
			for p := range chunked(request, size) {
				e.Request(p)
			}
			e.Response(200, answeredIn(coding, inConnect))
			for p := range chunked(body, size) {
				e.Body(p)
			}
			e.End(nil)
			checkOne(t, s, want)
			if r := s.records[0]; r.RequestBytes != int64(len(request)) || r.ResponseBytes != int64(len(body)) || r.TTFT <= 0 || r.Duration < r.TTFT {
				t.Errorf("%q in pieces of %d: %d and %d bytes, %v, %v", coding, size, r.RequestBytes, r.ResponseBytes, r.TTFT, r.Duration)
			}
			e.Request([]byte("late")) // its half is open for longer than the response
			if c.Turns() != 0 {
				t.Errorf("turns beyond the first: %d", c.Turns())
			}
		}
	}
}

// TestCursorSplit: what an agent on HTTP/1.1 asks for comes in exchanges of its
// own, before, during or after the other's beginning, and in any order.
func TestCursorSplit(t *testing.T) {
	piece, body := vector(t, "bidiappend_request.bin"), vector(t, "runsse_gzip_response.bin")
	want := wantRun(methodRunSSE, runSSEID, "agent-d02af5e6-1d67-48b7-8052-aba9921c9479")
	for when := range 4 {
		for _, length := range []string{"", fmt.Sprint(len(piece))} {
			s := new(shelf)
			c := New(s, zerolog.Nop())
			tell := func(now int) {
				if now != when {
					return
				}
				h := asked(runSSEID, "application/proto")
				if length != "" {
					h["Content-Length"] = []string{length}
				}
				heartbeat := beginCursor(c, methodAppend, asked(runSSEID, "application/proto"))
				heartbeat.Request(joined(field(1, []byte("3a00")), field(2, field(1, []byte(runSSEID))), []byte{3 << 3, 1}))
				heartbeat.Response(200, nil)
				e := beginCursor(c, methodAppend, h)
				for p := range chunked(piece, 100) {
					e.Request(p)
				}
				if length == "" {
					e.Response(200, nil)
				}
				heartbeat.End(nil)
				defer e.End(nil) // may come late: the piece was whole
			}
			tell(0)
			e := beginCursor(c, methodRunSSE, asked(runSSEID, inConnect))
			tell(1)
			e.Request(vector(t, "runsse_request.bin"))
			e.Response(200, answeredIn("gzip", "text/event-stream"))
			tell(2)
			e.Body(body[:len(body)/2])
			e.Body(body[len(body)/2:])
			tell(3)
			e.End(nil)
			checkOne(t, s, want)
			if len(s.tallies) != 2 || s.tallies[0].Reason != "request_half" {
				t.Errorf("got tallies %+v", s.tallies)
			}
			if n := len(c.halves.known) + c.halves.order.Len() + c.halves.held; n != 0 {
				t.Errorf("%d is left behind", n)
			}
		}
	}
}

// TestCursorSplitByBody: without the header the ids in the bodies join the two.
func TestCursorSplitByBody(t *testing.T) {
	s := new(shelf)
	c := New(s, zerolog.Nop())
	without := func(contentType string) usage.Header {
		h := asked("", contentType)
		delete(h, "X-Request-Id")
		delete(h, "X-Original-Request-Id")
		return h
	}
	e := beginCursor(c, methodRunSSE, without(inConnect))
	e.Request(vector(t, "runsse_request.bin"))
	e.Response(200, answeredIn("gzip", "text/event-stream"))
	half := beginCursor(c, methodAppend, without("application/proto"))
	half.Request(vector(t, "bidiappend_request.bin"))
	half.Response(200, nil)
	half.End(nil)
	e.Body(vector(t, "runsse_gzip_response.bin"))
	e.End(nil)
	checkOne(t, s, wantRun(methodRunSSE, runSSEID, "agent-d02af5e6-1d67-48b7-8052-aba9921c9479"))
}

// TestCursorCutAnywhere: one record, of the whole turn or of the least of it.
func TestCursorCutAnywhere(t *testing.T) {
	request, body := vector(t, "run_request.bin"), vector(t, "run_response.bin")
	whole := false
	for at := range len(body) + 1 {
		s := new(shelf)
		e := beginCursor(New(s, zerolog.Nop()), methodRun, asked(runID, inConnect))
		e.Request(request)
		e.Response(200, answeredIn("", inConnect))
		e.Body(body[:at])
		e.End(usage.AgentGone)
		if len(s.records) != 1 {
			t.Fatalf("cut at %d: %d records", at, len(s.records))
		}
		switch r := s.records[0]; {
		case r.Outcome == usage.Metered && *r.Tokens.Input == 19947:
			whole = true
		case whole, r.Outcome != usage.Interrupted, r.Reason != "agent_gone", r.Tokens.Input != nil, (r.Tokens.Output != nil) != (r.Rule == usage.LowerBound):
			t.Fatalf("cut at %d: got %+v", at, r)
		}
	}
	if !whole {
		t.Error("no turn was whole")
	}
}

func TestCursorOutcomes(t *testing.T) {
	h := envelopes(t)
	failed := []byte("\x02\x00\x00\x00\x29" + `{"error":{"code":"permission_denied"}}   `)
	end := h["A.eos"]
	for name, c := range map[string]struct {
		status int
		body   []byte
		end    error
		want   string
	}{
		"no response":               {0, nil, usage.UpstreamUnreachable, "failed upstream_unreachable"},
		"left at once":              {0, nil, usage.AgentGone, "interrupted agent_gone"},
		"refused":                   {464, []byte(`{"code":"unauthenticated"}`), nil, "failed http_464"},
		"refused in the stream":     {200, failed, nil, "failed permission_denied"},
		"nothing":                   {200, nil, nil, "interrupted upstream_cut"},
		"only an end":               {200, end, nil, "no_usage no_usage_sent"},
		"ended before its turn did": {200, joined(h["A.text_delta"], end), nil, "interrupted upstream_cut"},
		"no counts":                 {200, joined(h["A.text_delta"], h["G.empty_turn_ended"], end), nil, "no_usage no_usage_sent"},
		"no counts, left":           {200, joined(h["A.text_delta"], h["G.empty_turn_ended"]), usage.AgentGone, "no_usage no_usage_sent"},
		"a page":                    {200, []byte("<html>"), nil, "unparsed not_understood"},
		"a coding that is not said": {200, []byte("\x01\x00\x00\x00\x02xx"), nil, "unparsed not_understood"},
	} {
		s := new(shelf)
		e := beginCursor(New(s, zerolog.Nop()), methodRun, asked(runID, inConnect))
		if c.status != 0 {
			e.Response(c.status, answeredIn("", inConnect))
			e.Body(c.body)
		}
		e.End(c.end)
		if len(s.records) != 1 || len(s.tallies) != 0 || fmt.Sprintf("%s %s", s.records[0].Outcome, s.records[0].Reason) != c.want {
			t.Errorf("%s: got %+v, %+v, want %s", name, s.records, s.tallies, c.want)
		}
	}
}

// TestCursorTurns: each turn of a stream is a record, with what is said of it
// behind its end; their bytes are the exchange's.
func TestCursorTurns(t *testing.T) {
	h := envelopes(t)
	body := joined(h["A.text_delta"], h["A.turn_ended"], h["F"], h["A.checkpoint"], h["A.text_delta"], h["A.token_delta"], h["G.zero_cache"], h["A.text_delta"], h["A.token_delta"])
	for _, size := range []int{1, len(body)} {
		s := new(shelf)
		c := New(s, zerolog.Nop())
		e := beginCursor(c, methodRun, asked(runID, inConnect))
		e.Response(200, answeredIn("", inConnect))
		for p := range chunked(body, size) {
			e.Body(p)
		}
		e.End(usage.UpstreamCut)
		var got []string
		var received int64
		for _, r := range s.records {
			got = append(got, fmt.Sprintf("%s %s %s %s %s", r.Outcome, r.Rule, r.StopReason, r.Model, r.RequestID))
			received += r.ResponseBytes
		}
		want := []string{"metered inclusive completed claude-4.5-sonnet " + runID, "metered    " + runID, "interrupted lower_bound   " + runID}
		if !reflect.DeepEqual(got, want) || received != int64(len(body)) || c.Turns() != 2 {
			t.Errorf("in pieces of %d: got %q, %d bytes, %d turns more", size, got, received, c.Turns())
		}
	}
}

// TestCursorRequestKinds: what the request says of itself, and what it does not.
func TestCursorRequestKinds(t *testing.T) {
	h := envelopes(t)
	model := func(id string) []byte { return field(9, field(1, []byte(id))) }
	in := func(message []byte) []byte {
		return append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(message))), message...)
	}
	for name, c := range map[string]struct {
		request, body []byte
		want          string
	}{
		"auto":        {in(field(1, model("default"))), h["A"], "model default  metered"},
		"a summary":   {in(field(1, joined(field(2, field(4, nil)), model("m")))), h["A"], "compact m m metered"},
		"of auto":     {in(field(1, joined(field(2, field(4, nil)), model("default")))), h["A"], "compact default  metered"},
		"warmed":      {in(field(8, model("m"))), h["A.eos"], "prewarm m  no_usage"},
		"warmed, ran": {in(field(8, model("m"))), h["A"], "model m m metered"},
		"unread":      {nil, h["A"], "model   metered"},
	} {
		s := new(shelf)
		e := beginCursor(New(s, zerolog.Nop()), methodRun, asked(runID, inConnect))
		e.Request(c.request)
		e.Response(200, answeredIn("", inConnect))
		e.Body(c.body)
		e.End(nil)
		r := s.records[0]
		if got := fmt.Sprintf("%s %s %s %s", r.Kind, r.ModelRequested, r.Model, r.Outcome); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

// TestCursorKin: who asked, on whose behalf, and which attempt of what.
func TestCursorKin(t *testing.T) {
	text := func(n byte, s string) []byte { return field(n, []byte(s)) }
	runOf := func(fields ...[]byte) []byte { return field(1, joined(fields...)) }
	const runField = 25
	named := append([]byte{runField<<3&0x7f | 2 | 0x80, runField >> 4, 5}, "run-1"...)
	grouped := append([]byte{0x82, 1, 6}, "parent"...)
	for name, c := range map[string]struct {
		run     []byte
		headers map[string]string
		want    string // session, parent, subagent, turn, purpose, group, request
	}{
		"a turn":                {runOf(text(5, "c")), nil, "c - - first main first second"},
		"by the body's run":     {runOf(text(5, "c"), named), map[string]string{"X-Original-Request-Id": ""}, "c - - run-1 main run-1 second"},
		"resumed":               {runOf(text(5, "c"), field(2, field(2, nil))), nil, "c - - first main first second"},
		"the SDK's subagent":    {runOf(text(5, "c"), text(11, "explore"), grouped), nil, "c parent c first subagent first second"},
		"grouped with itself":   {runOf(text(5, "parent"), text(11, "explore"), grouped), nil, "parent - parent first subagent first second"},
		"no subagent":           {runOf(text(5, "c"), grouped), nil, "c - - first main first second"},
		"the CLI's subagent":    {runOf(text(5, "c")), map[string]string{"X-Parent-Request-Id": "p", "X-Root-Parent-Request-Id": "root", "X-Parent-Agent-Tool-Call-Id": "call"}, "c - call root subagent first second"},
		"of one":                {runOf(text(5, "c")), map[string]string{"X-Parent-Request-Id": "p"}, "c - c p subagent first second"},
		"an id with text in it": {runOf(text(5, "c")), map[string]string{"X-Root-Parent-Request-Id": "a b"}, "c - - first main first second"},
		"a subagent's summary":  {runOf(text(5, "c"), text(11, "x"), field(2, field(4, nil))), nil, "c - c first compaction first second"},
		"warmed":                {field(8, text(2, "c")), nil, "c - - first warmup first second"},
	} {
		h := asked("second", inConnect)
		h["X-Original-Request-Id"] = []string{"first"}
		for name, value := range c.headers {
			h[name] = []string{value}
		}
		s := new(shelf)
		e := beginCursor(New(s, zerolog.Nop()), methodRun, h)
		e.Request(append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(c.run))), c.run...))
		e.Response(200, answeredIn("", inConnect))
		e.Body(envelopes(t)["A.eos"])
		e.End(nil)
		r := s.records[0]
		got := []string{r.SessionID, r.ParentSessionID, r.SubagentID, r.TurnID, string(r.Purpose), r.GroupID, r.RequestID}
		for i := range got {
			got[i] = cmp.Or(got[i], "-")
		}
		if got := strings.Join(got, " "); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

// TestCursorConversation: what is told again has the id that it had, so that it
// counts once; what has not ended is no record.
func TestCursorConversation(t *testing.T) {
	tell := func(key string, update []byte) []byte {
		m := field(4, joined(field(1, []byte(key)), field(2, update)))
		return append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(m))), m...)
	}
	ended := field(14, []byte{8, 10, 16, 5})
	body := joined(tell("1-0", field(1, nil)), tell("2-0", ended), tell("3-0", field(1, nil)))
	s := new(shelf)
	c := New(s, zerolog.Nop())
	for range 2 {
		e := beginCursor(c, "aiserver.v1.BackgroundComposerService/StreamConversation", asked("r", inConnect))
		e.Response(200, answeredIn("", inConnect))
		e.Body(body)
		e.End(usage.AgentGone)
	}
	if len(s.records) != 2 || len(s.tallies) != 2 {
		t.Fatalf("got %+v", s)
	}
	for i, r := range s.records {
		if !r.IsFetch || r.Response.ID != "2-0:10:5:0:0:0" || r.Outcome != usage.Metered || s.tallies[i].Reason != "poll" {
			t.Errorf("got %+v, %+v", r, s.tallies[i])
		}
	}
}

// TestCursorSocket: a WebSocket whose messages are those of the streams leaves the
// record of a stream; another says how large its messages were, and nothing of them.
func TestCursorSocket(t *testing.T) {
	frame := func(body []byte, mask byte) []byte {
		p := []byte{0x82, mask | 126, byte(len(body) >> 8), byte(len(body))}
		if mask != 0 {
			p = append(p, 0, 0, 0, 0)
		}
		return append(p, body...)
	}
	play := func(request, response []byte) usage.Record {
		s := new(shelf)
		e := New(s, zerolog.Nop()).Begin(usage.Exchange{
			StartedAt: time.Now(), Front: usage.Forward, Transport: usage.WebSocket, Method: "GET", Host: "api2.cursor.sh", Path: "/agent/v1/run", Header: asked(runID, ""),
		})
		e.Response(101, usage.Header{})
		e.Request(request)
		e.Body(response)
		e.End(nil)
		if len(s.records) != 1 {
			t.Fatalf("got %+v", s)
		}
		return s.records[0]
	}
	ended := field(1, field(14, []byte{8, 10, 16, 5}))
	r := play(frame(vector(t, "run_request.bin")[5:], 0x80), frame(ended, 0))
	if r.Outcome != usage.Metered || r.Model != "claude-4.5-sonnet" || r.GroupID != runID || *r.Tokens.Input != 10 || *r.Tokens.Output != 5 || r.Dialect != "cursor_socket" || r.Transport != usage.WebSocket {
		t.Errorf("got %+v", r)
	}
	r = play(frame([]byte("\xffsecret-of-mine"), 0x80), frame([]byte("secret"), 0))
	if want := `{"frames":{"agent":[15],"provider":[6]}}`; r.Outcome != usage.Unparsed || string(r.Raw) != want {
		t.Errorf("got %s %s, want %s", r.Outcome, r.Raw, want)
	}
}

// TestCursorBothWays: an agent sends while its provider answers, in many
// exchanges at once.
func TestCursorBothWays(t *testing.T) {
	request, body := vector(t, "run_request.bin"), vector(t, "run_response.bin")
	piece := vector(t, "bidiappend_request.bin")
	s := new(shelf)
	c := New(&locked{Recorder: s}, zerolog.Nop())
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			e := beginCursor(c, methodRun, asked(runID, inConnect))
			var agent sync.WaitGroup
			agent.Go(func() {
				for range 20 {
					e.Request(request)
					half := beginCursor(c, methodAppend, asked(runSSEID, "application/proto"))
					half.Request(piece)
					half.Response(200, nil)
					half.End(nil)
				}
			})
			e.Response(200, answeredIn("", inConnect))
			for p := range chunked(body, 10) {
				e.Body(p)
			}
			e.End(nil)
			agent.Wait()
		})
	}
	all.Wait()
	if len(s.records) != 8 {
		t.Errorf("%d records", len(s.records))
	}
}

// locked is a recorder for many.
type locked struct {
	Recorder
	mu sync.Mutex
}

func (l *locked) Record(r usage.Record) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.Recorder.Record(r)
}

func (l *locked) Tally(t usage.Tally) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.Recorder.Tally(t)
}

func field(n byte, message []byte) []byte {
	return append(binary.AppendUvarint([]byte{n<<3 | 2}, uint64(len(message))), message...)
}

func joined(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
