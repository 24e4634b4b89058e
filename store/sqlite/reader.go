package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"slices"

	"github.com/wiremeter/wiremeter/usage"
)

// readers is how many questions are answered at the same time.
const readers = 4

// Reader is the reading side of one file. It changes no row. Its methods may be
// called from any goroutine, while any process writes.
type Reader struct {
	path string
	file fs.FileInfo
	sql  *sql.DB
}

// OpenReader opens the database for reading. It does not make one: where there
// is none the error is fs.ErrNotExist. One of an older wiremeter is brought up
// to date first, as Open does.
func OpenReader(path string) (*Reader, error) {
	file, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("open database %s: nothing was recorded here yet: %w", path, fs.ErrNotExist)
	}
	db, err := connect(path, "mode=ro", readers)
	if err != nil {
		return nil, err
	}
	version, err := schemaOf(context.Background(), db)
	if err != nil {
		return nil, errors.Join(explain(path, err), db.Close())
	}
	if version < len(schemas) {
		if err := upgrade(path); err != nil {
			return nil, errors.Join(err, db.Close())
		}
	}
	return &Reader{path: path, file: file, sql: db}, nil
}

func upgrade(path string) error {
	d, err := Open(path)
	if err != nil {
		return err
	}
	return d.Close()
}

// Close closes the file. No other method may be called after it.
func (r *Reader) Close() error { return wrap("close", r.path, r.sql.Close()) }

// Records yields the records of the filter, oldest first, as they were when it
// began. It needs the memory of one record. An error is the last thing that it
// yields.
func (r *Reader) Records(ctx context.Context, f Filter) iter.Seq2[usage.Record, error] {
	return func(yield func(usage.Record, error) bool) {
		where, args := where(f)
		rows, err := r.sql.QueryContext(ctx, "SELECT "+columnNames()+" FROM exchanges WHERE "+where+" ORDER BY started_at, id", args...)
		if err != nil {
			yield(usage.Record{}, wrap("read", r.path, err))
			return
		}
		defer rows.Close()
		for rows.Next() {
			record, err := scan(rows)
			if err != nil {
				yield(usage.Record{}, wrap("read a record of", r.path, err))
				return
			}
			if !yield(record, nil) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(usage.Record{}, wrap("read", r.path, err))
		}
	}
}

// KnowsRun reports whether a record or a tally of the run of this name is kept.
func (r *Reader) KnowsRun(ctx context.Context, name string) (isKnown bool, err error) {
	const question = "SELECT EXISTS (SELECT 1 FROM exchanges WHERE run = ?1) OR EXISTS (SELECT 1 FROM tallies WHERE run = ?1)"
	err = r.sql.QueryRowContext(ctx, question, name).Scan(&isKnown)
	return isKnown, wrap("read", r.path, err)
}

func scan(rows *sql.Rows) (usage.Record, error) {
	var record usage.Record
	err := rows.Scan(places(&record)...)
	return record, err
}

// placesOf are where a row of these columns goes in the record.
func placesOf(record *usage.Record, names []string) []any {
	all := make([]any, len(names))
	for _, c := range columns {
		if at := slices.Index(names, c.name); at >= 0 {
			all[at] = c.of(record)
		}
	}
	return all
}

// places are where a row of columns goes in the record.
func places(record *usage.Record) []any {
	all := make([]any, len(columns))
	for i, c := range columns {
		all[i] = c.of(record)
	}
	return all
}
