//go:build e2e

package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/wiremeter/wiremeter/scripted"
	"github.com/wiremeter/wiremeter/usage"
)

// installCcusage installs the program that adds up transcripts.
var installCcusage = sync.OnceValues(func() (string, error) {
	dir, err := filepath.Abs("ccusage")
	if err != nil {
		return "", err
	}
	c := exec.Command("npm", "ci", "--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error") //nolint:noctx // once for all tests
	c.Dir = dir
	_, err = c.Output()
	return filepath.Join(dir, "node_modules", "ccusage", "dist", "index.js"), err
})

// sums are ccusage's.
type sums struct{ InputTokens, OutputTokens, CacheCreationTokens, CacheReadTokens, TotalTokens int64 }

// ccusage adds up the transcripts in the folder projects below dir.
func (s *stage) ccusage(dir, by string) sums {
	s.Helper()
	program, err := installCcusage()
	if err != nil {
		s.Fatalf("npm ci: %v", err)
	}
	var answer struct{ Totals sums }
	e := s.well(s.exec(s.env("CLAUDE_CONFIG_DIR="+dir), "node", program, by, "--offline", "--json"))
	if err := json.Unmarshal([]byte(e.out), &answer); err != nil {
		s.Fatalf("%v in %s", err, e.out)
	}
	return answer.Totals
}

// billed adds up the ledger, but for prewarms.
func (s *stage) billed() (b sums) {
	for _, e := range s.provider.Ledger() {
		if e.IsPrewarm {
			continue
		}
		t := e.Response.Tokens
		for _, c := range []struct {
			to *int64
			n  []*int64
		}{
			{&b.InputTokens, []*int64{t.Input}}, {&b.OutputTokens, []*int64{t.Output}}, {&b.CacheReadTokens, []*int64{t.CacheRead}},
			{&b.CacheCreationTokens, []*int64{t.CacheWrite5m, t.CacheWrite1h, t.CacheWriteOther}},
		} {
			for _, n := range c.n {
				if n != nil {
					*c.to += *n
					b.TotalTokens += *n
				}
			}
		}
	}
	return b
}

// TestTranscripts: ccusage, which knows Claude Code's transcripts, adds up what all
// agents were billed to the token, from those that a server keeps and from an
// export, interrupted and refused calls among them.
func TestTranscripts(t *testing.T) {
	s := newStage(t, scripted.Options{Sockets: scripted.ContextSockets, Scenario: func(c scripted.Call) scripted.Script {
		switch c.Number {
		case 1:
			return scripted.Script{Tool: &claude.tool}
		case 3:
			return scripted.Script{CutAfter: 3}
		case 5:
			return scripted.Script{Refuse: 429}
		}
		return scripted.Script{}
	}})
	kept, exported := filepath.Join(s.house, "kept"), filepath.Join(s.house, "exported")
	for _, a := range []agent{claude, claude, codex, gemini} { // each with a server of its own: what one has written the next goes on with
		v := s.serve("--transcripts", filepath.Join(kept, "projects"))
		s.well(s.run(nil, s.dressed(a), a.command...))
		v.stop()
	}
	s.well(s.exec(s.env(), wiremeter, "export", "--home", s.house, "--format", "transcript", "--out", filepath.Join(exported, "projects")))
	s.settled()
	want := s.billed()
	interrupted := 0
	for _, e := range s.provider.Ledger() {
		if e.Outcome == usage.Interrupted {
			interrupted++
		}
	}
	if want.TotalTokens == 0 || interrupted == 0 {
		t.Fatalf("%d tokens were billed, %d calls interrupted: nothing is proven", want.TotalTokens, interrupted)
	}
	for _, dir := range []string{kept, exported} {
		for _, by := range []string{"daily", "session"} {
			if got := s.ccusage(dir, by); got != want {
				t.Errorf("ccusage %s adds up %s to %+v, the provider billed %+v", by, filepath.Base(dir), got, want)
			}
		}
	}
	if _, err := os.Stat(filepath.Join(kept, "projects", ".wiremeter")); err != nil {
		t.Error(err)
	}
}
