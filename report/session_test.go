package report

import (
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"
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
