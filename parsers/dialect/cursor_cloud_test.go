package dialect

import (
	"strings"
	"testing"

	"github.com/wiremeter/wiremeter/parsers/framing"
)

func TestCursorCloud(t *testing.T) {
	const want = "1: 19947 10122 7786 2981 1826 inclusive 7-0"
	stream := file(t, "cloud_stream.txt")
	for size := range 70 {
		s := metered(NewCursorCloud(), framing.NewSSE, stream, size)
		if s.String() != want || s.end != framing.Whole {
			t.Fatalf("in pieces of %d: got %s, %d", size, s, s.end)
		}
	}
	const raw = `{"turn_ended":{"cacheReadTokens":10122,"cacheWriteTokens":7786,"inputTokens":37855,"outputTokens":2981,"reasoningTokens":1826}}`
	if got := metered(NewCursorCloud(), framing.NewSSE, stream, 0).turns[0].Raw; string(got) != raw {
		t.Errorf("raw: got %s", got)
	}
}

// cloudEvents are an id, a name and data each.
func cloudSaid(events [][3]string) string {
	c := NewCursorCloud()
	var s said
	for _, e := range events {
		r := c.Observe(framing.Frame{ID: e[0], Event: e[1], Data: []byte(e[2])})
		switch n := len(s.turns); {
		case r == nil:
		case n > 0 && s.turns[n-1].Number == r.Number:
			s.turns[n-1] = *r
		default:
			s.turns = append(s.turns, *r)
		}
	}
	if r, isBegun := c.Partial(); isBegun {
		s.partial = &r
	}
	return s.String()
}

func TestCursorCloudEvents(t *testing.T) {
	const u = "interaction_update"
	text := func(id string) [3]string { return [3]string{id, u, `{"type":"text-delta","text":"some words"}`} }
	ended := func(id string) [3]string {
		return [3]string{id, u, `{"type":"turn-ended","usage":{"inputTokens":5,"outputTokens":2,"cacheReadTokens":3}}`}
	}
	deltas := [3]string{"", u, `{"type":"token-delta","tokens":4}`}
	tests := []struct {
		name   string
		events [][3]string
		want   string
	}{
		{"replayed", [][3]string{text("8-0"), ended("9-0"), text("10-0"), ended("10-1"), text("8-0"), ended("9-0"), text("10-0"), ended("10-1"), {"11-0", "done", "{}"}}, "1: 2 3 - 2 - inclusive 9-0; 2: 2 3 - 2 - inclusive 10-1"},
		{"other ids", [][3]string{text("a"), ended("b"), ended("b")}, "1: 2 3 - 2 - inclusive b"},
		{"cut", [][3]string{text(""), deltas, deltas}, "cut 1: - - - 8 - lower_bound"},
		{"text comes late", [][3]string{text(""), ended(""), {"", "assistant", `{"text":"some words"}`}, {"", "done", "{}"}}, "1: 2 3 - 2 - inclusive"},
		{"failed", [][3]string{text(""), {"", "error", `{"code":"rate_limited","message":"some words"}`}}, "1: - - - - - rate_limited"},
		{"no usage", [][3]string{text(""), {"", u, `{"type":"turn-ended"}`}}, "1: - - - - -"},
		{"no JSON", [][3]string{{"", u, "oops"}, {"", "error", "oops"}}, ""},
		{"nothing yet", [][3]string{{"1-0", "status", `{"status":"RUNNING"}`}, {"2-0", "heartbeat", "{}"}}, ""},
	}
	for _, tt := range tests {
		if got := cloudSaid(tt.events); got != tt.want {
			t.Errorf("%s: got %s; want %s", tt.name, got, tt.want)
		}
	}
}

func TestReadCursorCloudRun(t *testing.T) {
	want := CursorCloudRun{
		Model: "claude-4.5-sonnet", AgentID: "bc-f0dd1ff2-ade0-4fec-8bb5-0f227ea9c521",
		RunID: "run-00000000-0000-4000-8000-000000000001", RequestID: "11111111-0000-4000-8000-000000000001",
	}
	if got := ReadCursorCloudRun(file(t, "cloud_request.json"), file(t, "cloud_response.json")); got != want {
		t.Errorf("got %+v", got)
	}
	if got := ReadCursorCloudRun([]byte("oops"), nil); got != (CursorCloudRun{}) {
		t.Errorf("no JSON: got %+v", got)
	}
	if got := ReadCursorCloudRun([]byte(`{"model":"m","agentId":"`+strings.Repeat("a ", 9)+`"}`), []byte("{}")); got != (CursorCloudRun{Model: "m"}) {
		t.Errorf("another form: got %+v", got)
	}
}
