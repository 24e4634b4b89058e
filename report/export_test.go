package report

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/wiremeter/wiremeter/store/sqlite"
	"github.com/wiremeter/wiremeter/usage"
)

func exported(t *testing.T, r *sqlite.Reader, w Query) string {
	t.Helper()
	return written(t, func(out io.Writer) error { return Export(t.Context(), out, r, w) })
}

// everything is a record in which nothing is unknown.
func everything() usage.Record {
	return usage.Record{
		ID: "01M87R2ZC4577YCZD0TRXP3CAW", StartedAt: at("2026-11-24T22:41:14.2441+01:00"), Outcome: usage.Metered, Reason: "total_contradicts_counts",
		Front: usage.Reverse, Provider: "anthropic", Dialect: "messages", Host: "api.anthropic.com", Path: "/v1/messages",
		Status: 200, Streamed: true, Transport: usage.HTTP2, Kind: usage.Compact,
		Attribution:    usage.Attribution{Run: "run-1", Agent: "claude-code", AgentVersion: "2.1", UserAgent: "claude-cli/2.1 <x&y>", SessionID: "s1"},
		ModelRequested: "opus", RequestID: "req_1", GroupID: "group_1",
		Response: usage.Response{
			ID: "msg_1", Model: "claude-opus-5", ServiceTier: "standard", StopReason: "end_turn",
			Tokens:     usage.Tokens{Input: n(1), CacheRead: n(2), CacheWrite5m: n(3), CacheWrite1h: n(4), CacheWriteOther: n(0), Output: n(6), Reasoning: n(7)},
			Raw:        []byte("{\"input_tokens\": 1.0e0,\n \"x\": \"<&>\"}"),
			Parts:      []usage.Part{{Role: "advisor", Model: "haiku", Tokens: usage.Tokens{Input: n(10), Output: n(0)}}, {Role: "compaction"}},
			IsDoubtful: true, Rule: usage.Exclusive,
		},
		TTFT: 300 * time.Millisecond, Duration: 2 * time.Second, RequestBytes: 10, ResponseBytes: 20, ParserVersion: 3,
	}
}

const everythingLine = `{"schema_version":1,"id":"01M87R2ZC4577YCZD0TRXP3CAW","started_at":"2026-11-24T21:41:14.244Z","outcome":"metered","reason":"total_contradicts_counts",` +
	`"front":"reverse","provider":"anthropic","dialect":"messages","host":"api.anthropic.com","path":"/v1/messages","status":200,"streamed":true,"transport":"h2",` +
	`"agent":"claude-code","agent_version":"2.1","user_agent":"claude-cli/2.1 <x&y>","session_id":"s1","model_requested":"opus","model":"claude-opus-5","response_id":"msg_1","request_id":"req_1",` +
	`"input":1,"cache_read":2,"cache_write_5m":3,"cache_write_1h":4,"cache_write_other":0,"output":6,"reasoning":7,"service_tier":"standard","stop_reason":"end_turn",` +
	`"ttft_ms":300,"duration_ms":2000,"request_bytes":10,"response_bytes":20,"kind":"compact","usage_raw":{"input_tokens":1.0e0,"x":"<&>"},"run":"run-1",` +
	`"parts":[{"role":"advisor","model":"haiku","tokens":{"input":10,"cache_read":null,"cache_write_5m":null,"cache_write_1h":null,"cache_write_other":null,"output":0,"reasoning":null}},` +
	`{"role":"compaction","tokens":{"input":null,"cache_read":null,"cache_write_5m":null,"cache_write_1h":null,"cache_write_other":null,"output":null,"reasoning":null}}],` +
	`"is_doubtful":true,"parser_version":3,"group_id":"group_1","rule":"exclusive","reported_cost":null,"speed":null,"geo":null,"web_searches":null,"hop":null,"purpose":null,"parent_session_id":null,"subagent_id":null,"turn_id":null,"user":null,"team":null,"project":null,"repository":null,"branch":null,"commit":null,"dir":null,"machine":null,"plan":null,"sources":null,"conflicts":null,"retries":null,"cost":null,"cost_source":null,"cost_reason":"unknown_model","cost_at_least":false}` + "\n"

const bareLine = `{"schema_version":1,"id":"0","started_at":"2026-11-24T00:00:00.000Z","outcome":"failed","reason":null,` +
	`"front":null,"provider":null,"dialect":null,"host":null,"path":null,"status":null,"streamed":false,"transport":null,` +
	`"agent":null,"agent_version":null,"user_agent":null,"session_id":null,"model_requested":null,"model":null,"response_id":null,"request_id":null,` +
	`"input":null,"cache_read":null,"cache_write_5m":null,"cache_write_1h":null,"cache_write_other":null,"output":null,"reasoning":null,"service_tier":null,"stop_reason":null,` +
	`"ttft_ms":null,"duration_ms":0,"request_bytes":0,"response_bytes":0,"kind":null,"usage_raw":null,"run":null,"parts":null,"is_doubtful":false,"parser_version":null,"group_id":null,"rule":null,"reported_cost":null,"speed":null,"geo":null,"web_searches":null,"hop":null,"purpose":null,"parent_session_id":null,"subagent_id":null,"turn_id":null,"user":null,"team":null,"project":null,"repository":null,"branch":null,"commit":null,"dir":null,"machine":null,"plan":null,"sources":null,"conflicts":null,"retries":null,"cost":null,"cost_source":null,"cost_reason":"no_counts","cost_at_least":false}` + "\n"

