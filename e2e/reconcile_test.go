//go:build e2e

package e2e

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/wiremeter/wiremeter/scripted"
	"github.com/wiremeter/wiremeter/usage"
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
type lackedLog struct{ ID, Model, For string }

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
var logged = []struct {
	name string
	agent
	hasID bool
}{{"claude", claude, true}, {"codex", codex, true}, {"gemini", gemini, false}, {"copilot", copilot, true}, {"copilot", copilots, true}}

// TestReconcile: what agents write of their calls themselves is what was counted on
// the wire.
func TestReconcile(t *testing.T) {
	for _, a := range logged {
		t.Run(a.agent.name, func(t *testing.T) {
			s, rows := ask(t, a.agent, first(1, scripted.Script{Tool: &a.tool}))
			h := s.reconcile(a.name, len(rows))
			if len(h.OnlyOnWire.Items) > 0 || len(rows) < 2 {
				t.Errorf("%d rows, and the log lacks %v", len(rows), h.OnlyOnWire.Items)
			}
			if a.hasID != (h.ByID > 0) || a.hasID == (h.ByTime > 0) {
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
		requireLacks(t, s.reconcile("claude", len(rows)), usage.Compaction)
	})
	t.Run("claude_writes_nothing", func(t *testing.T) {
		s := newStage(t, scripted.Options{})
		s.well(s.metered(s.dressed(claude), append(claude.command, "--no-session-persistence")...))
		s.write(s.home+"/.claude/projects/empty/none.jsonl", "")
		requireLacks(t, s.reconcile("claude", 0), usage.Main)
	})
	t.Run("codex_fills_a_cache", func(t *testing.T) {
		s, _ := ask(t, codex, scripted.Options{Sockets: scripted.ContextSockets})
		if h := s.reconcile("codex", 1); h.Prewarm.Calls != 1 {
			t.Errorf("%d prewarms: the agent changed", h.Prewarm.Calls)
		}
	})
	t.Run("opencode_names_a_session", func(t *testing.T) {
		s, rows := ask(t, opencode, scripted.Options{})
		requireLacks(t, s.reconcile("opencode", 1), usage.Title)
		if len(rows) != 2 {
			t.Errorf("%d rows: the agent changed", len(rows))
		}
	})
	t.Run("gemini_picks_a_model", func(t *testing.T) {
		s := newStage(t, scripted.Options{Scenario: func(c scripted.Call) scripted.Script {
			if strings.Contains(c.Model, "flash-lite") {
				return scripted.Script{Text: `{"reasoning":"none","model_choice":"pro","complexity_reasoning":"none","complexity_score":90}`}
			}
			return scripted.Script{}
		}})
		s.well(s.metered(s.dressed(gemini), "gemini", "--yolo", "-p", "say hi"))
		requireLacks(t, s.reconcile("gemini", 1), usage.Router)
	})
}

// requireLacks: the log lacks something, all of it for this.
func requireLacks(t *testing.T, h held, purpose usage.Purpose) {
	t.Helper()
	if len(h.OnlyOnWire.Items) == 0 {
		t.Error("the log lacks nothing: the agent changed")
	}
	for _, i := range h.OnlyOnWire.Items {
		if i.For != string(purpose) {
			t.Errorf("the log lacks a call of %s for %q, want %q: the agent changed", i.Model, i.For, purpose)
		}
	}
}
