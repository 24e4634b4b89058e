package reconcile

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/wiremeter/wiremeter/store/sqlite"
	"github.com/wiremeter/wiremeter/usage"
)

// Query says what to hold against each other.
type Query struct {
	Agent Agent
	Logs  []string  // files, or folders that are searched whole
	Since time.Time // the first instant; zero: that of the first record
	Until time.Time // the first instant that is too late; zero: now
}

// join is a reconciliation under way.
type join struct {
	Query
	result *Result

	byID    map[string]*Call // of the log
	unnamed []*Call          // of the log, without an id
	first   time.Time        // of all records
	joined  map[*Call]bool
	alone   []*wired // records of the agent that no id joins, and of unknown ones that are near to a call without an id
}

// Reconcile asks both sides.
func Reconcile(ctx context.Context, r *sqlite.Reader, q Query) (*Result, error) {
	j := &join{
		Query: q, byID: make(map[string]*Call), joined: make(map[*Call]bool),
		result: &Result{Agent: q.Agent.Name, Logs: q.Logs, ID: q.Agent.id, Since: q.Since, Until: q.Until},
	}
	if err := j.readLog(ctx, r); err != nil {
		return nil, err
	}
	if err := j.readRecords(ctx, r); err != nil {
		return nil, err
	}
	j.joinByNearness()
	j.conclude()
	return j.result, nil
}

func (j *join) readLog(ctx context.Context, r *sqlite.Reader) error {
	var since time.Time
	if !j.Since.IsZero() {
		since = j.Since.Add(-anyMargin)
	}
	defer func() { slices.SortFunc(j.unnamed, func(a, b *Call) int { return a.At.Compare(b.At) }) }()
	if j.Agent.isStated() {
		return j.readStatements(ctx, r, since)
	}
	return j.Agent.sources(j.Logs, since, func(path string) error {
		j.result.Files++
		err := j.Agent.read(ctx, source{path, func() { j.result.Unreadable++ }}, j.take)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		return nil
	})
}

// take keeps of a call that stands there more than once what was written when its
// output was the most.
func (j *join) take(c Call) {
	if c.ID == "" {
		j.unnamed = append(j.unnamed, &c)
		return
	}
	old := j.byID[c.ID]
	if old == nil {
		j.byID[c.ID] = &c
		return
	}
	old.Repeats++
	if isInWindow(c.At, j.Since, j.Until) {
		j.result.Repeated.add(c.Tokens)
	}
	if output(c) >= output(*old) {
		c.Repeats = old.Repeats
		*old = c
	}
}

func output(c Call) int64 {
	if c.Tokens.Output == nil {
		return -1
	}
	return *c.Tokens.Output
}

func (j *join) readRecords(ctx context.Context, r *sqlite.Reader) error {
	var f sqlite.Filter
	if !j.Since.IsZero() {
		f.Since = j.Since.Add(-anyMargin)
	}
	if !j.Until.IsZero() {
		f.Until = j.Until.Add(anyMargin)
	}
	for record, err := range r.Records(ctx, f) {
		if err != nil {
			return err
		}
		if j.first.IsZero() {
			j.first = record.StartedAt
		}
		j.record(&record)
	}
	return nil
}

// record joins by the id, whoever asked: it is the provider's. What is left over
// is the agent's, or may be one's that no record names.
func (j *join) record(r *usage.Record) {
	if r.Hop == usage.Gateway {
		return
	}
	w := newWired(r)
	if j.Agent.isStated() && chosen(r.ModelRequested) == "" {
		w.model = ""
	}
	if c := j.byID[w.id]; c != nil && isKnown(w.tokens) {
		j.result.ByID += j.pair(w, c)
		return
	}
	if w.isForeign && len(j.near(w)) == 0 || !w.isForeign && !j.Agent.isOf(r) {
		return
	}
	if isKnown(w.tokens) {
		j.alone = append(j.alone, w)
	} else if j.isAsked(w) && !w.isForeign {
		j.result.NoCounts++
	}
}

func (j *join) isAsked(w *wired) bool { return isInWindow(w.at, j.Since, j.Until) }

// pair notes that they are the same, and returns 1 if it was asked for them.
func (j *join) pair(w *wired, c *Call) int {
	isSecond := j.joined[c]
	j.joined[c] = true
	if !j.isAsked(w) {
		return 0
	}
	i := newItem(w, c)
	switch i.Differs = differences(w.tokens, c.Tokens); {
	case isSecond:
		j.result.Twice.take(i)
		return 0
	case len(i.Differs) > 0:
		j.result.Differing.take(i)
	default:
		j.result.Equal.add(w.tokens)
	}
	return 1
}

// near are the calls of the log without an id that may be the record's, by their
// time.
func (j *join) near(w *wired) []*Call {
	by := func(c *Call, t time.Time) int { return c.At.Compare(t) }
	from, _ := slices.BinarySearchFunc(j.unnamed, w.at.Add(-nearEqual), by)
	to, _ := slices.BinarySearchFunc(j.unnamed, w.end.Add(nearEqual), by)
	return j.unnamed[from:max(from, to)]
}

// joinByNearness joins what has no id, the nearest first, and of those what is
// equal first.
func (j *join) joinByNearness() {
	type candidate struct {
		w        *wired
		c        *Call
		isUneven bool
		distance time.Duration
	}
	var all []candidate
	for _, w := range j.alone {
		for _, c := range j.near(w) {
			if d := w.distance(c); d != neverTheSame {
				all = append(all, candidate{w, c, len(differences(w.tokens, c.Tokens)) > 0, d})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b candidate) int {
		if a.isUneven != b.isUneven {
			return map[bool]int{true: 1, false: -1}[a.isUneven]
		}
		return cmp.Compare(a.distance, b.distance)
	})
	taken := make(map[*wired]bool)
	for _, x := range all {
		if !taken[x.w] && !j.joined[x.c] {
			taken[x.w] = true
			j.result.ByNearness += j.pair(x.w, x.c)
		}
	}
	j.alone = slices.DeleteFunc(j.alone, func(w *wired) bool { return taken[w] })
}

// conclude lists what is on one side alone.
func (j *join) conclude() {
	for _, w := range j.alone {
		if !j.isAsked(w) || w.isForeign {
			continue
		}
		if w.isPrewarm {
			j.result.Prewarm.add(w.tokens)
			continue
		}
		j.result.OnlyOnWire.take(newItem(w, nil))
	}
	calls := j.unnamed
	for _, c := range j.byID {
		calls = append(calls, c)
	}
	for _, c := range calls {
		switch {
		case j.joined[c] || !isInWindow(c.At, j.Since, j.Until):
		case j.Since.IsZero() && (j.first.IsZero() || c.At.Before(j.first)):
			j.result.Before++
		default:
			j.result.OnlyInLog.take(newItem(nil, c))
		}
	}
	if j.result.Since.IsZero() {
		j.result.Since = j.first
	}
	for _, g := range []*Group{&j.result.OnlyOnWire, &j.result.OnlyInLog, &j.result.Differing, &j.result.Twice} {
		if g.Items == nil {
			g.Items = []Item{}
		}
		slices.SortFunc(g.Items, func(a, b Item) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
	}
}

func isInWindow(t, since, until time.Time) bool {
	return !t.Before(since) && (until.IsZero() || t.Before(until))
}