func TestExport(t *testing.T) {
	bare := usage.Record{ID: "0", StartedAt: at("2026-11-24T00:00:00Z"), Outcome: usage.Failed}
	r := filled(t, []usage.Record{everything(), bare})
	checkText(t, "the export", exported(t, r, Query{}), bareLine+everythingLine)
	there := everything()
	there.StartedAt = there.StartedAt.In(time.FixedZone("", -9*60*60))
	if got := line(&there, nil)[2].value; got != "2026-11-24T21:41:14.244Z" {
		t.Errorf("a record of another zone began at %v", got)
	}
	checkText(t, "the export of nothing", exported(t, filled(t, nil), Query{}), "")
}

// TestRawIsKeptWhateverItIs: a line is always JSON and UTF-8.
func TestRawIsKeptWhateverItIs(t *testing.T) {
	for raw, want := range map[string]string{
		"":                   `null`,
		`{}`:                 `{}`,
		`{"a":[1,2.50,1e3]}`: `{"a":[1,2.50,1e3]}`,
		`null`:               `null`,
		`{"a":`:              `"{\"a\":"`,
		`{"a":1}{"a":2}`:     `"{\"a\":1}{\"a\":2}"`,
		"<html>\n":           `"<html>\n"`,
		"{\"a\":\"\xff\"}":   `"{\"a\":\"\ufffd\"}"`,
	} {
		r := filled(t, []usage.Record{{StartedAt: at("2026-11-24T00:00:00Z"), Outcome: usage.Metered, Response: usage.Response{Raw: []byte(raw)}}})
		if got := exported(t, r, Query{}); !strings.Contains(got, `,"usage_raw":`+want+`,"run":`) || strings.Count(got, "\n") != 1 {
			t.Errorf("%q: %s", raw, got)
		}
	}
}

func TestExportOfAWindow(t *testing.T) {
	noon := at("2026-11-24T12:00:00Z")
	var all []usage.Record
	for i, id := range []string{"c", "a", "d", "b"} { // stored in no order
		when := noon.Add(time.Duration(id[0]-'a') * time.Hour)
		all = append(all, usage.Record{ID: id, StartedAt: when, Outcome: usage.Metered, Attribution: usage.Attribution{Run: fmt.Sprint("run-", i%2)}})
	}
	r := filled(t, all)
	for name, test := range map[string]struct {
		w    Query
		want string
	}{
		"all":           {Query{}, "abcd"},
		"since":         {Query{Since: noon.Add(time.Hour)}, "bcd"},
		"until":         {Query{Until: noon.Add(2 * time.Hour)}, "ab"},
		"between":       {Query{Since: noon.Add(time.Hour), Until: noon.Add(3 * time.Hour)}, "bc"},
		"a run":         {Query{Run: "run-0"}, "cd"},
		"a run, since":  {Query{Run: "run-1", Since: noon.Add(1)}, "b"},
		"another run":   {Query{Run: "run"}, ""},
		"nothing":       {Query{Since: noon, Until: noon}, ""},
		"turned around": {Query{Since: noon.Add(time.Hour), Until: noon}, ""},
	} {
		got := ""
		for line := range strings.Lines(exported(t, r, test.w)) {
			_, rest, _ := strings.Cut(line, `"id":"`)
			got += rest[:1]
		}
		if got != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

func TestAnExportThatFails(t *testing.T) {
	var all []usage.Record
	for i := range 300 { // more than the buffer holds
		all = append(all, with(everything(), func(r *usage.Record) { r.ID = fmt.Sprint(i) }))
	}
	r := filled(t, all)
	for _, room := range []narrow{0, 200_000} {
		if err := Export(t.Context(), &room, r, Query{}); !errors.Is(err, errNoRoom) {
			t.Errorf("with room for %d more: %v", room, err)
		}
	}
	full := narrow(0)
	if err := Export(t.Context(), &full, filled(t, all[:1]), Query{}); !errors.Is(err, errNoRoom) { // which fits the buffer
		t.Errorf("one record: %v", err)
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	var b bytes.Buffer
	if err := Export(gone, &b, r, Query{}); !errors.Is(err, context.Canceled) || b.Len() > 0 {
		t.Errorf("got %v and %s", err, b.String())
	}
}
