package report

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/wiremeter/wiremeter/prices"
	"github.com/wiremeter/wiremeter/store/sqlite"
	"github.com/wiremeter/wiremeter/store/sums"
)

// Comparison sets agents side by side, over the same records but for who asked.
type Comparison struct {
	Agents   []string
	Since    time.Time // zero: from the beginning
	Until    time.Time // zero: to the end
	Coverage Coverage  // of all of them

	sides []side // in the order of Agents
}

// side is what one agent used: all of it, and what of it is known to belong to a
// turn, and to a session.
type side struct{ all, inTurns, inSessions Row }

// Compare answers for each of the agents what a report answers. Of q, By,
// Breakdown, Sort and Limit mean nothing.
func Compare(ctx context.Context, r *sqlite.Reader, q Query, agents []string) (*Comparison, error) {
	q.By, q.Breakdown, q.Sort, q.Limit = []string{"agent"}, false, "", 0
	q.Where = narrowed(q.Where, "agent", agents)
	q.CountsSessions, q.CountsTurns = true, true
	all, err := Ask(ctx, r, q)
	if err != nil {
		return nil, err
	}
	inTurns, err := all.knowing(ctx, r, q, "turn")
	if err != nil {
		return nil, err
	}
	inSessions, err := all.knowing(ctx, r, q, "session")
	if err != nil {
		return nil, err
	}
	c := &Comparison{Agents: agents, Since: q.Since, Until: q.Until, Coverage: all.Coverage}
	for _, agent := range agents {
		c.sides = append(c.sides, side{all.rowOf(agent), inTurns(agent), inSessions(agent)})
	}
	return c, nil
}

// narrowed is a filter of which one dimension is another.
func narrowed(where map[string][]string, dimension string, values []string) map[string][]string {
	return with1(maps.Clone(where), dimension, values)
}

// knowing returns for each group of the report, which answers q, what of it has
// this dimension.
func (r *Report) knowing(ctx context.Context, from *sqlite.Reader, q Query, dimension string) (func(group string) Row, error) {
	if values := q.Where[dimension]; len(values) > 0 && !slices.Contains(values, UnknownWord) {
		return r.rowOf, nil
	}
	q.Where = narrowed(q.Where, dimension, []string{UnknownWord})
	without, err := Ask(ctx, from, q)
	if err != nil {
		return nil, err
	}
	return func(group string) Row { return r.rowOf(group).less(without.rowOf(group)) }, nil
}

// rowOf is the row of the one group of this name, or of UnknownWord for the one
// without; where there is none, an empty one.
func (r *Report) rowOf(group string) Row {
	if group == UnknownWord {
		group = ""
	}
	for _, row := range r.Rows {
		if row.Group[0] == group {
			return row
		}
	}
	return Row{}
}

// less is what of r is not in o, which is a part of it: requests, tokens and cost.
func (r Row) less(o Row) Row {
	r.Requests -= o.Requests
	t, u := &r.Tokens, o.Tokens
	for _, c := range []struct{ of, part **int64 }{
		{&t.Input, &u.Input}, {&t.CacheRead, &u.CacheRead}, {&t.CacheWrite5m, &u.CacheWrite5m}, {&t.CacheWrite1h, &u.CacheWrite1h},
		{&t.CacheWriteOther, &u.CacheWriteOther}, {&t.Output, &u.Output}, {&t.Reasoning, &u.Reasoning}, {&r.Cost.Amount, &o.Cost.Amount},
	} {
		if *c.of != nil && *c.part != nil {
			*c.of = new(**c.of - **c.part)
		}
	}
	r.Cost.Unpriced -= o.Cost.Unpriced
	r.Cost.Parts -= o.Cost.Parts
	return r
}

// measure is a line of a comparison.
type measure struct {
	name, title string
	of          func(side) *int64
	as          unit
}

