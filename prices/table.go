package prices

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Source says whose price it is.
type Source string

// In the order of their truth.
const (
	ByProvider Source = "provider"  // said on the wire, of this very request
	ByCompany  Source = "company"   // the company's own price file
	Refreshed  Source = "refreshed" // a public table that the user had read
	Embedded   Source = "embedded"  // the table in this program
)

// Alias is another name of a model, at the same provider.
type Alias struct{ Provider, Name, Model string }

// Table holds the prices of one source.
type Table struct {
	source    Source
	lines     []Line
	index     index
	discounts []Line // those of AnyModel
	memo      memo
	epochs    epochs
}

// AnyModel stands for all models of a provider in a line with a factor: it
// multiplies what the tables below ask for those that this one does not know.
const AnyModel = "*"

// name is a model's at a provider, as key makes it.
type name struct{ provider, model string }

type model struct {
	name  name
	given string // its name as it stands in the table
	lines []Line
}

// NewTable makes a table. It refuses lines that contradict each other, with the
// number of the line, from 0 on, in a LineError.
func NewTable(source Source, lines []Line, aliases []Alias) (*Table, error) {
	t := &Table{source: source, lines: slices.Clone(lines)}
	t.index = index{make(map[name]*model), make(map[name][]*model), make(map[name][]placed)}
	for i, l := range t.lines {
		if err := t.add(l); err != nil {
			return nil, &LineError{i, err}
		}
	}
	for i, l := range t.lines {
		if l.Model == AnyModel {
			continue
		}
		m := t.index.exact[name{l.Provider, key(l.Model)}]
		if l.Factor != 0 && !slices.ContainsFunc(m.lines, func(b Line) bool { return b.Factor == 0 }) {
			return nil, &LineError{i, fmt.Errorf("%s %s: a factor needs a line with prices to multiply", l.Provider, l.Model)}
		}
	}
	for _, a := range aliases {
		if err := t.alias(a); err != nil {
			return nil, err
		}
	}
	t.index.complete()
	return t, nil
}

// LineError says which line of a table is wrong.
type LineError struct {
	Line int // from 0 on
	Err  error
}

func (e *LineError) Error() string { return e.Err.Error() }
func (e *LineError) Unwrap() error { return e.Err }

func (t *Table) add(l Line) error {
	if l.Provider == "" || l.Model == "" {
		return fmt.Errorf("expected a provider and a model, got %q and %q", l.Provider, l.Model)
	}
	if !l.Until.IsZero() && !l.From.Before(l.Until) {
		return fmt.Errorf("%s %s: it ends before it begins", l.Provider, l.Model)
	}
	if l.Model == AnyModel {
		return t.addDiscount(l)
	}
	n := name{l.Provider, key(l.Model)}
	m := t.index.exact[n]
	if m == nil {
		m = &model{name: n, given: l.Model}
		t.index.exact[n] = m
	}
	for _, other := range m.lines {
		if other.When == l.When && overlap(other, l) {
			return fmt.Errorf("%s %s (%v): two prices for the same time", l.Provider, l.Model, l.When)
		}
	}
	m.lines = append(m.lines, l)
	return nil
}

func (t *Table) addDiscount(l Line) error {
	if l.Factor == 0 || l.When != (Condition{}) {
		return fmt.Errorf("%s %s: expected a factor, and no condition", l.Provider, l.Model)
	}
	if slices.ContainsFunc(t.discounts, func(other Line) bool { return other.Provider == l.Provider && overlap(other, l) }) {
		return fmt.Errorf("%s %s: two factors for the same time", l.Provider, l.Model)
	}
	t.discounts = append(t.discounts, l)
	return nil
}

func overlap(a, b Line) bool {
	return (a.Until.IsZero() || b.From.Before(a.Until)) && (b.Until.IsZero() || a.From.Before(b.Until))
}

func (t *Table) alias(a Alias) error {
	m := t.index.exact[name{a.Provider, key(a.Model)}]
	if m == nil {
		return fmt.Errorf("%s %s = %s: no price stands under that name", a.Provider, a.Name, a.Model)
	}
	n := name{a.Provider, key(a.Name)}
	if other := t.index.exact[n]; other != nil && other != m {
		return fmt.Errorf("%s %s = %s: that name has a price of its own", a.Provider, a.Name, a.Model)
	}
	t.index.exact[n] = m
	return nil
}

// pick finds the prices of a model for a request at that time: a line with
// prices, and those whose factors multiply it. Each part of the condition must be
// met by one of them. ok is false where one is not; missing is the condition, or
// "" where there is no price for that time at all.
func (m *model) pick(want Condition, at time.Time) (lines []Line, missing string, ok bool) {
	var bases, factors []Line
	for _, l := range m.lines {
		if !l.holds(at) || !l.When.within(want) {
			continue
		}
		if l.Factor == 0 {
			bases = append(bases, l)
		} else {
			factors = append(factors, l)
		}
	}
	if len(bases) == 0 {
		return nil, "", false
	}
	want.From = 0
	for _, l := range slices.Concat(bases, factors) {
		want.From = max(want.From, l.When.From)
	}
	closest := func(a, b Line) int { return cmp.Compare(b.When.closeness(), a.When.closeness()) }
	slices.SortStableFunc(bases, closest)
	slices.SortStableFunc(factors, closest)
	for _, base := range bases {
		rest := want.without(base.When)
		lines = []Line{base}
		for _, f := range factors {
			if f.When.within(rest) && (f.When.From == 0 || f.When.From == rest.From) {
				rest, lines = rest.without(f.When), append(lines, f)
			}
		}
		if rest == (Condition{}) {
			return lines, "", true
		}
	}
	return nil, want.String(), false
}

// anywhere is the geography of a line that holds in all but the ordinary one.
const anywhere = "*"

// within reports whether all that c asks for is in want.
func (c Condition) within(want Condition) bool {
	return (c.Tier == "" || c.Tier == want.Tier) && (c.Speed == "" || c.Speed == want.Speed) &&
		(c.Geo == "" || c.Geo == want.Geo || c.Geo == anywhere && want.Geo != "") && c.From <= want.From
}

// without is what is left of c when met is met. A tier of prompts is met only by
// its own.
func (c Condition) without(met Condition) Condition {
	if met.Tier != "" {
		c.Tier = ""
	}
	if met.Speed != "" {
		c.Speed = ""
	}
	if met.Geo != "" {
		c.Geo = ""
	}
	if met.From == c.From {
		c.From = 0
	}
	return c
}

// closeness is greater the more a line asks for: of two that meet the same parts
// the one for these very hours, or for this very place, is meant.
func (c Condition) closeness() int {
	n := 0
	for _, is := range []bool{c.Tier != "", c.Speed != "", c.Geo != "", c.From > 0} {
		if is {
			n += 2
		}
	}
	if c.Geo == anywhere {
		n--
	}
	if c.Times != (Times{}) {
		n++
	}
	return n
}

// Source says whose prices they are.
func (t *Table) Source() Source { return t.source }

// Lines are all prices, in the order in which they were given.
func (t *Table) Lines() []Line { return slices.Clone(t.lines) }

// Name is a model's, as it stands in a table.
type Name struct{ Provider, Model string }

// Models are those with a price, in the order of their names.
func (t *Table) Models() []Name {
	seen := make(map[*model]bool)
	var all []Name
	for _, m := range t.index.exact {
		if !seen[m] {
			seen[m] = true
			all = append(all, Name{m.name.provider, m.given})
		}
	}
	slices.SortFunc(all, func(a, b Name) int {
		return cmp.Or(cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.Model, b.Model))
	})
	return all
}
