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
	sql  *sql.DB
}

// Open opens the database for writing, makes it (mode 0600) where there is
// none, and brings an older one up to date. The folder must exist. A file that
// is damaged, another program's, or of a newer wiremeter is refused and left
// as it is.
func Open(path string) (*DB, error) {
	if err := create(path); err != nil {
		return nil, err
	}
	d := &DB{path: path}
	var err error
	if d.sql, err = connect(path, "mode=rw&_synchronous=FULL&_txlock=immediate", 1); err != nil {
		return nil, err
	}
	if err := d.prepare(context.Background()); err != nil {
		return nil, errors.Join(explain(path, err), d.sql.Close())
	}
	return d, nil
}

// Close closes the file. No other method may be called after it.
func (d *DB) Close() error { return wrap("close", d.path, d.sql.Close()) }

// create makes an empty file that nobody else can read; SQLite gives the files
// beside it the same mode. An existing file is not opened here: closing it
// again would drop the locks that this process may have on it through SQLite.
func create(path string) error {
	if path == "" {
		return errors.New("open database: expected a path, got an empty one")
	}
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("make database: %w", err)
	}
	return f.Close()
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
func (d *DB) prepare(ctx context.Context) error {
	steps := []func(context.Context, *sql.DB) error{identify, settle, migrateAll}
	deadline := time.Now().Add(openWait)
	for len(steps) > 0 {
		err := steps[0](ctx, d.sql)
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

// settle turns WAL on and reads back what must hold: the driver passes over
// options that it does not know, and WAL is not to be had on every file system.
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
