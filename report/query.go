package report

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/wiremeter/wiremeter/prices"
	"github.com/wiremeter/wiremeter/store/sqlite"
	"github.com/wiremeter/wiremeter/store/sums"
	"github.com/wiremeter/wiremeter/usage"
)

// Query says what to add up, and by what.
type Query struct {
	By             []string            // names of Dimensions; none: only the total
	Where          map[string][]string // by names of Filters: one of these; UnknownWord is also what is unknown
	Since          time.Time           // the first instant; zero: from the beginning
	Until          time.Time           // the first instant that is too late; zero: to the end
	Location       *time.Location      // where a day begins; nil: here
	WeekStart      *time.Weekday       // nil: weeks are those of ISO 8601
	Run            string              // a run's name; empty: all
	Prices         *prices.Book        // nil: only what providers themselves said of the cost
	Breakdown      bool                // with Row.Models
	CountsSessions bool                // with Row.Sessions, which takes longer
	CountsTurns    bool                // with Row.Turns, likewise
	Sort           string              // the name of a column of numbers, the greatest first, or of a dimension; "-" before it turns it around; empty: in the order of By
	Limit          int                 // at most so many rows; 0: all
}

// Report is the answer to a Query.
type Report struct {
	By       []string
	Since    time.Time // zero: from the beginning
	Until    time.Time // zero: to the end
	Rows     []Row     // as Query.Sort says; in the order of their groups unknown comes last
	Hidden   int       // rows beyond Query.Limit
	Total    Row       // without a group, of all rows
	Coverage Coverage

	counts       []sqlite.Count
	hasBreakdown bool
}

