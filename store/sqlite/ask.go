package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/wiremeter/wiremeter/store/sums"
	"github.com/wiremeter/wiremeter/usage"
)

// Filter chooses records. Its zero value chooses all.
type Filter = sums.Filter

// Question asks for sums over the records of a filter.
type Question struct {
	Filter
	Groupings []sums.Grouping
}

// Answer is true of one moment.
type Answer struct {
	Tables []sums.Table // in the order of Question.Groupings
	Counts []Count

	// Untold is a dimension of the filter that tallies do not have; there are none
	// in Counts then. Empty: they are.
	Untold string
}

// Count says how many exchanges ended in one way: from the records, and from
// the tallies of all hours that the filter's time touches.
type Count struct {
	Outcome       usage.Outcome
	Reason        string
	Kind          usage.Kind // empty for tallies
	Hop           usage.Hop  // empty for tallies
	Host          string     // empty for records
	Count         int64
	Doubtful      int64 // those of Count whose counts contradict the provider's total
	RequestBytes  int64 // 0 for records
	ResponseBytes int64 // likewise
}

// ways is how records have ended.
var ways = sums.Grouping{
	By:       []string{"outcome", "reason", "kind", "hop"},
	Measures: []sums.Measure{sums.Requests, sums.Doubtful},
}

// Ask answers q. It reads segments where there are any, and the records that are
// in none. The order of what it answers means nothing.
func (r *Reader) Ask(ctx context.Context, q Question) (a Answer, err error) {
	e, err := newEvaluation(ctx, q)
	if err != nil {
		return a, err
	}
	e.tx, err = r.sql.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return a, wrap("read", r.path, err)
	}
	defer func() { err = errors.Join(err, wrap("read", r.path, rollback(e.tx))) }()
	if err := e.run(); err != nil {
		return a, wrap("add up", r.path, err)
	}
	for _, f := range e.folds[1:] {
		a.Tables = append(a.Tables, f.Table())
	}
	a.Counts = recordCounts(e.folds[0].Table())
	tallied, untold, err := tallyCounts(ctx, e.tx, q.Filter)
	if err != nil {
		return a, wrap("count", r.path, err)
	}
	a.Counts, a.Untold = append(a.Counts, tallied...), untold
	return a, nil
}

func recordCounts(t sums.Table) (all []Count) {
	for _, g := range t.Groups {
		s := &g.Sums[0]
		all = append(all, Count{
			Outcome: usage.Outcome(g.By[0]), Reason: g.By[1], Kind: usage.Kind(g.By[2]), Hop: usage.Hop(g.By[3]),
			Count: s.N(sums.Requests), Doubtful: s.N(sums.Doubtful),
		})
	}
	return all
}

const tallyCountsSQL = `SELECT outcome, reason, host, sum(count), sum(request_bytes), sum(response_bytes)
FROM tallies WHERE %s GROUP BY outcome, reason, host`

// tallied are the dimensions that tallies have.
var tallied = []string{"outcome", "provider", "host", "reason", "run"}

// tallyCounts takes whole hours. Where the filter has a dimension that tallies do
// not have, it is named, and nothing counted.
func tallyCounts(ctx context.Context, tx *sql.Tx, f Filter) (all []Count, untold string, err error) {
	for _, name := range slices.Sorted(maps.Keys(f.Is)) {
		if !slices.Contains(tallied, name) {
			return nil, name, nil
		}
	}
	if !f.Since.IsZero() {
		f.Since = f.Since.Truncate(time.Hour)
	}
	where, args := where(f)
	rows, err := tx.QueryContext(ctx, fmt.Sprintf(tallyCountsSQL, strings.ReplaceAll(where, "started_at", "hour")), args...)
	if err != nil {
		return nil, "", err
	}
	defer rows.Close()
	for rows.Next() {
		var c Count
		if err := rows.Scan(word[usage.Outcome]{&c.Outcome}, word[string]{&c.Reason}, word[string]{&c.Host}, &c.Count, &c.RequestBytes, &c.ResponseBytes); err != nil {
			return nil, "", err
		}
		all = append(all, c)
	}
	return all, "", rows.Err()
}

// where is a condition on the table exchanges, and its arguments.
func where(f Filter) (string, []any) {
	conditions, args := []string{"TRUE"}, []any(nil)
	if !f.Since.IsZero() {
		conditions, args = append(conditions, "started_at >= ?"), append(args, ceilMilli(f.Since))
	}
	if !f.Until.IsZero() {
		conditions, args = append(conditions, "started_at < ?"), append(args, ceilMilli(f.Until))
	}
	if f.Run != "" {
		conditions, args = append(conditions, "run = ?"), append(args, f.Run)
	}
	for _, name := range slices.Sorted(maps.Keys(f.Is)) {
		values := f.Is[name]
		conditions = append(conditions, isOneOf(name, values))
		for _, v := range values {
			args = append(args, v)
		}
	}
	return strings.Join(conditions, " AND "), args
}

// isOneOf leaves a column as it is where it can, for its index.
func isOneOf(name string, values []string) string {
	column := name
	if name == "model" {
		column = "coalesce(model, model_requested)"
	}
	if slices.Contains(values, "") {
		column = "coalesce(" + column + ", '')"
	}
	return column + " IN (" + strings.TrimPrefix(strings.Repeat(", ?", len(values)), ", ") + ")"
}

// ceilMilli: a record's time has whole milliseconds, so a bound between two of
// them is as good as the next.
func ceilMilli(t time.Time) int64 { return t.Add(time.Millisecond - 1).UnixMilli() }
