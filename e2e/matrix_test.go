//go:build e2e

package e2e

import (
	"bytes"
	"cmp"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/wiremeter/wiremeter/scripted"
	"github.com/wiremeter/wiremeter/usage"
)

var update = flag.Bool("update", false, "rewrite the table of docs/agents.md")

const (
	page       = "../docs/agents.md"
	begin, end = "<!-- tested: made by make matrix -->\n", "<!-- /tested -->"
)

// ways are how an agent comes to wiremeter.
var ways = []struct {
	name  string
	start func(s *stage, a agent) ended
}{
	{"`env`", func(s *stage, a agent) ended {
		v := s.serve()
		defer v.stop()
		return s.exec(s.dressed(a), "sh", append([]string{"-c", `eval "$("$0" env --home "$1")" && shift && exec "$@"`, wiremeter, s.house}, a.command...)...)
	}},
	{"`run`", func(s *stage, a agent) ended { return s.metered(s.dressed(a), a.command...) }},
}

// TestMatrix lets every agent use a tool in a repository, and writes down what
// its rows tell. What is told must be right; the page holds what is told.
func TestMatrix(t *testing.T) {
	lines := make([]string, len(variants)*len(ways))
	t.Run("agents", func(t *testing.T) {
		for i, a := range variants {
			for j, w := range ways {
				t.Run(a.name+"/"+strings.Trim(w.name, "`"), func(t *testing.T) {
					t.Parallel()
					u := &usesATool{tool: a.tool}
					s := newStage(t, scripted.Options{Sockets: scripted.ContextSockets, Scenario: u.play})
					s.repository()
					s.well(w.start(s, a))
					rows := s.rows(a)
					if !u.isUsed.Load() {
						t.Error("the agent has not used the tool")
					}
					lines[i*len(ways)+j] = fmt.Sprintf("| %s | %s | %s | %s |\n", a.name, pinned(t)[a.source], w.name, s.tells(a, rows))
				})
			}
		}
	})
	if t.Failed() || slices.Contains(lines, "") {
		return // one has failed, or only some were asked for
	}
	table := "| agent | version | by | over | agent told | session told | project told | purposes told | counts |\n|---|---|---|---|---|---|---|---|---|\n" + strings.Join(lines, "")
	writeDown(t, table+"\n"+fmt.Sprintf(unmetered, pinned(t)[amp.source]))
}

// unmetered are those of which nothing can be held against a ledger, and why.
const unmetered = `Not among them:

- Amp %s: its servers ask the models, so no call of a model leaves the machine. Of its
  requests until its login was refused none has a record.
- Crush 0.96.1: its npm package holds no program, and downloads one from elsewhere when it is
  installed.
`

var amp = agent{
	name: "Amp", source: "@ampcode/cli-linux-x64", command: []string{"amp", "-x", prompt}, env: []string{"AMP_API_KEY=sgamp_user_dummy"},
}

// TestAmp: what is refused its login ends as it does without wiremeter, and
// leaves no record.
func TestAmp(t *testing.T) {
	s := newStage(t, scripted.Options{})
	alone := s.exec(append(s.dressed(amp), s.tunnel()...), filepath.Join(agents, amp.command[0]), amp.command[1:]...)
	e := s.metered(s.dressed(amp), amp.command...)
	if alone.code == 0 || e.code != alone.code || e.out != alone.out || !strings.Contains(e.errs, "no billable request") {
		t.Errorf("exit code and output are %d %q, without wiremeter %d %q", e.code, e.out, alone.code, alone.out)
	}
	if rows := s.export(); len(rows) > 0 {
		t.Errorf("%s", show(rows))
	}
}

// usesATool asks for the tool's use where the agent offers it.
type usesATool struct {
	tool   scripted.Tool
	isUsed atomic.Bool
}

// result is what tells of a tool's use in a request, in any dialect.
var result = regexp.MustCompile(`"type":\s*"(function_call_output|tool_result)"|"role":\s*"tool"|"(functionResponse|tool_result_node)":`)

// offer tells of one that has tools, in any dialect.
var offer = regexp.MustCompile(`"(tools|functionDeclarations|tool_definitions)":\s*\[\s*\{`)

func (u *usesATool) play(c scripted.Call) scripted.Script {
	body := string(c.Body)
	if result.MatchString(body) {
		u.isUsed.Store(true)
		return scripted.Script{}
	}
	isOffered := offer.MatchString(body) || c.IsSocket // where an earlier request may have
	if c.IsPrewarm || !isOffered {
		return scripted.Script{}
	}
	return scripted.Script{Tool: &u.tool}
}

