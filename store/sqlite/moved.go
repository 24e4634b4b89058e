package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// errMoved says that records would have gone into a file that is not at its
// path any more.
var errMoved = errors.New("it was deleted, moved away or replaced while it was open")

// suffixes are those of the database and of the files that SQLite keeps beside
// it while it is open.
var suffixes = []string{"", "-wal", "-shm"}

// statAll returns the database and the files beside it; nil for one that is
// not there.
func statAll(path string) (all []fs.FileInfo) {
	for _, suffix := range suffixes {
		info, err := os.Stat(path + suffix)
		if err != nil {
			info = nil
		}
		all = append(all, info)
	}
	return all
}

// resolve follows links, as SQLite does, also where the last leads nowhere.
func resolve(path string) string {
	for range 8 {
		to, err := os.Readlink(path)
		if err != nil {
			return path
		}
		if !filepath.IsAbs(to) {
			to = filepath.Join(filepath.Dir(path), to)
		}
		path = to
	}
	return path
}

// isMoved reports whether the file at the path is another than the open one.
// SQLite would not notice: it writes on into a file that has no name any more.
func (d *DB) isMoved() bool {
	info, err := os.Stat(d.path)
	return errors.Is(err, fs.ErrNotExist) || err == nil && !os.SameFile(info, d.files[0])
}

// follow opens what is at the path, and makes a new file where there is none.
// It says so once with an error, before anything is written; the batch is to
// be tried again then.
func (d *DB) follow(ctx context.Context) error {
	isTold := d.sql == nil // a try before this one has let go of the old file
	if !isTold && !d.isMoved() {
		return nil
	}
	err := d.reopen(ctx)
	if err == nil && isTold {
		return nil
	}
	if err == nil {
		return &Error{Doing: "write to", Path: d.path, Result: fmt.Errorf("%w: a new one takes its place", errMoved)}
	}
	return &Error{Doing: "write to", Path: d.path, Result: fmt.Errorf("%w: %w", errMoved, err)}
}

func (d *DB) reopen(ctx context.Context) error {
	if d.sql != nil {
		if err := d.leave(ctx); err != nil {
			return err
		}
		old := d.sql
		d.sql = nil
		if err := old.Close(); err != nil {
			return err
		}
	}
	_ = os.Mkdir(filepath.Dir(resolve(d.path)), 0o700) // it may have gone with the file; if it cannot be made, nor can the file
	return d.open()
}

// leave is for a file that was moved. What is only in its log by now goes into
// it, since SQLite leaves the log behind. Then the log and its index are taken
// out of the way of a file that was put in its place: they would be read as a
// part of that. The old file's write lock keeps other processes that leave it
// from taking away what the first has made new.
func (d *DB) leave(ctx context.Context) error {
	_ = truncateLog(ctx, d.sql) // all that could be done; of a deleted file nothing counts any more
	if _, err := os.Stat(d.path); errors.Is(err, fs.ErrNotExist) {
		return nil // create cleans up
	}
	tx, err := d.sql.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // nothing was written
	path := resolve(d.path)
	for i, info := range statAll(path) {
		if i == 0 || info == nil || d.files[i] == nil || !os.SameFile(info, d.files[i]) {
			continue
		}
		if err := os.Remove(path + suffixes[i]); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

func truncateLog(ctx context.Context, db *sql.DB) error {
	_, err := db.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
	return err
}
