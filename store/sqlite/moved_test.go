package sqlite

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	recorder "github.com/wiremeter/wiremeter/store"
)

// shelter is a folder of its own with a database in it, and the path to which
// tests move things.
func shelter(t *testing.T) (path, elsewhere string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "home"), 0o700); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "home", "w.db"), filepath.Join(dir, "away.db")
}

func rename(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

// ids of the records that the file holds, which must be whole.
func ids(t *testing.T, path string) (all []string) {
	t.Helper()
	r := openReader(t, path)
	for _, record := range records(t, r, Filter{}) {
		all = append(all, record.ID)
	}
	var verdict string
	if err := r.sql.QueryRowContext(t.Context(), "PRAGMA integrity_check").Scan(&verdict); err != nil || verdict != "ok" {
		t.Errorf("%s: %v, %v", path, verdict, err)
	}
	return all
}

func TestAMovedDatabaseIsFollowedByANewOne(t *testing.T) {
	for name, test := range map[string]struct {
		move func(t *testing.T, path, away string)
		kept string // where the records before it are then
		want []string
	}{
		"deleted": {func(t *testing.T, path, _ string) { remove(t, path) }, "", []string{"r000002"}},
		"deleted with its log": {func(t *testing.T, path, _ string) {
			for _, suffix := range suffixes {
				remove(t, path+suffix)
			}
		}, "", []string{"r000002"}},
		"moved": {func(t *testing.T, path, away string) { rename(t, path, away) }, "away.db", []string{"r000002"}},
		"moved with its log": {func(t *testing.T, path, away string) {
			for _, suffix := range suffixes {
				rename(t, path+suffix, away+suffix)
			}
		}, "away.db", []string{"r000002"}},
		"moved with its folder": {func(t *testing.T, path, away string) { rename(t, filepath.Dir(path), away) }, "away.db/w.db", []string{"r000002"}},
		"replaced": {func(t *testing.T, path, away string) {
			other := away + "2"
			d, err := Open(other)
			if err != nil {
				t.Fatal(err)
			}
			store(t, d, manyRecords(9, 1))
			shut(t, d)
			rename(t, path, away)
			rename(t, other, path)
		}, "away.db", []string{"r000002", "r000009"}},
	} {
		t.Run(name, func(t *testing.T) {
			path, away := shelter(t)
			d, err := Open(path)
			if err != nil {
				t.Fatal(err)
			}
			var log bytes.Buffer
			rec := recorder.NewRecorder(d, zerolog.New(&log))
			for i := range 3 {
				if i == 2 {
					test.move(t, path, away)
				}
				rec.Record(numbered(i))
				if err := rec.Flush(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if err := rec.Close(t.Context()); err != nil || rec.Lost() > 0 {
				t.Errorf("%v, lost %d", err, rec.Lost())
			}
			shut(t, d)
			if got := ids(t, path); fmt.Sprint(got) != fmt.Sprint(test.want) {
				t.Errorf("got %v", got)
			}
			if test.kept != "" {
				if got := ids(t, filepath.Join(filepath.Dir(away), test.kept)); fmt.Sprint(got) != "[r000000 r000001]" {
					t.Errorf("the moved one has %v", got)
				}
			}
			if said := strings.Count(log.String(), `"reason":"database_moved"`); said != 1 || !strings.Contains(log.String(), "stored again") {
				t.Errorf("log:\n%s", log.String())
			}
		})
	}
}

func TestADatabaseThatIsMovedBeforeItsEndTakesItsLogAlong(t *testing.T) {
	path, away := shelter(t)
	d, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	store(t, d, manyRecords(0, 2))
	rename(t, path, away)
	shut(t, d)
	if got := ids(t, away); len(got) != 2 {
		t.Errorf("got %v", got)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("a new one was made for nothing")
	}
}

// While no file can be made, records wait; Close has nothing to close.
func TestAMovedDatabaseThatCannotBeMadeAnew(t *testing.T) {
	path, away := shelter(t)
	d, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	rename(t, filepath.Dir(path), away)
	if err := os.Symlink(filepath.Join(away, "none", "w.db"), filepath.Dir(path)); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		err := d.Store(t.Context(), manyRecords(0, 1), nil)
		if reason := reasonOf(err); reason != "database_moved" {
			t.Errorf("%s: %v", reason, err)
		}
	}
	remove(t, filepath.Dir(path))
	store(t, d, manyRecords(0, 1)) // was told already
	shut(t, d)
	if got := ids(t, path); len(got) != 1 {
		t.Errorf("got %v", got)
	}
}

func reasonOf(err error) string {
	if t, ok := err.(interface{ Reason() string }); ok { //nolint:errorlint // as it is returned
		return t.Reason()
	}
	return ""
}

// What a database that is gone has left beside its path is no part of the next
// one. A process that was killed leaves its log, and its index.
func TestWhatAnotherLeftBesideThePathIsNotRead(t *testing.T) {
	path, _ := shelter(t)
	for _, suffix := range append(suffixes[1:], newSuffix) {
		write(t, path+suffix, bytes.Repeat([]byte("left"), 10000))
	}
	old := time.Now().Add(-2 * openWait)
	if err := os.Chtimes(path+newSuffix, old, old); err != nil {
		t.Fatal(err)
	}
	d, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	store(t, d, manyRecords(0, 1))
	shut(t, d)
	if got := ids(t, path); len(got) != 1 {
		t.Errorf("got %v", got)
	}
	if files, err := os.ReadDir(filepath.Dir(path)); err != nil || len(files) > 3 {
		t.Errorf("left %v, %v", files, err)
	}
}

func TestALinkedDatabaseIsMadeWhereTheLinkLeads(t *testing.T) {
	path, target := shelter(t)
	if err := os.Symlink(target, path); err != nil {
		t.Fatal(err)
	}
	d, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	remove(t, target)
	rec := recorder.NewRecorder(d, zerolog.Nop())
	rec.Record(numbered(0))
	if err := rec.Close(t.Context()); err != nil {
		t.Error(err)
	}
	shut(t, d)
	if got := ids(t, target); len(got) != 1 {
		t.Errorf("got %v", got)
	}
	if info, err := os.Lstat(path); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		t.Errorf("%v, %v", info, err)
	}
}

// obey records one exchange for each line that it reads, and answers when that
// is stored.
func obey(path, name string) error {
	d, err := Open(path)
	if err != nil {
		return err
	}
	rec := recorder.NewRecorder(d, zerolog.Nop())
	lines := bufio.NewScanner(os.Stdin)
	for i := 0; lines.Scan(); i++ {
		r := numbered(i)
		r.ID = fmt.Sprintf("%s%d", name, i)
		rec.Record(r)
		if err := rec.Flush(context.Background()); err != nil {
			return err
		}
		fmt.Println(r.ID)
	}
	if err := rec.Close(context.Background()); err != nil {
		return err
	}
	return d.Close()
}

// obedient starts such a process. What it returns has it record once, or with
// false end.
func obedient(t *testing.T, path, name string) func(goesOn bool) {
	t.Helper()
	c := process(t, "obey", path, name)
	in, inErr := c.StdinPipe()
	out, outErr := c.StdoutPipe()
	if inErr != nil || outErr != nil {
		t.Fatal(inErr, outErr)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	answers := bufio.NewScanner(out)
	return func(goesOn bool) {
		if goesOn {
			if _, err := io.WriteString(in, "\n"); err != nil || !answers.Scan() {
				t.Fatalf("%s does not answer: %v", name, err)
			}
			return
		}
		if err := in.Close(); err != nil {
			t.Error(err)
		}
		if err := c.Wait(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestProcessesFollowAMovedDatabaseTogether(t *testing.T) {
	for name, isReplaced := range map[string]bool{"moved": false, "replaced": true} {
		t.Run(name, func(t *testing.T) {
			path, away := shelter(t)
			a, b := obedient(t, path, "a"), obedient(t, path, "b")
			a(true)
			b(true)
			rename(t, path, away)
			if isReplaced {
				d, err := Open(away + "2")
				if err != nil {
					t.Fatal(err)
				}
				shut(t, d)
				rename(t, away+"2", path)
			}
			for range 3 {
				a(true)
				b(true)
			}
			a(false)
			if got := ids(t, path); len(got) != 6 {
				t.Errorf("got %v", got)
			}
			b(true)
			b(false)
			if got := ids(t, path); len(got) != 7 {
				t.Errorf("got %v", got)
			}
			if got := ids(t, away); fmt.Sprint(got) != "[a0 b0]" {
				t.Errorf("the moved one has %v", got)
			}
		})
	}
}
