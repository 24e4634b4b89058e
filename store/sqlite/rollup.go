package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/wiremeter/wiremeter/store/sums"
	"github.com/wiremeter/wiremeter/usage"
)

// segmentRows is how many records are added up in one segment, and how many may
// wait for the next. Tests make do with fewer.
var segmentRows = int64(1 << 14)

// Progress tells how many records of how many are added up.
type Progress func(done, all int64)

// RollUp adds up the records that are in no segment yet, but for the last few. It
// is for a goroutine, or a process, of its own: records are read without a lock,
// and each segment is written in one short transaction. What it has written by
// the time ctx is done, or an error comes, stays. After each segment it waits for
// rest times as long as that took. Several may be at it at once.
func RollUp(ctx context.Context, path string, rest int, tell Progress) (err error) {
	u := &rollUp{ctx: ctx}
	for options, db := range map[string]**sql.DB{"mode=ro": &u.reader, "mode=rw&_synchronous=FULL&_txlock=immediate": &u.writer} {
		if *db, err = connect(path, options, 1); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, wrap("close", path, (*db).Close())) }()
	}
	for {
		began := time.Now()
		isDone, err := u.next(tell)
		if err != nil || isDone {
			return wrap("add up the records of", path, err)
		}
		pause := time.NewTimer(time.Duration(rest) * time.Since(began))
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return ctx.Err()
		}
	}
}

type rollUp struct {
	ctx            context.Context
	reader, writer *sql.DB
	done, all      int64 // records, since RollUp began
}

// snapshot is what one segment is made of.
type snapshot struct {
	segment
	lastID string
	edits  int64
	rows   int
	block  *sums.Block

	columns map[string][]byte
	lines   int // of the finest variant
}

// next makes one segment, and reports whether there is none to be made.
func (u *rollUp) next(tell Progress) (isDone bool, err error) {
	s, err := u.read()
	if err != nil || s == nil {
		return err == nil, err
	}
	if err := u.write(s); err != nil {
		return false, err
	}
	u.done += int64(s.rows)
	if tell != nil {
		tell(u.done, max(u.all, u.done))
	}
	return false, nil
}

// read adds up the rows of the first gap that is worth it; nil: there is none.
func (u *rollUp) read() (s *snapshot, err error) {
	tx, err := u.reader.BeginTx(u.ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rollback(tx)) }()
	segments, err := segmentsOf(u.ctx, tx)
	if err != nil {
		return nil, err
	}
	var edits, last int64
	if err := tx.QueryRowContext(u.ctx, "SELECT (SELECT count FROM edits), coalesce(max(rowid), 0) FROM exchanges").Scan(&edits, &last); err != nil {
		return nil, err
	}
	for _, gap := range gaps(segments) {
		if gap[1] == math.MaxInt64 {
			if last-gap[0]+1 < segmentRows {
				return nil, nil
			}
			u.all = u.done + last - gap[0] + 1
		}
		switch s, err := u.add(tx, gap); {
		case err != nil:
			return nil, err
		case s != nil:
			s.edits = edits
			return s, nil
		}
	}
	return nil, nil
}

// add adds up the first rows of a gap; nil: it has none.
func (u *rollUp) add(tx *sql.Tx, gap [2]int64) (*snapshot, error) {
	columns, err := sums.Columns(sums.Dimensions())
	if err != nil {
		return nil, err
	}
	rows, err := tx.QueryContext(u.ctx, fmt.Sprintf("SELECT rowid, id, %s FROM exchanges WHERE rowid >= ? AND rowid <= ? ORDER BY rowid LIMIT ?",
		strings.Join(columns, ", ")), gap[0], gap[1], segmentRows)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	s := &snapshot{segment: segment{first: gap[0], firstSlot: math.MaxInt64, lastSlot: math.MinInt64}, block: sums.NewBlock()}
	var record usage.Record
	places := append([]any{&s.last, &s.lastID}, placesOf(&record, columns)...)
	for rows.Next() {
		if err := rows.Scan(places...); err != nil {
			return nil, err
		}
		slot := sums.SlotOf(record.StartedAt)
		s.firstSlot, s.lastSlot = min(s.firstSlot, slot), max(s.lastSlot, slot)
		s.rows++
		sums.Lines(&record, s.block.Add)
	}
	if err := rows.Err(); err != nil || s.rows == 0 {
		return nil, err
	}
	s.columns = make(map[string][]byte)
	block := s.block
	for _, v := range slices.Backward(sums.Variants) { // each from a finer one
		block = v.Roll(block)
		maps.Copy(s.columns, v.Columns(block))
		s.lines = max(s.lines, block.Len())
	}
	return s, nil
}

// write keeps a segment, unless records were changed since it was read, or
// another process was faster: then it is read anew.
func (u *rollUp) write(s *snapshot) (err error) {
	tx, err := u.writer.BeginTx(u.ctx, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rollback(tx)) }()
	var edits int64
	if err := tx.QueryRowContext(u.ctx, "SELECT count FROM edits").Scan(&edits); err != nil || edits != s.edits {
		return err
	}
	segments, err := segmentsOf(u.ctx, tx)
	if err != nil {
		return err
	}
	for _, other := range segments {
		if other.first <= s.last && other.last >= s.first {
			return nil
		}
	}
	// What overlaps now cannot be read: it is of another format, or its rows were
	// numbered anew.
	const overlapping = "(SELECT first_row FROM segments WHERE first_row <= ? AND last_row >= ?)"
	for _, step := range []struct {
		text string
		args []any
	}{
		{"DELETE FROM segment_columns WHERE segment IN " + overlapping, []any{s.last, s.first}},
		{"DELETE FROM segments WHERE first_row IN " + overlapping, []any{s.last, s.first}},
		{"INSERT INTO segments (first_row, last_row, last_id, first_slot, last_slot, lines, format) VALUES (?, ?, ?, ?, ?, ?, ?)",
			[]any{s.first, s.last, s.lastID, s.firstSlot, s.lastSlot, s.lines, sums.Format}},
	} {
		if _, err := tx.ExecContext(u.ctx, step.text, step.args...); err != nil {
			return err
		}
	}
	for name, data := range s.columns {
		if _, err := tx.ExecContext(u.ctx, "INSERT INTO segment_columns (segment, name, data) VALUES (?, ?, ?)", s.first, name, data); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// Behind is about how many records are in no segment, where RollUp would make one;
// 0: it would not.
func (r *Reader) Behind(ctx context.Context) (n int64, err error) {
	tx, err := r.sql.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return 0, wrap("read", r.path, err)
	}
	defer func() { err = errors.Join(err, wrap("read", r.path, rollback(tx))) }()
	segments, err := segmentsOf(ctx, tx)
	if err != nil {
		return 0, wrap("read", r.path, err)
	}
	var last int64
	if err := tx.QueryRowContext(ctx, "SELECT coalesce(max(rowid), 0) FROM exchanges").Scan(&last); err != nil {
		return 0, wrap("read", r.path, err)
	}
	for _, gap := range gaps(segments) {
		n += min(gap[1], last) - gap[0] + 1
	}
	if n < segmentRows {
		return 0, nil
	}
	return n, nil
}