// measures in their order. What is for one request is of those that have counts,
// what is for one turn or session of those that are known to belong to one. A cost of which a part is unpriced is no cost
// of one.
var measures = []measure{
	{"requests", "requests", func(s side) *int64 { return &s.all.Requests }, counted},
	{"sessions", "sessions", func(s side) *int64 { return positive(s.all.Sessions) }, counted},
	{"turns", "turns", func(s side) *int64 { return positive(s.all.Turns) }, counted},
	{"input", "input", func(s side) *int64 { return s.all.Tokens.Input }, counted},
	{"cache_read", "cache read", func(s side) *int64 { return s.all.Tokens.CacheRead }, counted},
	{"cache_write", "cache write", func(s side) *int64 { return s.all.CacheWrite() }, counted},
	{"output", "output", func(s side) *int64 { return s.all.Tokens.Output }, counted},
	{"total", "total", func(s side) *int64 { return s.all.All() }, counted},
	{"cache_hit_rate", "cache hit", func(s side) *int64 { return cacheHits(s.all) }, share},
	{"tokens_per_request", "tokens per request", func(s side) *int64 { return each(s.all.All(), s.all.Counts.N(sums.Counted)) }, counted},
	{"tokens_per_turn", "tokens per turn", func(s side) *int64 { return each(s.inTurns.All(), s.all.Turns) }, counted},
	{"tokens_per_session", "tokens per session", func(s side) *int64 { return each(s.inSessions.All(), s.all.Sessions) }, counted},
	{"cost_usd", "cost", func(s side) *int64 { return s.all.Cost.Amount }, money},
	{"unpriced", "unpriced requests", func(s side) *int64 { return &s.all.Cost.Unpriced }, counted},
	{"cost_per_turn_usd", "cost per turn", func(s side) *int64 { return each(s.inTurns.Cost.whole(), s.all.Turns) }, money},
	{"cost_per_session_usd", "cost per session", func(s side) *int64 { return each(s.inSessions.Cost.whole(), s.all.Sessions) }, money},
	{"side_call_rate", "side calls", func(s side) *int64 { return part(s.all.Counts.N(sums.Side), s.all.Counts.N(sums.Purposed)) }, share},
	{"retry_rate", "retries", func(s side) *int64 { return part(s.all.Counts.N(sums.Retried), s.all.Counts.N(sums.Numbered)) }, share},
	{"failure_rate", "failed", func(s side) *int64 { return part(s.all.Counts.N(sums.Failed), s.all.Requests) }, share},
	{"ttft_ms", "first token", func(s side) *int64 { return positive(s.all.TTFT().Milliseconds()) }, span},
	{"duration_ms", "duration", func(s side) *int64 { return meanDuration(s.all) }, span},
}

// span is in milliseconds.
var span = unit{
	people:  func(n int64, _ bool, _ prices.Currency) string { return fmt.Sprintf("%.2f s", float64(n)/1000) },
	machine: counted.machine,
}

// each is the mean, rounded half up; nil where there are none.
func each(sum *int64, of int64) *int64 {
	if sum == nil || of == 0 {
		return nil
	}
	return new((*sum + of/2) / of)
}

// part is in thousandths of a per cent, rounded down.
func part(n, of int64) *int64 {
	if of == 0 {
		return nil
	}
	return new(n * 100_000 / of)
}

// whole is nil where a part of the cost is not known.
func (c Cost) whole() *int64 {
	if c.Unpriced+c.Parts > 0 {
		return nil
	}
	return c.Amount
}

// WriteTable writes the comparison for people, an agent in each column.
func (c *Comparison) WriteTable(w io.Writer, s Style) error {
	g := &grid{left: 1, cells: [][]string{append([]string{""}, names(c.Agents)...)}}
	for _, m := range measures {
		cells := []string{m.title}
		for _, s1 := range c.sides {
			if n := m.of(s1); n != nil {
				cells = append(cells, m.as.people(*n, !s.IsShort, s1.all.Cost.in))
			} else {
				cells = append(cells, "-")
			}
		}
		g.cells = append(g.cells, cells)
	}
	b := bufio.NewWriter(w)
	g.writeAll(b, s)
	fmt.Fprintf(b, "\n%v\n", c.Coverage)
	return b.Flush()
}

func names(all []string) (shown []string) {
	for _, s := range all {
		shown = append(shown, name(s))
	}
	return shown
}

// WriteJSON writes the comparison as one JSON object: since, until, agents,
// coverage. What is unknown is null.
func (c *Comparison) WriteJSON(w io.Writer) error {
	agents := make([]object, 0, len(c.Agents))
	for i, agent := range c.Agents {
		o := object{{"agent", agent}}
		for _, m := range measures {
			var value *json.Number
			if n := m.of(c.sides[i]); n != nil {
				value = new(json.Number(m.as.machine(*n)))
			}
			o = append(o, member{m.name, value})
		}
		agents = append(agents, o)
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(object{{"since", bound(c.Since)}, {"until", bound(c.Until)}, {"agents", agents}, {"coverage", c.Coverage}})
}
