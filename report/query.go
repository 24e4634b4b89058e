package report

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/wiremeter/wiremeter/store/sqlite"
	"github.com/wiremeter/wiremeter/usage"
)

// Query says what to add up, and by what.
type Query struct {
	By       []string       // names of Dimensions; none: only the total
	Since    time.Time      // the first instant; zero: from the beginning
	Until    time.Time      // the first instant that is too late; zero: to the end
	Location *time.Location // where a day begins; nil: here
	Run      string         // a run's name; empty: all
}

// day is the dimension that the store does not know: it depends on the place.
const day = "day"

// dimensions in the order in which they are named to the user, with the
// store's names.
var dimensions = []struct{ name, column string }{
	{day, ""}, {"model", "model"}, {"agent", "agent"}, {"session", "session_id"},
	{"provider", "provider"}, {"outcome", "outcome"}, {"reason", "reason"}, {"kind", "kind"}, {"run", "run"},
}

// Dimensions lists what a report can be grouped by.
func Dimensions() []string {
	var names []string
	for _, d := range dimensions {
		names = append(names, d.name)
	}
	return names
}

// Report is the answer to a Query.
type Report struct {
	By       []string
	Since    time.Time // zero: from the beginning
	Until    time.Time // zero: to the end
	Rows     []Row     // in the order of their groups, unknown last
	Total    Row       // without a group
	Coverage Coverage

	counts []sqlite.Count
}

// Row adds up one group. Prewarms stand only in rows of their own kind, and in
// no total. The model of a record is the one that its response names, else the
// one that was asked for.
type Row struct {
	Group    []string // in the order of Report.By; "" is unknown
	Requests int64    // recorded exchanges, metered or not
	Tokens   usage.Tokens
}

// CacheWrite is what was written to a cache, for whatever time; nil: unknown.
func (r Row) CacheWrite() *int64 {
	return sum(r.Tokens.CacheWrite5m, r.Tokens.CacheWrite1h, r.Tokens.CacheWriteOther)
}

// All is everything that was processed; nil: unknown. Reasoning is part of
// output already.
func (r Row) All() *int64 {
	return sum(r.Tokens.Input, r.Tokens.CacheRead, r.CacheWrite(), r.Tokens.Output)
}

// sum adds up what is known; nil when nothing is.
func sum(counts ...*int64) *int64 {
	var total *int64
	for _, c := range counts {
		if c == nil {
			continue
		}
		if total == nil {
			total = new(int64)
		}
		*total += *c
	}
	return total
}

// DimensionError tells what is wrong with Query.By.
type DimensionError string

func (e DimensionError) Error() string { return string(e) }

// Ask answers q from what r's database holds at this moment. Its error is a
// DimensionError, or the database's.
func Ask(ctx context.Context, r *sqlite.Reader, q Query) (*Report, error) {
	columns, err := columnsOf(q.By)
	if err != nil {
		return nil, err
	}
	a, err := r.Ask(ctx, sqlite.Question{
		Filter: sqlite.Filter{Since: q.Since, Until: q.Until, Run: q.Run},
		By:     append(columns, "kind"), // to tell prewarms
		BySlot: slices.Contains(q.By, day),
	})
	if err != nil {
		return nil, err
	}
	report := &Report{By: q.By, Since: q.Since, Until: q.Until, Coverage: newCoverage(a.Counts), counts: a.Counts}
	report.Rows, report.Total = fold(a.Sums, q)
	return report, nil
}

// columnsOf returns the store's names, without the day.
func columnsOf(by []string) ([]string, error) {
	var columns []string
	for i, name := range by {
		if slices.Contains(by[:i], name) {
			return nil, DimensionError(fmt.Sprintf("group by %s: it is named twice", name))
		}
		at := slices.IndexFunc(dimensions, func(d struct{ name, column string }) bool { return d.name == name })
		if at < 0 {
			return nil, DimensionError(fmt.Sprintf("group by %q: expected one or more of %s", name, strings.Join(Dimensions(), ", ")))
		}
		if name != day {
			columns = append(columns, dimensions[at].column)
		}
	}
	return columns, nil
}

// fold gathers the store's sums, which are finer, into rows.
func fold(sums []sqlite.Sum, q Query) ([]Row, Row) {
	var total Row
	rows := make(map[string]*Row)
	showsKind := slices.Contains(q.By, "kind")
	for _, s := range sums {
		isPrewarm := s.By[len(s.By)-1] == string(usage.Prewarm)
		if isPrewarm && !showsKind {
			continue
		}
		group := groupOf(s, q)
		key := strings.Join(group, "\x00")
		if rows[key] == nil {
			rows[key] = &Row{Group: group}
		}
		rows[key].add(s)
		if !isPrewarm {
			total.add(s)
		}
	}
	all := make([]Row, 0, len(rows))
	for _, row := range rows {
		all = append(all, *row)
	}
	slices.SortFunc(all, func(a, b Row) int { return slices.CompareFunc(a.Group, b.Group, unknownLast) })
	return all, total
}

func groupOf(s sqlite.Sum, q Query) []string {
	group, columns := make([]string, 0, len(q.By)), s.By
	for _, name := range q.By {
		if name == day {
			group = append(group, s.Slot.In(cmp.Or(q.Location, time.Local)).Format(time.DateOnly))
			continue
		}
		group, columns = append(group, columns[0]), columns[1:]
	}
	return group
}

func unknownLast(a, b string) int {
	if (a == "") != (b == "") {
		return cmp.Compare(b, a)
	}
	return cmp.Compare(a, b)
}

func (r *Row) add(s sqlite.Sum) {
	r.Requests += s.Requests
	t, u := &r.Tokens, s.Tokens
	t.Input = sum(t.Input, u.Input)
	t.CacheRead = sum(t.CacheRead, u.CacheRead)
	t.CacheWrite5m = sum(t.CacheWrite5m, u.CacheWrite5m)
	t.CacheWrite1h = sum(t.CacheWrite1h, u.CacheWrite1h)
	t.CacheWriteOther = sum(t.CacheWriteOther, u.CacheWriteOther)
	t.Output = sum(t.Output, u.Output)
	t.Reasoning = sum(t.Reasoning, u.Reasoning)
}
