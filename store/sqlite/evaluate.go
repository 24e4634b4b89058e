package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wiremeter/wiremeter/store/sums"
	"github.com/wiremeter/wiremeter/usage"
)

// evaluation is one question under way, in one transaction: what it reads is of
// one moment.
type evaluation struct {
	ctx      context.Context
	tx       *sql.Tx
	filter   Filter
	folds    []*sums.Fold // the ways, then the question's groupings
	columns  []string     // of records
	variant  sums.Variant // of segments
	segments []segment
	column   *sql.Stmt

	reading sync.Mutex // of column
	adding  sync.Mutex // to folds
}

// segment has the sums of the records from one row to another.
type segment struct {
	first, last         int64
	firstSlot, lastSlot int64
}

func newEvaluation(ctx context.Context, q Question) (*evaluation, error) {
	e := &evaluation{ctx: ctx, filter: q.Filter}
	if q.Run != "" {
		e.filter.Is = map[string][]string{"run": {q.Run}}
		for name, values := range q.Is {
			e.filter.Is[name] = values
		}
		e.filter.Run = ""
	}
	var names []string
	for name := range e.filter.Is {
		names = append(names, name)
	}
	groupings := append([]sums.Grouping{ways}, q.Groupings...)
	e.variant = sums.VariantFor(e.filter, groupings)
	for _, g := range groupings {
		f, err := sums.NewFold(g)
		if err != nil {
			return nil, err
		}
		e.folds = append(e.folds, f)
		names = append(names, g.Needs()...)
	}
	var err error
	e.columns, err = sums.Columns(names)
	return e, err
}

func (e *evaluation) run() (err error) {
	if e.segments, err = segmentsOf(e.ctx, e.tx); err != nil {
		return err
	}
	if e.column, err = e.tx.PrepareContext(context.WithoutCancel(e.ctx), columnSQL); err != nil { //nolint:sqlclosecheck // the transaction closes it
		return err
	}
	w := windowOf(e.filter, e.variant.Unit())
	if err := e.addSegments(w); err != nil {
		return err
	}
	rest := newSingles(e)
	for _, edge := range w.edges {
		if err := rest.read("started_at >= ? AND started_at < ?", []any{edge[0], edge[1]}, e.isCovered); err != nil {
			return err
		}
	}
	bounds, args := where(Filter{Since: e.filter.Since, Until: e.filter.Until})
	for _, gap := range gaps(e.segments) {
		within := "rowid >= ? AND rowid <= ? AND " + strings.ReplaceAll(bounds, "started_at", "+started_at") // not by its index
		if err := rest.read(within, append([]any{gap[0], gap[1]}, args...), nil); err != nil {
			return err
		}
	}
	return rest.flush()
}

// addSegments reduces segments on all processors. What the first that cannot be
// read has for an error ends it.
func (e *evaluation) addSegments(w window) error {
	segments := slices.DeleteFunc(slices.Clone(e.segments), func(s segment) bool { return s.lastSlot < w.first || s.firstSlot >= w.end })
	ctx, fail := context.WithCancelCause(e.ctx)
	defer fail(nil)
	var begun atomic.Int64
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(segments)) {
		workers.Go(func() {
			room := new(sums.Room)
			for ctx.Err() == nil {
				next := int(begun.Add(1)) - 1
				if next >= len(segments) {
					return
				}
				if err := e.segment(segments[next], w, room); err != nil {
					fail(err)
				}
			}
		})
	}
	workers.Wait()
	return context.Cause(ctx)
}

func (e *evaluation) segment(s segment, w window, room *sums.Room) error {
	b, err := e.variant.Open(room, func(name string) (data []byte, err error) {
		e.reading.Lock()
		defer e.reading.Unlock()
		err = e.column.QueryRowContext(context.Background(), s.first, name).Scan(&data) // one that can be cancelled costs a goroutine each
		return data, err
	})
	if err != nil {
		return err
	}
	return e.fold(b, func(slot int64) bool { return slot >= w.first && slot < w.end })
}

// fold may be called from any goroutine.
func (e *evaluation) fold(b *sums.Block, isIn func(slot int64) bool) error {
	chosen, err := sums.Choose(b, e.filter, isIn)
	if err != nil {
		return err
	}
	pieces := make([]*sums.Piece, len(e.folds))
	for i, f := range e.folds {
		if pieces[i], err = f.Reduce(b, chosen); err != nil {
			return err
		}
	}
	e.adding.Lock()
	defer e.adding.Unlock()
	for i, f := range e.folds {
		f.Add(pieces[i])
	}
	return nil
}

