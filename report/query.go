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
	By          []string            // names of Dimensions; none: only the total
	Where       map[string][]string // by names of Filters: one of these; UnknownWord is also what is unknown
	Since       time.Time           // the first instant; zero: from the beginning
	Until       time.Time           // the first instant that is too late; zero: to the end
	Location    *time.Location      // where a day begins; nil: here
	WeekStart   *time.Weekday       // nil: weeks are those of ISO 8601
	Run         string              // a run's name; empty: all
	Prices      *prices.Book        // nil: only what providers themselves said of the cost
	Breakdown   bool                // with Row.Models
	CountsTurns bool                // with Row.Turns, which takes longer
	Sort        string              // the name of a column of numbers, the greatest first, or of a dimension; "-" before it turns it around; empty: in the order of By
	Limit       int                 // at most so many rows; 0: all
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
	Sessions int64 // different ones that are known; 0: none is
	Turns    int64 // likewise; 0 unless asked for
	Counts   sums.Counts
	Models   []Row // where Query.Breakdown asks for them: one for each model, which is their group
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
		g.By = append(slices.Clone(g.By), modelName)
		question.Groupings = append(question.Groupings, g)
	}
	a, err := r.Ask(ctx, question)
	if err != nil {
		return nil, err
	}
	report := &Report{By: q.By, Since: q.Since, Until: q.Until, Coverage: newCoverage(a), counts: a.Counts, hasBreakdown: q.Breakdown}
	report.Rows, report.Total = rowsOf(a.Tables[0], q)
	slices.SortFunc(report.Rows, order)
	if q.Breakdown {
		report.breakDown(a.Tables[1], q)
	}
	if q.Limit > 0 && len(report.Rows) > q.Limit {
		report.Rows, report.Hidden = report.Rows[:q.Limit], len(report.Rows)-q.Limit
	}
	return report, nil
}

// groupingOf has the columns of the store first, then the times.
func groupingOf(q *Query) (g sums.Grouping, err error) {
	g = sums.Grouping{Apart: priced, ApartTime: prices.Period, Epoch: q.epoch, Unit: q.unit(), CountsSessions: true, CountsTurns: q.CountsTurns}
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

// rowsOf makes rows of groups. Those that are beside are rows only where they can
// be told from the others.
func rowsOf(t sums.Table, q Query) (rows []Row, total Row) {
	showsBeside := slices.Contains(q.By, "kind") || slices.Contains(q.By, "hop")
	pricing := newPricing(q.Prices)
	var all tally
	rows = make([]Row, 0, len(t.Groups))
	for _, g := range t.Groups {
		if g.IsBeside && !showsBeside {
			continue
		}
		var own tally
		for i := range g.Sums {
			own.add(&g.Sums[i], pricing)
		}
		if !g.IsBeside {
			all.join(own)
		}
		rows = append(rows, own.row(groupOf(g.By, g.Times, q.By), g.Distinct))
	}
	return rows, all.row(nil, t.Total)
}

// groupOf puts words and times into the order of by.
func groupOf(words, times, by []string) []string {
	group := make([]string, 0, len(by))
	for _, name := range by {
		if d, _ := dimensionOf(name); d.of != nil {
			group, times = append(group, times[0]), times[1:]
			continue
		}
		group, words = append(group, words[0]), words[1:]
	}
	return group
}

// breakDown gives each row its models, those with the most tokens first.
func (r *Report) breakDown(t sums.Table, q Query) {
	q.By = append(slices.Clone(q.By), modelName)
	models, _ := rowsOf(t, q)
	of := make(map[string][]Row)
	for _, m := range models {
		last := len(m.Group) - 1
		key := strings.Join(m.Group[:last], "\x00")
		m.Group = m.Group[last:]
		of[key] = append(of[key], m)
	}
	for i := range r.Rows {
		row := &r.Rows[i]
		row.Models = of[strings.Join(row.Group, "\x00")]
		slices.SortFunc(row.Models, func(a, b Row) int {
			return cmp.Or(compareKnown(b.All(), a.All()), slices.CompareFunc(a.Group, b.Group, unknownLast))
		})
	}
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
