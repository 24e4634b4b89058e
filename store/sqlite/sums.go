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

	"github.com/wiremeter/wiremeter/usage"
)

// Slot is the unit of time by which [Reader.Ask] groups. The offset of every
// time zone is a multiple of it, so a local day is a whole number of slots.
const Slot = 15 * time.Minute

// Question asks for sums over the records of a filter.
type Question struct {
	Filter
	By     []string // groups: model agent session_id provider outcome reason kind run; none: one group
	BySlot bool     // groups by Slot, too
}

// Answer is true of one moment.
type Answer struct {
	Sums   []Sum
	Counts []Count
}

// unbilled is the role of parts that are kept and not added up: what a model
// had used when it declined, and another took its place. Nobody says that this
// is billed.
const unbilled = "fallback_declined"

// Sum adds up the records of one group, and what their parts say beside them,
// but for those that are not billed.
// The model of a record is the one that its response names, else the one that
// was asked for; a part with a model of its own stands in the group of that.
type Sum struct {
	By       []string     // the group, in the order of Question.By; "" is unknown
	Slot     time.Time    // its begin; zero unless asked for
	Requests int64        // records; a part is none
	Tokens   usage.Tokens // nil where no record of the group knows the count
}

// Count says how many exchanges ended in one way: from the records, and from
// the tallies of all hours that the filter's time touches.
type Count struct {
	Outcome       usage.Outcome
	Reason        string
	Kind          usage.Kind // empty for tallies
	Host          string     // empty for records
	Count         int64
	Doubtful      int64 // those of Count whose counts contradict the provider's total
	RequestBytes  int64
	ResponseBytes int64
}

// groupable are the columns to group by: what stands there for a record, and
// for a part.
var groupable = map[string]struct{ own, part string }{
	"model":      {"coalesce(model, model_requested)", "coalesce(part.value ->> 'model', model, model_requested)"},
	"agent":      {"agent", "agent"},
	"session_id": {"session_id", "session_id"},
	"provider":   {"provider", "provider"},
	"outcome":    {"outcome", "outcome"},
	"reason":     {"reason", "reason"},
	"kind":       {"kind", "kind"},
	"run":        {"run", "run"},
}

// Ask answers q. The order of the sums and counts means nothing.
func (r *Reader) Ask(ctx context.Context, q Question) (a Answer, err error) {
	for _, by := range q.By {
		if _, ok := groupable[by]; !ok {
			return a, fmt.Errorf("group by %q: expected one of %s", by, strings.Join(slices.Sorted(maps.Keys(groupable)), ", "))
		}
	}
	tx, err := r.sql.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return a, wrap("read", r.path, err)
	}
	defer func() { err = errors.Join(err, wrap("read", r.path, rollback(tx))) }()
	if a.Sums, err = sums(ctx, tx, q); err != nil {
		return a, wrap("add up", r.path, err)
	}
	if a.Counts, err = counts(ctx, tx, q.Filter); err != nil {
		return a, wrap("count", r.path, err)
	}
	return a, nil
}

var tokenColumns = []string{"input", "cache_read", "cache_write_5m", "cache_write_1h", "cache_write_other", "output", "reasoning"}

// sumsSQL takes the records and their parts as one list of lines.
func sumsSQL(q Question) (string, []any) {
	own, parts := []string{"1 AS requests"}, []string{"0"}
	total := []string{"sum(requests)"}
	var groups []string
	add := func(name, ownValue, partValue string) {
		own, parts = append(own, ownValue+" AS "+name), append(parts, partValue)
	}
	if q.BySlot {
		slot := fmt.Sprintf("started_at / %d", Slot.Milliseconds())
		add("slot", slot, slot)
		groups = append(groups, "slot")
	}
	for _, by := range q.By {
		add("by_"+by, groupable[by].own, groupable[by].part)
		groups = append(groups, "by_"+by)
	}
	for _, c := range tokenColumns {
		add(c, c, fmt.Sprintf("part.value ->> '$.tokens.%s'", c))
		total = append(total, "sum("+c+")")
	}
	where, args := q.where()
	text := "WITH lines AS (SELECT " + strings.Join(own, ", ") + " FROM exchanges WHERE " + where +
		" UNION ALL SELECT " + strings.Join(parts, ", ") + " FROM exchanges, json_each(parts) AS part WHERE " + where +
		" AND part.value ->> 'role' IS NOT '" + unbilled + "') SELECT " + strings.Join(append(total, groups...), ", ") + " FROM lines"
	if len(groups) > 0 {
		text += " GROUP BY " + strings.Join(groups, ", ")
	}
	return text, append(args, args...)
}

func sums(ctx context.Context, tx *sql.Tx, q Question) (all []Sum, err error) {
	text, args := sumsSQL(q)
	rows, err := tx.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		s := Sum{By: make([]string, len(q.By))}
		var requests sql.NullInt64 // NULL without a group and a record
		var slot int64
		t := &s.Tokens
		places := []any{&requests, count{&t.Input}, count{&t.CacheRead}, count{&t.CacheWrite5m}, count{&t.CacheWrite1h}, count{&t.CacheWriteOther}, count{&t.Output}, count{&t.Reasoning}}
		if q.BySlot {
			places = append(places, &slot)
		}
		for i := range s.By {
			places = append(places, word[string]{&s.By[i]})
		}
		if err := rows.Scan(places...); err != nil {
			return nil, err
		}
		if s.Requests = requests.Int64; q.BySlot {
			s.Slot = time.UnixMilli(slot * Slot.Milliseconds()).UTC()
		}
		if requests.Valid {
			all = append(all, s)
		}
	}
	return all, rows.Err()
}

const recordCountsSQL = `SELECT outcome, reason, kind, NULL, count(*), sum(is_doubtful), sum(request_bytes), sum(response_bytes)
FROM exchanges WHERE %s GROUP BY outcome, reason, kind`

const tallyCountsSQL = `SELECT outcome, reason, NULL, host, sum(count), 0, sum(request_bytes), sum(response_bytes)
FROM tallies WHERE %s GROUP BY outcome, reason, host`

func counts(ctx context.Context, tx *sql.Tx, f Filter) ([]Count, error) {
	where, args := f.where()
	all, err := scanCounts(tx.QueryContext(ctx, fmt.Sprintf(recordCountsSQL, where), args...))
	if err != nil {
		return all, err
	}
	hours := f
	if !f.Since.IsZero() {
		hours.Since = f.Since.Truncate(time.Hour)
	}
	where, args = hours.where()
	tallied, err := scanCounts(tx.QueryContext(ctx, fmt.Sprintf(tallyCountsSQL, strings.ReplaceAll(where, "started_at", "hour")), args...))
	return append(all, tallied...), err
}

func scanCounts(rows *sql.Rows, err error) (all []Count, _ error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var c Count
		err := rows.Scan(word[usage.Outcome]{&c.Outcome}, word[string]{&c.Reason}, word[usage.Kind]{&c.Kind},
			word[string]{&c.Host}, &c.Count, &c.Doubtful, &c.RequestBytes, &c.ResponseBytes)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, rows.Err()
}