const remote = "github.com/acme/widgets"

// repository makes the working folder one of git's, with a remote that has
// credentials in it.
func (s *stage) repository() {
	s.Helper()
	s.work = filepath.Join(s.work, "widgets")
	for _, args := range [][]string{
		{"init", "-q", "-b", "trunk", s.work},
		{"-C", s.work, "remote", "add", "origin", "https://someone:" + canary + "a-remote@" + remote + ".git"},
		{"-C", s.work, "-c", "user.name=someone", "-c", "user.email=someone@example.com", "commit", "-q", "--allow-empty", "-m", "first"},
	} {
		c := s.program(s.env(), "git", args...)
		c.Dir = "/"
		s.well(s.end(c))
	}
}

// tells is the rest of the agent's line: what the rows tell, and the strongest that
// told it. What the agent does not always ask for is not among them.
func (s *stage) tells(a agent, rows []row) string {
	s.Helper()
	over, purposes, sessions := make(map[string]bool), make(map[string]bool), make(map[string]bool)
	for _, r := range rows {
		over[r.Transport] = true
		if a.anonymous == "" || r.Purpose != string(a.anonymous) || r.SessionID != "" {
			sessions[r.SessionID] = true
		}
		if r.Repository != remote || r.Project != "widgets" || r.Branch != "trunk" || r.Dir != s.work {
			s.Errorf("project %q, repository %q, branch %q, dir %q", r.Project, r.Repository, r.Branch, r.Dir)
		}
	}
	if len(sessions) > 1 {
		s.Errorf("one session has the names %s", list(sessions))
	}
	if id := list(sessions); a.hasSession && !s.isKept(id) {
		s.Errorf("the agent itself knows nothing of a session %s", id)
	}
	rows = slices.DeleteFunc(rows, func(r row) bool { return r.Purpose == string(a.perhaps) && r.Purpose != "" })
	for _, r := range rows {
		purposes[cmp.Or(r.Purpose, unknown)] = true
	}
	wanted := list(purposes)
	if a.perhaps != "" {
		wanted += "; at times " + string(a.perhaps)
	}
	agent := told(rows, "agent", func(r row) string { return r.Agent })
	if agent != unknown {
		agent = strings.TrimSpace("`"+a.is+"` "+a.version(s.T)) + ", " + agent
	}
	return strings.Join([]string{list(over), agent, told(rows, "session", func(r row) string { return r.SessionID }),
		told(rows, "repository", func(r row) string { return r.Repository }), wanted, counts[a.leaves]}, " | ")
}

// isKept reports whether the agent has written this down, in a file or as its name.
func (s *stage) isKept(id string) (is bool) {
	s.Helper()
	err := filepath.WalkDir(s.home, func(path string, d fs.DirEntry, err error) error {
		if err != nil || is {
			return err
		}
		is = strings.Contains(path, id)
		if d.Type().IsRegular() && !is {
			var text []byte
			text, err = os.ReadFile(path)
			is = bytes.Contains(text, []byte(id))
		}
		return err
	})
	if err != nil {
		s.Error(err)
	}
	return is
}

const unknown = "–"

// counts says how the rows stand to the ledger: that they do is proven by then.
var counts = map[bool]string{false: "equal", true: "equal; unknown where it left first"}

// ladder are the sources, the strongest first.
var ladder = []usage.Source{usage.FromLabel, usage.FromWire, usage.FromSession, usage.FromRun, usage.FromProcess, usage.FromRule}

// told says who told this of the rows; of some of them only, perhaps.
func told(rows []row, dimension string, value func(row) string) string {
	sources := make(map[string]bool)
	for _, r := range rows {
		if value(r) == "" {
			sources[unknown] = true
		} else {
			sources[r.Sources[dimension]] = true
		}
	}
	for _, source := range ladder {
		switch {
		case sources[string(source)] && sources[unknown]:
			return string(source) + ", of some"
		case sources[string(source)]:
			return string(source)
		}
	}
	return unknown
}

func list(words map[string]bool) string {
	return strings.Join(slices.Sorted(maps.Keys(words)), ", ")
}

// writeDown holds the page against the table. With -update it mends it.
func writeDown(t *testing.T, table string) {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), begin)
	was, after, ok2 := strings.Cut(rest, end)
	switch {
	case !ok || !ok2:
		t.Fatalf("%s lacks the markers %q and %q", page, begin, end)
	case was == table:
	case !*update:
		t.Errorf("%s is behind: run  make matrix\n%s", page, table)
	default:
		if err := os.WriteFile(page, []byte(before+begin+table+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
