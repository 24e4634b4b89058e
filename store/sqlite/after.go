package sqlite

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"os"

	"github.com/wiremeter/wiremeter/usage"
)

// Position is a place in the order in which records were stored, which is not
// that of their times: a record is stored when its exchange ends. 0 is before
// the first. It is one of this file, and lasts as long as that.
type Position int64

// Stored is a record and its place.
type Stored struct {
	usage.Record
	At Position
}

// Tail is the place behind which the last n records of the filter stand; with a
// negative n, all.
func (r *Reader) Tail(ctx context.Context, n int, f Filter) (p Position, err error) {
	if n < 0 {
		return 0, nil
	}
	where, args := where(f)
	err = r.sql.QueryRowContext(ctx, "SELECT coalesce((SELECT rowid FROM exchanges WHERE "+where+" ORDER BY rowid DESC LIMIT 1 OFFSET ?), 0)", append(args, n)...).Scan(&p)
	return p, wrap("read", r.path, err)
}

// PlaceOf is the place of the record with this id; 0 where there is none.
func (r *Reader) PlaceOf(ctx context.Context, id string) (p Position, err error) {
	err = r.sql.QueryRowContext(ctx, "SELECT coalesce(max(rowid), 0) FROM exchanges WHERE id = ?", id).Scan(&p)
	return p, wrap("read", r.path, err)
}

// After yields the records of the filter behind a place, in the order in which
// they were stored. An error is the last thing that it yields.
func (r *Reader) After(ctx context.Context, p Position, f Filter) iter.Seq2[Stored, error] {
	return func(yield func(Stored, error) bool) {
		where, args := where(f)
		rows, err := r.sql.QueryContext(ctx, "SELECT rowid, "+columnNames()+" FROM exchanges WHERE rowid > ? AND "+where+" ORDER BY rowid", append([]any{int64(p)}, args...)...)
		if err != nil {
			yield(Stored{}, wrap("read", r.path, err))
			return
		}
		defer rows.Close()
		for rows.Next() {
			var s Stored
			if err := rows.Scan(append([]any{&s.At}, places(&s.Record)...)...); err != nil {
				yield(Stored{}, wrap("read a record of", r.path, err))
				return
			}
			if !yield(s, nil) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(Stored{}, wrap("read", r.path, err))
		}
	}
}

// IsMoved reports whether the file at the path is another than the open one, or
// none: what is stored from now on is not seen by this Reader.
func (r *Reader) IsMoved() bool {
	info, err := os.Stat(r.path)
	return errors.Is(err, fs.ErrNotExist) || err == nil && !os.SameFile(info, r.file)
}
