//go:build e2e

package e2e

import (
	"strconv"
	"strings"
	"testing"

	"github.com/wiremeter/wiremeter/scripted"
)

// TestCursorBackendURL: the one base URL that Cursor's client takes stands for
// two origins. Nothing goes past it.
func TestCursorBackendURL(t *testing.T) {
	for name, script := range map[string]scripted.Script{
		"plain":  {},
		"gzip":   {Coding: "gzip"},
		"br":     {Coding: "br", Chop: 7},
		"a_tool": {Tool: &scripted.Tool{Name: "ls", Input: "{}"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, scripted.Options{Scenario: func(scripted.Call) scripted.Script { return script }})
			v := s.serve()
			command := s.cursorCommand("h1", "turns.mjs", "2", "h2") // h2 is not to be had there, whatever is asked for
			env := s.env("CURSOR_BACKEND_URL=http://"+v.addr+"/cursor", "HTTPS_PROXY=http://127.0.0.1:1", "NO_PROXY=127.0.0.1")
			s.finished(s.taken(2, s.exec(env, command[0], command[1:]...)))
			v.stop()
			rows, _ := s.settled()
			for _, r := range rows {
				if r.Front != "reverse" || r.Agent != "cursor-sdk" || r.Transport != "h1" || r.ModelRequested != scripted.CursorModel || !strings.HasPrefix(r.SessionID, "agent-") {
					t.Errorf("got %+v", r)
				}
			}
		})
	}
}

// TestCursorSubagent: an agent that another one has started takes turns of its
// own, which are nobody else's.
func TestCursorSubagent(t *testing.T) {
	for _, protocol := range []string{"h1", "h2"} {
		t.Run(protocol, func(t *testing.T) {
			s := newStage(t, scripted.Options{Scenario: func(c scripted.Call) scripted.Script {
				if c.Number == 1 {
					return scripted.Script{Tool: &scripted.Tool{Name: scripted.CursorSubagent}}
				}
				return scripted.Script{}
			}})
			s.cursorTurns(protocol, 1, true)
			rows, _ := s.settled()
			if len(rows) != 2 {
				t.Fatalf("got %+v", rows)
			}
			if a, b := rows[0], rows[1]; a.Purpose != "main" || b.Purpose != "subagent" || b.ParentSessionID != a.SessionID || b.SubagentID != b.SessionID || b.SessionID == a.SessionID || isRetry(a, b) {
				t.Errorf("got %+v", rows)
			}
		})
	}
}

// TestCursorResumes: a turn that is cut, or refused, is taken again by the
// client itself. Each attempt has its row, and they have one group.
func TestCursorResumes(t *testing.T) {
	for name, first := range map[string]scripted.Script{
		"cut":     {CutAfter: 6},
		"resumed": {CutAfter: 8}, // behind a checkpoint: it goes on from there
		"refused": {Refuse: 503},
		"limited": {Refuse: 429},
		"failed":  {ErrorAfter: 9}, // behind its usage, before its last checkpoint
	} {
		for _, protocol := range []string{"h1", "h2"} {
			t.Run(name+"_"+protocol, func(t *testing.T) {
				s := newStage(t, scripted.Options{Scenario: func(c scripted.Call) scripted.Script {
					if c.Number == 1 {
						return first
					}
					return scripted.Script{}
				}})
				for _, k := range s.cursorTurns(protocol, 1, true) {
					if k.Status != "finished" {
						t.Errorf("a turn is %+v", k)
					}
				}
				if n := len(s.provider.Ledger()); n != 2 {
					t.Errorf("%d calls, want 2", n)
				}
				if rows, _ := s.settled(); len(rows) == 2 && !isRetry(rows[0], rows[1]) {
					t.Errorf("one is no retry of the other: %+v", rows)
				}
			})
		}
	}
}

func isRetry(a, b row) bool {
	return a.GroupID != "" && a.GroupID == b.GroupID && a.TurnID == b.TurnID && a.RequestID != b.RequestID && a.SessionID == b.SessionID
}

