package reconcile

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// read tells what the log of an agent holds, a line a call, and how much of it
// could not be read.
func read(t *testing.T, name string, roots ...string) (string, int) {
	t.Helper()
	a := agent(t, name)
	var all []string
	unreadable := 0
	err := a.sources(roots, time.Time{}, func(path string) error {
		return a.read(t.Context(), source{path, func() { unreadable++ }}, func(c Call) {
			all = append(all, fmt.Sprintf("%q %q %q %s %s", c.ID, c.SessionID, c.Model, c.At.UTC().Format("02T15:04:05.0"), shownTokens(c.Tokens)))
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(all, "\n"), unreadable
}

// TestLogs: what each agent's log says, by wiremeter's rules of counting.
func TestLogs(t *testing.T) {
	for name, test := range map[string]struct {
		unreadable int
		want       []string // id, session, model, time, input, cache read, cache write, output, reasoning
	}{
		"claude": {1, []string{
			`"msg_2" "s1" "claude-haiku-4-5" 24T10:00:02.5 20 - - 2 -`, // of a folder, which stands before
			`"msg_1" "s1" "claude-opus-5" 24T10:00:01.0 1 0 0 1 -`,
			`"msg_1" "s1" "claude-opus-5" 24T10:00:02.0 10 200 30 40 4`,
			`"" "s1" "claude-opus-5" 24T10:00:05.0 11 - - 41 -`,
		}},
		"codex": {0, []string{
			`"resp_1" "s1" "gpt-5.6" 24T10:00:01.0 200 1,500 300 120 80`,
			`"resp_2" "s1" "gpt-5.6" 24T10:00:03.0 5 - - 6 -`,
			`"" "t2" "gpt-5.5" 24T11:00:01.0 40 60 - 10 3`,
			`"" "t2" "gpt-5.5" 24T11:00:02.0 40 60 - 10 3`,
		}},
		"copilot": {0, []string{
			`"msg_1" "s1" "claude-sonnet-4-5" 24T10:00:01.0 101 1,010 52 41 6`,
			`"resp_1" "s2" "gpt-5.4" 24T11:00:01.0 - - - 7 -`,
		}},
		"gemini": {2, []string{
			`"" "sub" "gemini-2.5-pro" 24T10:00:03.0 8 0 - 9 0`,
			`"" "s1" "gemini-2.5-pro" 24T10:00:01.0 238 1,001 - 202 161`,
			`"" "s1" "gemini-2.5-flash" 24T10:00:02.0 5 - - 6 -`,
			`"" "old" "gemini-2.5-pro" 23T10:00:01.0 2 1 - 6 2`,
		}},
	} {
		got, unreadable := read(t, name, filepath.Join("testdata", name))
		check(t, name, got, strings.Join(test.want, "\n"))
		if unreadable != test.unreadable {
			t.Errorf("%s: %d lines could not be read, want %d", name, unreadable, test.unreadable)
		}
	}
}

// opencodeDB is opencode's database, open as by opencode itself unless it is closed.
func opencodeDB(t *testing.T) (path string, db *sql.DB) {
	t.Helper()
	script, err := os.ReadFile(filepath.Join("testdata", "opencode", "opencode.sql"))
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "opencode.db")
	if db, err = sql.Open("sqlite3", path); err == nil {
		_, err = db.ExecContext(t.Context(), string(script))
	}
	if err != nil {
		t.Fatal(err)
	}
	return path, db
}

// TestOpencode: while opencode runs and after, without a file more.
func TestOpencode(t *testing.T) {
	path, db := opencodeDB(t)
	want := strings.Join([]string{
		`"" "s1" "claude-sonnet-4-5" 24T10:00:01.0 100 1,000 50 35 5`,
		`"" "s1" "claude-sonnet-4-5" 24T10:00:02.0 2 20 4 7 2`,
		`"" "s1" "gpt-5.4" 24T10:00:04.0 9 0 0 8 0`,
	}, "\n")
	got, _ := read(t, "opencode", filepath.Dir(path))
	check(t, "while it runs", got, want)
	shut(t, db)
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	got, _ = read(t, "opencode", path)
	check(t, "when it has ended", got, want)
	after, err := os.ReadFile(path)
	files, err2 := os.ReadDir(filepath.Dir(path))
	if err := errors.Join(err, err2); err != nil || string(after) != string(before) || len(files) != 1 {
		t.Errorf("the database was changed, or %d files are there: %v", len(files), err)
	}
}

// TestALongLineIsPassedOver, and not kept in memory.
func TestALongLineIsPassedOver(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s1.jsonl")
	line := func(id, filling string) string {
		return `{"type":"assistant","timestamp":"2026-11-24T10:00:00Z","sessionId":"s1","filling":"` + filling + `","message":{"id":"` + id + `","model":"m","usage":{"input_tokens":1}}}` + "\n"
	}
	if err := os.WriteFile(path, []byte(line("a", "")+line("b", strings.Repeat("x", maxLine))+line("c", strings.Repeat("x", maxLine/2))), 0o600); err != nil {
		t.Fatal(err)
	}
	got, _ := read(t, "claude", path)
	check(t, "the calls", got, `"a" "s1" "m" 24T10:00:00.0 1 - - - -`+"\n"+`"c" "s1" "m" 24T10:00:00.0 1 - - - -`)
}

// TestWhatIsOlderIsNotRead: a long history need not be gone through.
func TestWhatIsOlderIsNotRead(t *testing.T) {
	dir := t.TempDir()
	old, young := filepath.Join(dir, "old.jsonl"), filepath.Join(dir, "young.jsonl")
	for path, when := range map[string]time.Time{old: at("09:00:00"), young: at("11:00:00")} {
		if err := errors.Join(os.WriteFile(path, nil, 0o600), os.Chtimes(path, when, when)); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	err := agent(t, "claude").sources([]string{dir}, at("10:00:00"), func(path string) error { got = append(got, path); return nil })
	if check(t, "the files", strings.Join(got, " "), young); err != nil {
		t.Error(err)
	}
}

func TestWhereTheLogsAre(t *testing.T) {
	none := func(string) string { return "" }
	some := func(string) string { return "/else" }
	for name, want := range map[string][2]string{
		"claude":   {"/h/.claude/projects /h/.config/claude/projects", "/else/projects"},
		"codex":    {"/h/.codex/sessions /h/.codex/archived_sessions", "/else/sessions /else/archived_sessions"},
		"copilot":  {"/h/.copilot/session-state", "/else/session-state"},
		"gemini":   {"/h/.gemini/tmp", "/else/.gemini/tmp"},
		"opencode": {"/h/.local/share/opencode/opencode.db", "/else/opencode/opencode.db"},
	} {
		a := agent(t, name)
		check(t, name, filepath.ToSlash(strings.Join(a.Places(none, "/h"), " ")), want[0])
		check(t, name, filepath.ToSlash(strings.Join(a.Places(some, "/h"), " ")), want[1])
		if got := a.Logs(none, t.TempDir()); len(got) > 0 {
			t.Errorf("%s: %v are there", name, got)
		}
	}
	if _, err := AgentOf("nobody"); err == nil || !strings.Contains(err.Error(), `"nobody": expected one of claude, codex, `) {
		t.Errorf("got %v", err)
	}
}

func TestReadingEndsWhenItIsToEnd(t *testing.T) {
	gone, leave := context.WithCancel(t.Context())
	leave()
	for _, name := range []string{"claude", "codex", "copilot", "gemini"} {
		a := agent(t, name)
		err := a.sources([]string{filepath.Join("testdata", name)}, time.Time{}, func(path string) error {
			return a.read(gone, source{path, func() {}}, func(Call) {})
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// TestNoContentIsShown: the logs in testdata hold some, beside what is read.
func TestNoContentIsShown(t *testing.T) {
	for _, a := range Agents {
		if !a.HasLogs() {
			continue
		}
		root := filepath.Join("testdata", a.Name)
		if a.Name == "opencode" {
			root, _ = opencodeDB(t)
		}
		r, err := Reconcile(t.Context(), filled(t, record("another", "x", "10:00:00", tokens(1))), Query{Agent: a, Logs: []string{root}, Since: at("00:00:00")})
		if err != nil || r.OnlyInLog.Calls == 0 {
			t.Fatalf("%s: %d calls, %v", a.Name, r.OnlyInLog.Calls, err)
		}
		var b strings.Builder
		if err := errors.Join(r.WriteJSON(&b), r.WriteText(&b, time.UTC)); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(b.String(), canary) {
			t.Errorf("%s: %s", a.Name, b.String())
		}
	}
	for _, holder := range []string{"claude/-src-app/s1.jsonl", "codex/2026/11/24/rollout-2026-11-24T10-00-00-t1.jsonl", "copilot/s1/events.jsonl", "gemini/app/chats/session-2026-11-24T10-00-s1.jsonl", "opencode/opencode.sql"} {
		if text, err := os.ReadFile(filepath.Join("testdata", holder)); err != nil || !strings.Contains(string(text), canary) {
			t.Errorf("%s holds no content, so it proves nothing: %v", holder, err)
		}
	}
}

const canary = "canary"
