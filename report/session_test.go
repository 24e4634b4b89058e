package report

import (
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/wiremeter/wiremeter/usage"
)

func TestSessions(t *testing.T) {
	r := twoAgents(t)
	shown := func(q Query) string {
		q.Location = time.UTC
		s, err := AskSessions(t.Context(), r, q)
		if err != nil {
			t.Fatal(err)
		}
		return written(t, func(w io.Writer) error { return s.WriteTable(w, Style{}) })
	}
	checkText(t, "of two agents", shown(Query{Where: map[string][]string{"agent": {"codex", "claude-code"}}}), `
last request      session  agent        project  models           requests  turns  tokens  cache hit  cost
2026-11-24 10:00  s3       codex        unknown  claude-opus-4-5         1      -       8      0.0 %     -
2026-11-24 10:00  s2       codex        unknown  claude-opus-4-5         1      1   1,020      0.0 %     -
2026-11-24 10:00  s1       claude-code  unknown  claude-opus-4-5         4      2   2,080     87.8 %     -

coverage: 5 of 6 billable exchanges metered (83.3 %): 1 failed; what left no record (lost, not billable, tunnelled) is not known by agent
`[1:])
	if got := shown(Query{Limit: 1}); !strings.Contains(got, "s4") || strings.Contains(got, "s3") {
		t.Errorf("the last is\n%s", got)
	}
	if got := shown(Query{Since: at("2030-01-01T00:00:00Z")}); !strings.HasPrefix(got, "no sessions in this time\n\ncoverage: no billable exchanges") {
		t.Errorf("nothing is\n%s", got)
	}
}

// TestSessionsOnANarrowTerminal: columns go, and then the widest are cut.
func TestSessionsOnANarrowTerminal(t *testing.T) {
	s, err := AskSessions(t.Context(), filled(t, []usage.Record{
		with(record("2026-11-24T10:00:00Z", "claude-opus-4-5", usage.Tokens{Input: n(1)}), func(r *usage.Record) {
			r.Agent, r.SessionID = "claude-code", "0b6f3c9e-5a0f-4b7e-9d5e-0f4f0c1b2a31"
		}),
	}), Query{Location: time.UTC})
	if err != nil {
		t.Fatal(err)
	}
	checkText(t, "80 columns", written(t, func(w io.Writer) error { return s.WriteTable(w, Style{Width: 80}) }), `
last request      session             agent        models           tokens  cost
2026-11-24 10:00  0b6f3c9e-5a0f-4b7…  claude-code  claude-opus-4-5       1     -
no room for: turns, cache hit, requests, project

coverage: 1 of 1 billable exchanges metered (100.0 %); what left no record (lost, not billable, tunnelled) is not known by session
`[1:])
}

func TestSessionsAsJSON(t *testing.T) {
	s, err := AskSessions(t.Context(), twoAgents(t), Query{Limit: 2})
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(written(t, s.WriteJSON), "\n")
	var got struct {
		Session, Began, Ended string
		Agents, Projects      []string
		Requests              int64
		Cost                  struct{ Unpriced int64 }
	}
	if err := json.Unmarshal([]byte(lines[1]), &got); err != nil {
		t.Fatal(err)
	}
	if len(lines) != 3 || got.Session != "s3" || got.Began != "2026-11-24T10:00:00.000Z" || got.Ended != "2026-11-24T10:00:02.000Z" ||
		len(got.Agents) != 1 || got.Projects == nil || got.Requests != 1 || got.Cost.Unpriced != 1 {
		t.Errorf("got %+v of\n%s", got, lines)
	}
}
