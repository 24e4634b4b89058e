package capture

import (
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/wiremeter/wiremeter/place"
	"github.com/wiremeter/wiremeter/usage"
)

// local is a connection of an agent on this machine whose process is gone.
var local = usage.Conn{ID: 9, Agent: netip.MustParseAddrPort("127.0.0.1:1"), Front: netip.MustParseAddrPort("127.0.0.1:4719")}

// TestRules: the configuration names what nobody else has.
func TestRules(t *testing.T) {
	rules := Rules{
		Projects: map[string]string{"/home/ada": "home", engine: "engines", "/home/ada/eng": "no"},
		Teams:    map[string]string{"u": "by user", "guest": "guests"},
		From: []Origin{
			{Source: netip.MustParsePrefix("192.0.2.0/24"), Labels: map[usage.Dimension]string{usage.ByUser: "guest", usage.ByProject: "far"}},
			{Listener: netip.MustParseAddrPort("127.0.0.1:4719"), Labels: map[usage.Dimension]string{usage.ByTeam: "by listener", usage.ByUser: "no"}},
		},
	}
	far := usage.Conn{ID: 8, Agent: netip.MustParseAddrPort("192.0.2.9:1"), Front: netip.MustParseAddrPort("192.0.2.1:4719")}
	copilot := from("", "", `{"x":"* Current working directory: `+engine+`/cmd\n* Git"}`, "User-Agent", "copilot/1 (x)", "X-Github-Repository-Nwo", "ada/other")
	for name, c := range map[string]struct {
		exchange
		conn    usage.Conn
		labels  string
		want    [3]string // project, team, user
		sources [3]usage.Source
	}{
		"a directory":         {claudeMain, usage.Conn{}, "", [3]string{"engines"}, [3]usage.Source{usage.FromRule}},
		"before a repository": {copilot, usage.Conn{}, "", [3]string{"engines"}, [3]usage.Source{usage.FromRule}},
		"after a label":       {copilot, usage.Conn{}, "project=x,user=u", [3]string{"x", "by user", "u"}, [3]usage.Source{usage.FromLabel, usage.FromRule, usage.FromLabel}},
		"a network":           {claudeSide, far, "", [3]string{"far", "guests", "guest"}, [3]usage.Source{usage.FromRule, usage.FromRule, usage.FromRule}},
		"a listener":          {claudeSide, local, "", [3]string{"", "by listener", "no"}, [3]usage.Source{"", usage.FromRule, usage.FromRule}},
	} {
		s := new(shelf)
		capture := New(s, zerolog.Nop())
		capture.Rules = rules
		c.exchange.conn, c.exchange.labels = c.conn, c.labels
		a := recorded(t, capture, s, c.exchange)
		got, sources := [3]string{a.Project, a.Team, a.User}, [3]usage.Source{a.Sources[usage.ByProject], a.Sources[usage.ByTeam], a.Sources[usage.ByUser]}
		if got != c.want || sources != c.sources {
			t.Errorf("%s: got %q from %q, want %q from %q", name, got, sources, c.want, c.sources)
		}
	}
}

// TestPseudonyms: no name of a person or a machine is kept, and the same name has
// the same pseudonym in one house only.
func TestPseudonyms(t *testing.T) {
	s := new(shelf)
	c := New(s, zerolog.Nop())
	c.Rules = Rules{Secret: []byte("a"), Teams: map[string]string{"ada": "engines"}}
	a := recorded(t, c, s, claudeMain.of(1, "user=ada"))
	want := c.Rules.Pseudonym("ada")
	if a.User != want || a.Team != "engines" || a.Dir != "/home/"+want+"/engine" || strings.Contains(want, "ada") {
		t.Errorf("got %+v", a)
	}
	other := Rules{Secret: []byte("b")}
	if other.Pseudonym("ada") == want || c.Rules.Pseudonym(want) != want || c.Rules.Pseudonym("someone-else") == "someone-else" || c.Rules.Pseudonym("") != "" {
		t.Error("pseudonyms are the same in every house, or not their own")
	}
}

