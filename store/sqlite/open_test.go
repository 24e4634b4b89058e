package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wiremeter/wiremeter/usage"
)

func TestTheFilesAreForTheUserOnly(t *testing.T) {
	d, _ := open(t)
	store(t, d, []usage.Record{full()})
	files, err := filepath.Glob(filepath.Join(filepath.Dir(d.path), "*"))
	if err != nil || len(files) != 3 {
		t.Fatalf("want the database, -wal and -shm, got %v, %v", files, err)
	}
	for _, f := range files {
		if info, err := os.Stat(f); err != nil || info.Mode() != 0o600 {
			t.Errorf("%s: %v, %v", f, info.Mode(), err)
		}
	}
}

// raw opens the file as any program would.
func rawDB(t *testing.T, path string, statements ...string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { shut(t, db) })
	for _, s := range statements {
		if _, err := db.ExecContext(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	return db
}

func TestWhatIsNotOursIsRefusedAndLeftAlone(t *testing.T) {
	for name, test := range map[string]struct {
		make func(t *testing.T, path string)
		want []string
	}{
		"text":    {func(t *testing.T, path string) { write(t, path, []byte(strings.Repeat("no database\n", 100))) }, []string{"damaged or no SQLite database", "move it away"}},
		"foreign": {func(t *testing.T, path string) { shut(t, rawDB(t, path, "CREATE TABLE t (x)")) }, []string{"another program"}},
		"foreign with version": {func(t *testing.T, path string) {
			shut(t, rawDB(t, path, "CREATE TABLE t (x)", "PRAGMA user_version = 1"))
		}, []string{"another program"}},
		"newer": {func(t *testing.T, path string) {
			shut(t, rawDB(t, path, "CREATE TABLE t (x)", "PRAGMA user_version = 9999", "PRAGMA application_id = 0x776d7472"))
		}, []string{"version 9999", fmt.Sprintf("up to %d", len(schemas))}},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "w.db")
			test.make(t, path)
			before := read(t, path)
			_, wErr := Open(path)
			_, rErr := OpenReader(path)
			for _, err := range []error{wErr, rErr} {
				for _, want := range append(test.want, path) {
					if err == nil || !strings.Contains(err.Error(), want) {
						t.Errorf("got %v, which lacks %q", err, want)
					}
				}
			}
			if !bytes.Equal(before, read(t, path)) {
				t.Error("the file was changed")
			}
		})
	}
}

func TestADamagedFileIsNamed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "w.db")
	d, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	store(t, d, []usage.Record{full()})
	shut(t, d)
	content := read(t, path)
	for i := 100; i < 4096; i++ { // the schema's page, behind the header
		content[i] = 0xff
	}
	write(t, path, content)
	if _, err := Open(path); err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("got %v", err)
	}
}

func TestPathsThatCannotBe(t *testing.T) {
	dir := t.TempDir()
	for _, path := range []string{"", dir, filepath.Join(dir, "none", "w.db")} {
		if d, err := Open(path); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("open %q: %v, %v", path, d, err)
		}
	}
	if _, err := OpenReader(filepath.Join(dir, "w.db")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("left %v, %v", left, err)
	}
}

func TestManyOpenANewFileAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "w.db")
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			d, err := Open(path)
			if err != nil {
				t.Error(err)
				return
			}
			defer shut(t, d)
			tally := usage.Tally{At: full().StartedAt, Outcome: usage.Tunnelled, Count: 1}
			for range 20 {
				if err := storeAtLast(d, tally); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if a := ask(t, openReader(t, path), Question{}); len(a.Counts) != 1 || a.Counts[0].Count != 160 {
		t.Errorf("got %+v", a.Counts)
	}
}

// storeAtLast tries again while others have the lock, as a recorder does: SQLite
// does not keep those in order who wait for it, so that of many one can wait longer
// than lockWait.
func storeAtLast(d *DB, tally usage.Tally) error {
	for {
		err := d.Store(context.Background(), nil, []usage.Tally{tally})
		if e, ok := errors.AsType[*Error](err); !ok || e.Reason() != "database_locked" {
			return err
		}
	}
}

func TestReadingWithAndWithoutAWriter(t *testing.T) {
	path := filepath.Join(t.TempDir(), "w.db")
	d, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	r := openReader(t, path)
	store(t, d, []usage.Record{full()})
	if got := records(t, r, Filter{}); len(got) != 1 {
		t.Errorf("beside the writer: %d records", len(got))
	}
	shut(t, r)
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path + "-wal"); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("the last to close leaves the -wal: %v", err)
	}
	if got := records(t, openReader(t, path), Filter{}); len(got) != 1 {
		t.Errorf("without a writer: %d records", len(got))
	}
}

func TestALockedDatabaseOpensAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "w.db")
	d, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	store(t, d, []usage.Record{full()})
	shut(t, d)
	lock := held(t, path)
	began := time.Now()
	d, err = Open(path)
	if err != nil || time.Since(began) > lockWait/2 {
		t.Fatalf("after %v: %v", time.Since(began), err)
	}
	if _, err := lock.ExecContext(t.Context(), "ROLLBACK"); err != nil {
		t.Error(err)
	}
	shut(t, d)
}

func TestAReaderCannotWrite(t *testing.T) {
	_, r := open(t)
	if _, err := r.sql.ExecContext(t.Context(), "DELETE FROM exchanges"); err == nil {
		t.Error("it can")
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func write(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}
