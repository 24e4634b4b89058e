package transcript

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wiremeter/wiremeter/store/sqlite"
	"github.com/wiremeter/wiremeter/usage"
)

func n(v int64) *int64 { return &v }

func when(hours int) time.Time {
	return time.Date(2026, 11, 24, 10, 0, 0, 5e6, time.UTC).Add(time.Duration(hours) * time.Hour)
}

// record is one of a session of Claude Code's.
func record(id string) usage.Record {
	return usage.Record{
		ID: id, StartedAt: when(0), Outcome: usage.Metered, Provider: "anthropic", Kind: usage.Model,
		Attribution: usage.Attribution{Agent: "claude-code", AgentVersion: "2.1.330", SessionID: "s1", Dir: "/src/my_app", Branch: "main"},
		Response: usage.Response{ID: "msg_" + id, Model: "claude-opus-5", StopReason: "end_turn", Tokens: usage.Tokens{
			Input: n(1), CacheRead: n(20), CacheWrite5m: n(300), CacheWrite1h: n(4000), Output: n(50000), Reasoning: n(7),
		}},
		RequestID: "req_" + id,
	}
}

func records(ids ...string) (all []usage.Record) {
	for _, id := range ids {
		all = append(all, record(id))
	}
	return all
}

func with(r usage.Record, change func(*usage.Record)) usage.Record {
	change(&r)
	return r
}

func openFolder(t *testing.T, dir string) *Folder {
	t.Helper()
	f, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func add(t *testing.T, f *Folder, records ...usage.Record) {
	t.Helper()
	if err := f.Add(records); err != nil {
		t.Fatal(err)
	}
}

func shut(t *testing.T, c interface{ Close() error }) {
	t.Helper()
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

// uuids are those of all lines below dir, by file, and of each file in its order.
func uuids(t *testing.T, dir string) string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".jsonl" {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		var ids []string
		for line := range strings.Lines(string(text)) {
			var e event
			if err := json.Unmarshal([]byte(line), &e); err != nil || !strings.HasSuffix(line, "\n") {
				ids = append(ids, "broken")
				continue
			}
			ids = append(ids, e.UUID)
		}
		all = append(all, filepath.ToSlash(name)+": "+strings.Join(ids, " "))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(all)
	return strings.Join(all, "\n")
}

func check(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got\n%s\nwant\n%s", what, got, want)
	}
}

// world is a database and a folder beside it.
type world struct {
	*testing.T
	database, dir string
}

func newWorld(t *testing.T) *world {
	dir := t.TempDir()
	return &world{t, filepath.Join(dir, "w.db"), filepath.Join(dir, "projects")}
}

func (w *world) store(ids ...string) {
	w.Helper()
	w.put(records(ids...)...)
}

func (w *world) put(records ...usage.Record) {
	w.Helper()
	d, err := sqlite.Open(w.database)
	if err != nil {
		w.Fatal(err)
	}
	if err := errors.Join(d.Store(w.Context(), records, nil), d.Close()); err != nil {
		w.Fatal(err)
	}
}

// follower is one of a process that starts.
func (w *world) follower() *Follower { return NewFollower(openFolder(w.T, w.dir), w.database) }

func (w *world) catchUp(f *Follower) {
	w.Helper()
	if err := f.CatchUp(w.Context()); err != nil {
		w.Fatal(err)
	}
}

// once follows in a process of its own.
func (w *world) once() {
	w.Helper()
	f := w.follower()
	w.catchUp(f)
	shut(w.T, f)
}

func (w *world) requireLines(ids ...string) {
	w.Helper()
	want := ""
	if len(ids) > 0 {
		want = fmt.Sprintf("%s: %s", session, strings.Join(ids, " "))
	}
	check(w.T, "the lines", uuids(w.T, w.dir), want)
}

const session = "-src-my-app/s1.jsonl"

func (w *world) file() string { return filepath.Join(w.dir, filepath.FromSlash(session)) }