// isCovered reports whether a row is in a segment.
func (e *evaluation) isCovered(row int64) bool {
	at := sort.Search(len(e.segments), func(i int) bool { return e.segments[i].last >= row })
	return at < len(e.segments) && e.segments[at].first <= row
}

// segmentsOf are those that can be read, in the order of their rows.
func segmentsOf(ctx context.Context, tx *sql.Tx) (all []segment, err error) {
	rows, err := tx.QueryContext(ctx, `SELECT first_row, last_row, first_slot, last_slot
FROM segments AS s JOIN exchanges AS e ON e.rowid = s.last_row AND e.id = s.last_id WHERE format = ? ORDER BY first_row`, sums.Format)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var s segment
		if err := rows.Scan(&s.first, &s.last, &s.firstSlot, &s.lastSlot); err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, rows.Err()
}

const columnSQL = "SELECT data FROM segment_columns WHERE segment = ? AND name = ?"

// gaps are the rows that are in no segment, from and to. SQLite counts from 1.
func gaps(segments []segment) (all [][2]int64) {
	next := int64(1)
	for _, s := range segments {
		if s.first > next {
			all = append(all, [2]int64{next, s.first - 1})
		}
		next = s.last + 1
	}
	return append(all, [2]int64{next, math.MaxInt64})
}

// window is a time in slots of whole units, and in milliseconds where it cuts one.
type window struct {
	first, end int64
	edges      [][2]int64
}

func windowOf(f Filter, unit time.Duration) window {
	w := window{first: math.MinInt64, end: math.MaxInt64}
	slot, slots := sums.Slot.Milliseconds(), int64(unit/sums.Slot)
	since, until := int64(math.MinInt64), int64(math.MaxInt64)
	if !f.Since.IsZero() {
		since = ceilMilli(f.Since)
		w.first = floor(since+slot*slots-1, slot*slots) * slots
	}
	if !f.Until.IsZero() {
		until = ceilMilli(f.Until)
		w.end = floor(until, slot*slots) * slots
	}
	if w.first > w.end { // within one
		w.edges = [][2]int64{{since, until}}
		return w
	}
	if !f.Since.IsZero() && w.first*slot > since {
		w.edges = append(w.edges, [2]int64{since, w.first * slot})
	}
	if !f.Until.IsZero() && w.end*slot < until {
		w.edges = append(w.edges, [2]int64{w.end * slot, until})
	}
	return w
}

func floor(n, by int64) int64 {
	if n < 0 {
		n -= by - 1
	}
	return n / by
}

// singles folds records that it reads one by one.
type singles struct {
	*evaluation
	block *sums.Block
	query string
	args  []any
}

// maxLines bounds the memory of a block.
const maxLines = 1 << 14

func newSingles(e *evaluation) *singles {
	of := Filter{Is: make(map[string][]string)}
	for name, values := range e.filter.Is {
		if sums.IsOfRecord(name) { // a part has all else from its record
			of.Is[name] = values
		}
	}
	s := &singles{evaluation: e, block: sums.NewBlock()}
	chosen, args := where(of)
	s.query, s.args = fmt.Sprintf("SELECT rowid, %s FROM exchanges WHERE %s AND ", strings.Join(e.columns, ", "), chosen), args
	return s
}

// read takes the rows of a condition that also isWanted; nil: all.
func (s *singles) read(condition string, args []any, isWanted func(row int64) bool) error {
	rows, err := s.tx.QueryContext(s.ctx, s.query+condition, append(slices.Clone(s.args), args...)...)
	if err != nil {
		return err
	}
	defer rows.Close()
	var row int64
	var record usage.Record
	places := append([]any{&row}, placesOf(&record, s.columns)...)
	for rows.Next() {
		if err := rows.Scan(places...); err != nil {
			return err
		}
		if isWanted != nil && !isWanted(row) {
			continue
		}
		sums.Lines(&record, s.block.Add)
		if s.block.Len() >= maxLines {
			if err := s.flush(); err != nil {
				return err
			}
		}
	}
	return rows.Err()
}

func (s *singles) flush() error {
	b := s.block
	s.block = sums.NewBlock()
	return s.fold(b, func(int64) bool { return true })
}
