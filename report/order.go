package report

import (
	"fmt"
	"slices"
	"strings"
)

// SortError tells what is wrong with Query.Sort.
type SortError string

func (e SortError) Error() string { return string(e) }

// orderOf compares rows. Those that are the same by Query.Sort are in the order of
// their groups, those that are beside after the others.
func orderOf(q Query) (func(a, b *Row) int, error) {
	byGroup := func(a, b *Row) int {
		order := slices.CompareFunc(a.Group, b.Group, unknownLast)
		if order == 0 && a.isBeside != b.isBeside {
			return map[bool]int{true: 1, false: -1}[a.isBeside]
		}
		return order
	}
	name, isReversed := strings.CutPrefix(q.Sort, "-")
	if name == "" {
		return byGroup, nil
	}
	first, err := comparing(name, q.By)
	if err != nil {
		return nil, err
	}
	return func(a, b *Row) int {
		order := first(a, b)
		if isReversed {
			order = -order
		}
		if order == 0 {
			return byGroup(a, b)
		}
		return order
	}, nil
}

func comparing(name string, by []string) (func(a, b *Row) int, error) {
	if at := slices.Index(by, name); at >= 0 {
		return func(a, b *Row) int { return unknownLast(a.Group[at], b.Group[at]) }, nil
	}
	names := slices.Clone(by)
	for _, c := range columns {
		if c.name == name || c.title == name {
			return func(a, b *Row) int { return compareKnown(c.of(*b), c.of(*a)) }, nil
		}
		names = append(names, c.name)
	}
	return nil, SortError(fmt.Sprintf("sort by %q: expected one of %s; with a - before it the other way round", name, strings.Join(names, ", ")))
}

// firstOf are the first rows in their order, so many at most; 0: all. It sorts no
// more than it needs.
func firstOf(rows []*Row, order func(a, b *Row) int, most int) []*Row {
	if most == 0 || len(rows) <= most {
		slices.SortFunc(rows, order)
		return rows
	}
	first := make([]*Row, 0, min(2*most, len(rows)))
	var last *Row // of the first so far; nil: there are fewer
	for _, row := range rows {
		if last != nil && order(last, row) <= 0 {
			continue
		}
		if first = append(first, row); len(first) == cap(first) {
			slices.SortFunc(first, order)
			first, last = first[:most], first[most-1]
		}
	}
	slices.SortFunc(first, order)
	return first[:min(most, len(first))]
}
