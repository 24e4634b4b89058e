package report

import (
	"encoding/json"
	"io"
	"testing"
	"time"

	"github.com/wiremeter/wiremeter/prices"
	"github.com/wiremeter/wiremeter/store/sqlite"
	"github.com/wiremeter/wiremeter/usage"
)

// twoAgents have the same to do. What codex asked last is in no turn.
func twoAgents(t *testing.T) *sqlite.Reader {
	t.Helper()
	as := func(agent, session, turn string, purpose usage.Purpose, input, read, output int64) usage.Record {
		r := record("2026-11-24T10:00:00Z", "claude-opus-4-5", usage.Tokens{Input: n(input), CacheRead: n(read), Output: n(output)})
		r.Agent, r.SessionID, r.TurnID, r.Purpose = agent, session, turn, purpose
		r.TTFT, r.Duration = time.Second, 2*time.Second
		return r
	}
	return filled(t, []usage.Record{
		as("claude-code", "s1", "t1", usage.Main, 100, 900, 10),
		as("claude-code", "s1", "t1", usage.Title, 50, 0, 5),
		as("claude-code", "s1", "t2", usage.Main, 100, 900, 15),
		with(as("claude-code", "s1", "t2", usage.Main, 0, 0, 0), func(r *usage.Record) {
			r.Outcome, r.Tokens, r.TTFT, r.Retries = usage.Failed, usage.Tokens{}, 0, n(1)
		}),
		as("codex", "s2", "t3", "", 1000, 0, 20),
		as("codex", "s3", "", "", 7, 0, 1),
		as("gemini-cli", "s4", "t4", usage.Main, 1e6, 0, 1),
	})
}

func TestCompare(t *testing.T) {
	q := Query{Location: time.UTC, Prices: prices.NewBook(prices.EmbeddedTable())}
	c, err := Compare(t.Context(), twoAgents(t), q, []string{"claude-code", "codex", "nobody"})
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Agents []map[string]any
	}
	text := written(t, c.WriteJSON)
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	for i, want := range []map[string]any{
		{
			"agent": "claude-code", "requests": 4.0, "sessions": 1.0, "turns": 2.0, "total": 2080.0, "cache_hit_rate": 0.87804,
			"tokens_per_request": 693.0, "tokens_per_turn": 1040.0, "tokens_per_session": 2080.0,
			"cost_usd": 0.0029, "cost_per_turn_usd": 0.00145, "side_call_rate": 0.25, "failure_rate": 0.25, "retry_rate": 1.0, "ttft_ms": 1000.0, "duration_ms": 2000.0,
		},
		{
			"agent": "codex", "requests": 2.0, "sessions": 2.0, "turns": 1.0, "total": 1028.0,
			"tokens_per_turn": 1020.0, "tokens_per_session": 514.0, "cost_usd": 0.00556, "cost_per_turn_usd": 0.0055, "side_call_rate": nil,
		},
		{"agent": "nobody", "requests": 0.0, "sessions": nil, "turns": nil, "total": nil, "cost_usd": nil, "tokens_per_turn": nil, "failure_rate": nil},
	} {
		for name, value := range want {
			if got.Agents[i][name] != value {
				t.Errorf("%s: %s is %v, want %v", want["agent"], name, got.Agents[i][name], value)
			}
		}
	}
	if n := c.Coverage.Exchanges; n != 6 {
		t.Errorf("the coverage is of %d exchanges", n)
	}
}

// TestCompareWithNobody: requests of which nobody told the agent are a side like
// any other.
func TestCompareWithNobody(t *testing.T) {
	of := func(agent string, input int64) usage.Record {
		r := record("2026-11-24T10:00:00Z", "claude-opus-4-5", usage.Tokens{Input: n(input)})
		r.Agent = agent
		return r
	}
	r := filled(t, []usage.Record{of("", 3), of("codex", 4)})
	c, err := Compare(t.Context(), r, Query{Location: time.UTC}, []string{"codex", "unknown"})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []int64{4, 3} {
		if got := c.sides[i].all.All(); got == nil || *got != want || c.sides[i].all.Requests != 1 {
			t.Errorf("%s: got %v", c.Agents[i], c.sides[i].all)
		}
	}
}

func TestCompareOfOneSession(t *testing.T) {
	q := Query{Where: map[string][]string{"session": {"s3"}}, Location: time.UTC}
	c, err := Compare(t.Context(), twoAgents(t), q, []string{"codex", "claude-code"})
	if err != nil {
		t.Fatal(err)
	}
	checkText(t, "the table", written(t, func(w io.Writer) error { return c.WriteTable(w, Style{}) }), `
                     codex  claude-code
requests                 1            0
sessions                 1            -
turns                    -            -
input                    7            -
cache read               0            -
cache write              -            -
output                   1            -
total                    8            -
cache hit            0.0 %            -
tokens per request       8            -
tokens per turn          -            -
tokens per session       8            -
cost                     -            -
unpriced requests        1            0
cost per turn            -            -
cost per session         -            -
side calls               -            -
retries                  -            -
failed               0.0 %            -
first token         1.00 s            -
duration            2.00 s            -

coverage: 1 of 1 billable exchanges metered (100.0 %); what left no record (lost, not billable, tunnelled) is not known by agent
`[1:])
}