// TestCursorFailsBehindATurn: an error behind a turn's last checkpoint is none of
// the turn's, which is not taken again.
func TestCursorFailsBehindATurn(t *testing.T) {
	for _, protocol := range []string{"h1", "h2"} {
		t.Run(protocol, func(t *testing.T) {
			s := newStage(t, scripted.Options{Scenario: func(scripted.Call) scripted.Script { return scripted.Script{ErrorAfter: 10} }})
			s.finished(s.cursorTurns(protocol, 2, true))
			rows, _ := s.settled()
			if len(rows) == 2 && isRetry(rows[0], rows[1]) {
				t.Errorf("two turns are one: %+v", rows)
			}
		})
	}
}

// TestCursorCloud: each run of an agent in the cloud is a record, with the model
// that the agent was made with: later runs do not repeat it.
func TestCursorCloud(t *testing.T) {
	s := newStage(t, scripted.Options{})
	s.taken(2, s.metered(s.env("NODE_USE_ENV_PROXY=1"), s.cursorCommand("h1", "cloud.mjs", "2")...))
	rows, _ := s.settled()
	if len(rows) != 2 {
		t.Fatalf("got %+v", rows)
	}
	for _, r := range rows {
		if r.ModelRequested != scripted.CursorModel || r.RequestID != r.ResponseID+"-request" || !strings.HasPrefix(r.SessionID, "bc-") {
			t.Errorf("got %+v", r)
		}
	}
}

// TestCursorStatements: what the dashboard's list says of the turns is what was
// recorded, and counts nowhere.
func TestCursorStatements(t *testing.T) {
	s := newStage(t, scripted.Options{})
	s.cursorTurns("h2", 3, true)
	for range 2 { // what is told again is the same
		list := []string{"curl", "-sS", "-X", "POST", "-o", "list", "https://api2.cursor.sh/aiserver.v1.DashboardService/GetFilteredUsageEvents"}
		s.well(s.metered(s.env(), list...))
	}
	s.settled()
	e := s.well(s.exec(s.env(), wiremeter, "reconcile", "cursor", "--check", "--home", s.house))
	if !strings.Contains(e.out, ": 3 of 3 turns that its provider states") {
		t.Errorf("got %s", e.out)
	}
}

// TestCursorHook: Cursor's client tells wiremeter's hook of each turn. Where the
// turn is seen as well it is one record, of what was seen.
func TestCursorHook(t *testing.T) {
	for _, isSeen := range []bool{true, false} {
		t.Run("seen_"+strconv.FormatBool(isSeen), func(t *testing.T) {
			s := newStage(t, scripted.Options{Scenario: func(scripted.Call) scripted.Script {
				return scripted.Script{Tool: &scripted.Tool{Name: scripted.CursorHook}}
			}})
			s.well(s.exec(s.env(), wiremeter, "hook", "cursor", "--install", "--yes", "--home", s.house))
			command := s.cursorCommand("h1", "turns.mjs", "3", "h1", "user")
			if isSeen {
				s.finished(s.taken(3, s.metered(s.env("NODE_USE_ENV_PROXY=1"), command...)))
				rows, _ := s.settled()
				for _, r := range rows {
					if r.Front != "forward" {
						t.Errorf("got %+v", r)
					}
				}
				return
			}
			s.finished(s.taken(3, s.exec(s.env(s.tunnel()...), command[0], command[1:]...)))
			rows, ledger := s.export(), s.provider.Ledger()
			if len(rows) != len(ledger) {
				t.Fatalf("%d rows of %d turns", len(rows), len(ledger))
			}
			for i, r := range rows {
				want := ledger[i].Response.Tokens
				want.Reasoning = nil // no hook is told of it
				if show(r.tokens()) != show(want) || r.Front != "hook" || r.Outcome != "metered" || r.Model != ledger[i].Response.Model {
					t.Errorf("got %s of %s", show(r), show(ledger[i]))
				}
			}
		})
	}
}