// Row adds up one group. Prewarms and the ways to gateways that asked through
// wiremeter, too, stand only in rows of their own kind or hop, and in no total.
// The model of a record is the one that its response names, else the one that was
// asked for.
type Row struct {
	Group    []string // in the order of Report.By; "" is unknown
	Requests int64    // recorded exchanges, metered or not
	Tokens   usage.Tokens
	Cost     Cost
	Sessions int64 // different ones that are known; 0: none is, or they were not asked for
	Turns    int64 // likewise
	Counts   sums.Counts
	Models   []Row // where Query.Breakdown asks for them: one for each model, which is their group

	isBeside bool // see sums.Group
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

// CacheHits is the part of the prompts that was read from a cache; nil: unknown.
func (r Row) CacheHits() *float64 {
	prompt := sum(r.Tokens.Input, r.Tokens.CacheRead, r.CacheWrite())
	if r.Tokens.CacheRead == nil || *prompt == 0 {
		return nil
	}
	return new(float64(*r.Tokens.CacheRead) / float64(*prompt))
}

// TTFT is the mean of those that are known; 0: none is.
func (r Row) TTFT() time.Duration { return r.mean(sums.TTFT, r.Counts.N(sums.Timed)) }

// Duration is the mean; 0: there are no requests.
func (r Row) Duration() time.Duration { return r.mean(sums.Duration, r.Requests) }

func (r Row) mean(m sums.Measure, of int64) time.Duration {
	if of == 0 {
		return 0
	}
	return time.Duration(r.Counts.N(m)) * time.Millisecond / time.Duration(of)
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

// DimensionError tells what is wrong with Query.By, or with Query.Where.
type DimensionError string

func (e DimensionError) Error() string { return string(e) }

// Ask answers q from what r's database holds at this moment. Its error is a
// DimensionError, a SortError, or the database's.
func Ask(ctx context.Context, r *sqlite.Reader, q Query) (*Report, error) {
	g, err := groupingOf(&q)
	if err != nil {
		return nil, err
	}
	order, err := orderOf(q)
	if err != nil {
		return nil, err
	}
	filter, err := q.Filter()
	if err != nil {
		return nil, err
	}
	question := sqlite.Question{Filter: filter, Groupings: []sums.Grouping{g}}
	if q.Breakdown {
		question.Groupings[0].By = append(slices.Clone(g.By), modelName)
		if q.CountsSessions || q.CountsTurns { // those of a row are not the sum of its models'
			question.Groupings = append(question.Groupings, distinctOnly(g))
		}
	}
	a, err := r.Ask(ctx, question)
	if err != nil {
		return nil, err
	}
	report := &Report{By: q.By, Since: q.Since, Until: q.Until, Coverage: newCoverage(a), counts: a.Counts, hasBreakdown: q.Breakdown}
	rows, total := rowsOf(&a.Tables[0], &a.Tables[len(a.Tables)-1], q)
	report.Total = total
	all := len(rows)
	rows = firstOf(rows, order, q.Limit)
	report.Hidden = all - len(rows)
	report.Rows = make([]Row, len(rows))
	for i, row := range rows {
		report.Rows[i] = *row
	}
	return report, nil
}

// distinctOnly is a grouping that counts nothing but sessions and turns.
func distinctOnly(g sums.Grouping) sums.Grouping {
	g.Apart, g.ApartTime, g.Epoch, g.Measures = nil, nil, nil, []sums.Measure{}
	return g
}

// groupingOf has the columns of the store first, then the times.
func groupingOf(q *Query) (g sums.Grouping, err error) {
	g = sums.Grouping{Apart: priced, ApartTime: prices.Period, Epoch: q.epoch, Unit: q.unit(), CountsSessions: q.CountsSessions, CountsTurns: q.CountsTurns}
	for i, name := range q.By {
		if slices.Contains(q.By[:i], name) {
			return g, DimensionError(fmt.Sprintf("group by %s: it is named twice", name))
		}
		d, ok := dimensionOf(name)
		switch {
		case !ok:
			return g, DimensionError(fmt.Sprintf("group by %q: expected one or more of %s", name, strings.Join(Dimensions(), ", ")))
		case d.of == nil:
			g.By = append(g.By, d.column)
		default:
			g.Times = append(g.Times, func(slot time.Time) string { return d.of(slot.In(cmp.Or(q.Location, time.Local)), q) })
		}
	}
	return g, nil
}

func (q *Query) epoch(apart []string, at time.Time) time.Time {
	return orNone(q.Prices).Epoch(apart[atProvider], at)
}

// unit is how long it is the same hour, day or month wherever the query is. Hours
// begin with those of UTC almost everywhere.
func (q *Query) unit() time.Duration {
	at, end := q.Since, q.Until
	if at.IsZero() {
		at = time.Unix(0, 0)
	}
	if end.IsZero() {
		end = time.Now().AddDate(1, 0, 0)
	}
	for at = at.In(cmp.Or(q.Location, time.Local)); at.Before(end); {
		_, offset := at.Zone()
		_, change := at.ZoneBounds()
		if offset%3600 != 0 || change.Unix()%3600 != 0 && !change.IsZero() {
			return sums.Slot
		}
		if change.IsZero() {
			break
		}
		at = change
	}
	return time.Hour
}

func unknownLast(a, b string) int {
	if (a == "") != (b == "") {
		return cmp.Compare(b, a)
	}
	return cmp.Compare(a, b)
}

// compareKnown takes what is unknown for less than 0.
func compareKnown(a, b *int64) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return -1
	case b == nil:
		return 1
	}
	return cmp.Compare(*a, *b)
}

// Values lists what is known of a dimension that can be filtered by, whenever it
// was.
func Values(ctx context.Context, r *sqlite.Reader, name string) ([]string, error) {
	d, ok := dimensionOf(name)
	if !ok || d.column == "" {
		return nil, DimensionError(fmt.Sprintf("values of %q: expected one of %s", name, strings.Join(Filters(), ", ")))
	}
	a, err := r.Ask(ctx, sqlite.Question{Groupings: []sums.Grouping{{By: []string{d.column}, Measures: []sums.Measure{sums.Requests}}}})
	if err != nil {
		return nil, err
	}
	all := make(map[string]bool)
	for _, g := range a.Tables[0].Groups {
		all[g.By[0]] = true
	}
	delete(all, "")
	return slices.Sorted(maps.Keys(all)), nil
}