// TestPseudonymsInDirectories: homes are told on all systems, wherever they are.
func TestPseudonymsInDirectories(t *testing.T) {
	r := Rules{Secret: []byte("a")}
	ada := r.Pseudonym("ada")
	for dir, want := range map[string]string{
		"/home/ada/engine":     "/home/" + ada + "/engine",
		"/var/home/ada/engine": "/var/home/" + ada + "/engine",
		"/home/ada/home/page":  "/home/" + ada + "/home/page",
		"/data/bob/engine":     "/data/" + r.Pseudonym("bob") + "/engine",
		"/mnt/c/Users/ada":     "/mnt/c/Users/" + ada,
		`C:\Users\ada\engine`:  `C:\Users\` + ada + `\engine`,
		`\\host\Users\ada\x\`:  `\\host\Users\` + ada + `\x\`,
		"/srv/engine":          "/srv/engine",
		"/home":                "/home",
		"":                     "",
	} {
		for _, user := range []string{"bob", r.Pseudonym("bob")} { // of a run that has hidden it
			if a := r.Complete(usage.Attribution{User: user, Dir: dir}, place.Answer{}); a.Dir != want {
				t.Errorf("%s: got %s, want %s", dir, a.Dir, want)
			}
		}
	}
	at := place.Answer{Here: place.Place{Root: "/home/ada", Name: "ada"}}
	if a := r.Complete(usage.Attribution{User: "ada@example.com", Dir: "/home/ada"}, at); a.Project != ada {
		t.Errorf("a home that is a repository: the project is %q", a.Project)
	}
}

// TestLadder: what the request says goes before what its run says, and where they
// disagree the record tells.
func TestLadder(t *testing.T) {
	runs := t.TempDir()
	elsewhere := place.Place{Dir: "/srv/other", Root: "/srv/other", Name: "other", Repository: "git.example/ada/other", Branch: "trunk", Commit: aCommit, User: "ada", Machine: "difference"}
	within := elsewhere
	within.Dir, within.Root, within.Name, within.Repository = engine, engine, "engine", ""
	if err := place.WriteRun(runs, "run-elsewherea", elsewhere); err != nil {
		t.Fatal(err)
	}
	if err := place.WriteRun(runs, "run-withinaaaa", within); err != nil {
		t.Fatal(err)
	}
	copilot := from("", "", `{"x":"* Current working directory: `+engine+`/cmd\n* Git"}`, "User-Agent", "copilot/1 (x)", "X-Github-Repository-Nwo", "ada/engine")
	for name, c := range map[string]struct {
		exchange
		run, want string
		sources   map[usage.Dimension]usage.Source
		conflicts []usage.Dimension
	}{
		"the run tells all": {
			claudeSide, "run-elsewherea", "ada difference /srv/other git.example/ada/other trunk " + aCommit + " other",
			map[usage.Dimension]usage.Source{
				usage.ByAgent: usage.FromWire, usage.BySession: usage.FromWire, usage.ByUser: usage.FromRun, usage.ByMachine: usage.FromRun, usage.ByDir: usage.FromRun,
				usage.ByRepository: usage.FromRun, usage.ByBranch: usage.FromRun, usage.ByCommit: usage.FromRun, usage.ByProject: usage.FromRun,
			}, nil,
		},
		"a daemon of another run": { // whose repository is none of this request's
			claudeMain, "run-elsewherea", "ada difference " + engine + "    ",
			map[usage.Dimension]usage.Source{usage.ByAgent: usage.FromWire, usage.BySession: usage.FromWire, usage.ByUser: usage.FromRun, usage.ByMachine: usage.FromRun, usage.ByDir: usage.FromWire},
			[]usage.Dimension{usage.ByDir},
		},
		"a daemon that tells its repository": {
			copilot, "run-elsewherea", "ada difference " + engine + "/cmd github.com/ada/engine   engine",
			map[usage.Dimension]usage.Source{usage.ByAgent: usage.FromWire, usage.ByUser: usage.FromRun, usage.ByMachine: usage.FromRun, usage.ByDir: usage.FromWire, usage.ByRepository: usage.FromWire, usage.ByProject: usage.FromWire},
			[]usage.Dimension{usage.ByDir, usage.ByRepository},
		},
		"below the run's": {
			copilot, "run-withinaaaa", "ada difference " + engine + "/cmd github.com/ada/engine trunk " + aCommit + " engine",
			map[usage.Dimension]usage.Source{
				usage.ByAgent: usage.FromWire, usage.ByUser: usage.FromRun, usage.ByMachine: usage.FromRun, usage.ByDir: usage.FromWire,
				usage.ByRepository: usage.FromWire, usage.ByBranch: usage.FromRun, usage.ByCommit: usage.FromRun, usage.ByProject: usage.FromWire,
			}, nil,
		},
		"a root that the run is below": {
			from("api.openai.com", "/v1/responses", "{}", "User-Agent", "codex_exec/1 (x)", "X-Codex-Turn-Metadata", `{"workspaces":{"/srv":{}}}`), "run-elsewherea",
			"ada difference /srv/other git.example/ada/other trunk " + aCommit + " other",
			map[usage.Dimension]usage.Source{
				usage.ByAgent: usage.FromWire, usage.ByUser: usage.FromRun, usage.ByMachine: usage.FromRun, usage.ByDir: usage.FromRun,
				usage.ByRepository: usage.FromRun, usage.ByBranch: usage.FromRun, usage.ByCommit: usage.FromRun, usage.ByProject: usage.FromRun,
			}, nil,
		},
		"a run that nobody knows": {
			claudeSide, "run-nobodyaaaa", "     ", map[usage.Dimension]usage.Source{usage.ByAgent: usage.FromWire, usage.BySession: usage.FromWire}, nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := new(shelf)
			capture := New(s, zerolog.Nop())
			capture.Places = place.NewFinder(runs)
			c.exchange.run = c.run
			a := recorded(t, capture, s, c.exchange)
			got := strings.Join([]string{a.User, a.Machine, a.Dir, a.Repository, a.Branch, a.Commit, a.Project}, " ")
			if got != c.want && strings.TrimSpace(got+c.want) != "" {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
			checkSources(t, a, c.sources)
			if !slices.Equal(a.Conflicts, c.conflicts) {
				t.Errorf("conflicts are %v, want %v", a.Conflicts, c.conflicts)
			}
		})
	}
}

// TestTheDiskTells: of an agent on this machine, what stands there now; of another
// nothing is looked at.
func TestTheDiskTells(t *testing.T) {
	root := filepath.Join(t.TempDir(), "engine")
	for name, text := range map[string]string{
		"HEAD": "ref: refs/heads/trunk\n", "refs/heads/trunk": aCommit + "\n", "config": "[remote \"origin\"]\n\turl = https://ada:secret@git.example/ada/motor.git\n",
	} {
		write(t, filepath.Join(root, ".git", name), text)
	}
	x := from("", "", `{"x":"\n - Primary working directory: `+root+`\n - Is"}`, claudeHead...)
	s := new(shelf)
	c := New(s, zerolog.Nop())
	c.Places = place.NewFinder(t.TempDir())
	x.conn = local
	a := recorded(t, c, s, x)
	if a.Repository != "git.example/ada/motor" || a.Branch != "trunk" || a.Commit != aCommit || a.Project != "motor" || a.Sources[usage.ByBranch] != usage.FromWire || a.Machine == "" {
		t.Errorf("got %+v", a)
	}
	x.conn = usage.Conn{ID: 7, Agent: netip.MustParseAddrPort("192.0.2.9:1"), Front: netip.MustParseAddrPort("192.0.2.1:4719")}
	if a := recorded(t, c, s, x); a.Dir != root || a.Repository+a.Branch+a.Commit+a.Machine != "" {
		t.Errorf("of another machine: %+v", a)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
