//go:build e2e

package e2e

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/wiremeter/wiremeter/scripted"
)

// held is what `wiremeter reconcile` says.
type held struct {
	ByID        int `json:"joined_by_id"`
	ByTime      int `json:"joined_by_time"`
	Unreadable  int
	Equal       struct{ Calls int }
	Differing   struct{ Calls int }
	OnlyInLog   struct{ Calls int }         `json:"only_in_log"`
	TwiceOnWire struct{ Calls int }         `json:"twice_on_wire"`
	OnlyOnWire  struct{ Items []lackedLog } `json:"only_on_wire"`
	Prewarm     struct{ Calls int }
}

// lackedLog is a call that the log lacks.
type lackedLog struct{ ID, Model string }

// reconcile holds the rows against the agent's own log, which must contradict
// nothing and hold so many of them.
func (s *stage) reconcile(name string, equal int) held {
	s.Helper()
	var h held
	e := s.well(s.exec(s.env(), wiremeter, "reconcile", "--home", s.house, "--json", "--check", name))
	if err := json.Unmarshal([]byte(e.out), &h); err != nil {
		s.Fatalf("%v in %s", err, e.out)
	}
	if h.Equal.Calls != equal || h.ByID+h.ByTime != equal || h.Differing.Calls+h.OnlyInLog.Calls+h.TwiceOnWire.Calls+h.Unreadable > 0 {
		s.Errorf("want %d equal and nothing else: %s", equal, e.out)
	}
	return h
}

// logged are the agents that keep a log of their calls, by the names that
// reconcile has for them.
var logged = map[string]agent{"claude": claude, "codex": codex, "gemini": gemini}

// TestReconcile: what agents write of their calls themselves is what was counted on
// the wire.
func TestReconcile(t *testing.T) {
	for name, a := range logged {
		t.Run(name, func(t *testing.T) {
			s, rows := ask(t, a, first(1, scripted.Script{Tool: &a.tool}))
			h := s.reconcile(name, len(rows))
			if len(h.OnlyOnWire.Items) > 0 || len(rows) < 2 {
				t.Errorf("%d rows, and the log lacks %v", len(rows), h.OnlyOnWire.Items)
			}
			if hasID := name != "gemini"; hasID != (h.ByID > 0) || hasID == (h.ByTime > 0) {
				t.Errorf("%d are joined by an id, %d by time: the agent changed", h.ByID, h.ByTime)
			}
		})
	}
}

// TestWhatLogsLack: calls that are billed, and that no transcript tells of.
func TestWhatLogsLack(t *testing.T) {
	t.Run("claude_compacts", func(t *testing.T) {
		s, rows := ask(t, claude, scripted.Options{})
		s.well(s.metered(s.dressed(claude), "claude", "-p", "--continue", "/compact"))
		requireLacks(t, s.reconcile("claude", len(rows)), "")
	})
	t.Run("claude_writes_nothing", func(t *testing.T) {
		s := newStage(t, scripted.Options{})
		s.well(s.metered(s.dressed(claude), append(claude.command, "--no-session-persistence")...))
		s.write(s.home+"/.claude/projects/empty/none.jsonl", "")
		requireLacks(t, s.reconcile("claude", 0), "")
	})
	t.Run("codex_fills_a_cache", func(t *testing.T) {
		s, _ := ask(t, codex, scripted.Options{Sockets: scripted.ContextSockets})
		if h := s.reconcile("codex", 1); h.Prewarm.Calls != 1 {
			t.Errorf("%d prewarms: the agent changed", h.Prewarm.Calls)
		}
	})
	t.Run("gemini_picks_a_model", func(t *testing.T) {
		s := newStage(t, scripted.Options{})
		s.well(s.metered(s.dressed(gemini), "gemini", "--yolo", "-p", "say hi"))
		requireLacks(t, s.reconcile("gemini", 1), "flash-lite")
	})
}

// requireLacks: the log lacks something, all of it of such models.
func requireLacks(t *testing.T, h held, model string) {
	t.Helper()
	if len(h.OnlyOnWire.Items) == 0 {
		t.Error("the log lacks nothing: the agent changed")
	}
	for _, i := range h.OnlyOnWire.Items {
		if !strings.Contains(i.Model, model) {
			t.Errorf("the log lacks a call of %s: the agent changed", i.Model)
		}
	}
}
