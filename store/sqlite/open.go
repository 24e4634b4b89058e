package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/mattn/go-sqlite3"
)

// lockWait is how long SQLite itself waits for a lock; openWait how long Open
// tries, for what SQLite does not wait for (two processes that both turn a new
// file to WAL).
const (
	lockWait = time.Second
	openWait = 10 * time.Second
)

// DB is the writing side of one file. Its methods may be called from any
// goroutine; they take turns.
type DB struct {
	path string

	mu    sync.Mutex
	sql   *sql.DB       // nil: the file was moved, and none could be opened in its place yet
	files []fs.FileInfo // what sql has open, in the order of suffixes
}

// Open opens the database for writing, makes it (mode 0600) where there is
// none, and brings an older one up to date. The folder must exist. A file that
// is damaged, another program's, or of a newer wiremeter is refused and left
// as it is. Should the file be deleted, moved away or replaced later, the next
// Store says so and goes on with what is at the path.
func Open(path string) (*DB, error) {
	d := &DB{path: path}
	if err := d.open(); err != nil {
		return nil, err
	}
	return d, nil
}

func (d *DB) open() error {
	if err := create(d.path); err != nil {
		return err
	}
	before, err := os.Stat(d.path)
	if err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	db, err := connect(d.path, "mode=rw&_synchronous=FULL&_txlock=immediate&"+preparedOption, 1)
	if err != nil {
		return err
	}
	if err := prepare(context.Background(), db); err != nil {
		return errors.Join(explain(d.path, err), db.Close())
	}
	files := statAll(resolve(d.path))
	if files[0] == nil || !os.SameFile(before, files[0]) {
		return errors.Join(fmt.Errorf("open database %s: it was replaced meanwhile", d.path), db.Close())
	}
	d.sql, d.files = db, files
	return nil
}

// Close closes the file. No other method may be called after it.
func (d *DB) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.sql == nil {
		return nil
	}
	if d.isMoved() {
		_ = truncateLog(context.Background(), d.sql) // SQLite does so itself only with a file in its place
	}
	return wrap("close", d.path, d.sql.Close())
}

// create makes an empty file that nobody else can read; SQLite gives the files
// beside it the same mode. An existing file is not opened here: closing it
// again would drop the locks that this process may have on it through SQLite.
//
// The file is made under a name that only one process can have, and gets its
// own when nothing is beside it that a deleted database has left: SQLite would
// take that for its own, and another process may have it open.
func create(path string) error {
	if path == "" {
		return errors.New("open database: expected a path, got an empty one")
	}
	path = resolve(path)
	for {
		if _, err := os.Stat(path); err == nil {
			return nil
		}
		f, err := os.OpenFile(path+newSuffix, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err == nil {
			return errors.Join(f.Close(), place(path))
		}
		if !errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("make database: %w", err)
		}
		if info, err := os.Stat(path + newSuffix); err == nil && time.Since(info.ModTime()) > openWait {
			_ = os.Remove(path + newSuffix) // of a process that was killed over it
		}
		time.Sleep(5 * time.Millisecond)
	}
}

const newSuffix = "-new"

// place gives the new file its name, unless another has it by now.
func place(path string) error {
	if _, err := os.Stat(path); err == nil {
		return os.Remove(path + newSuffix)
	}
	for _, suffix := range suffixes[1:] {
		if err := os.Remove(path + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return errors.Join(err, os.Remove(path+newSuffix))
		}
	}
	return os.Rename(path+newSuffix, path)
}

func connect(path, options string, conns int) (*sql.DB, error) {
	full, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open database %s: %w", path, err)
	}
	slashed := filepath.ToSlash(full)
	if !strings.HasPrefix(slashed, "/") {
		slashed = "/" + slashed // file:///C:/…
	}
	u := url.URL{Scheme: "file", Path: slashed, RawQuery: fmt.Sprintf("%s&_busy_timeout=%d", options, lockWait.Milliseconds())}
	db, err := sql.Open("sqlite3", u.String())
	if err != nil {
		return nil, fmt.Errorf("open database %s: %w", path, err)
	}
	db.SetMaxOpenConns(conns)
	return db, nil
}

// prepare looks before it writes: WAL mode is a change of the file, and only
// wiremeter's own may be changed.
func prepare(ctx context.Context, db *sql.DB) error {
	steps := []func(context.Context, *sql.DB) error{identify, settle, migrateAll}
	deadline := time.Now().Add(openWait)
	for len(steps) > 0 {
		err := steps[0](ctx, db)
		switch code := codeOf(err); {
		case err == nil:
			steps = steps[1:]
		case code != sqlite3.ErrBusy && code != sqlite3.ErrLocked, time.Now().After(deadline):
			return err
		default:
			time.Sleep(20 * time.Millisecond)
		}
	}
	return nil
}

// settle turns WAL on, which needs no lock where it is on already, and reads
// back what must hold: the driver passes over options that it does not know, and
// WAL is not to be had on every file system.
func settle(ctx context.Context, db *sql.DB) error {
	var mode string
	if err := db.QueryRowContext(ctx, "PRAGMA journal_mode = WAL").Scan(&mode); err != nil {
		return err
	}
	if mode != "wal" {
		return fmt.Errorf("its journal mode stays %q, expected wal: is it on a network share? Choose a folder on a local disk", mode)
	}
	for pragma, expected := range map[string]int64{"synchronous": 2, "busy_timeout": lockWait.Milliseconds()} {
		var v int64
		if err := db.QueryRowContext(ctx, "PRAGMA "+pragma).Scan(&v); err != nil {
			return err
		}
		if v != expected {
			return fmt.Errorf("PRAGMA %s is %d, expected %d", pragma, v, expected)
		}
	}
	return nil
}
