package report

import (
	"cmp"
	"slices"
	"strings"

	"github.com/wiremeter/wiremeter/store/sums"
)

// rowsOf makes rows of the groups of a table, or of the models that they are
// broken down by; counted has the sessions and turns of the rows, and of all.
func rowsOf(t, counted *sums.Table, q Query) (rows []*Row, total Row) {
	of := plainRows
	if q.Breakdown {
		of = brokenRows
	}
	rows, all := of(t, counted, q)
	return rows, all.row(nil, counted.Total)
}

func plainRows(t, _ *sums.Table, q Query) (rows []*Row, total *tally) {
	all := make([]Row, 0, len(t.Groups))
	total = talliesOf(t, q, func(g *sums.Group, own *tally) {
		row := own.row(groupOf(g.By, g.Times, q.By), g.Distinct)
		row.isBeside = g.IsBeside
		all = append(all, row)
	})
	for i := range all {
		rows = append(rows, &all[i])
	}
	return rows, total
}

// broken is a row being made of its models.
type broken struct {
	tally
	group    []string
	isBeside bool
	models   []Row
	sums.Distinct
}

// brokenRows gives each row its models, those with the most tokens first.
func brokenRows(t, counted *sums.Table, q Query) (rows []*Row, total *tally) {
	all := make(map[string]*broken)
	of := func(by []string, g *sums.Group) *broken {
		key := strings.Join(slices.Concat(by, g.Times), "\x00")
		if g.IsBeside {
			key += "\x00"
		}
		b := all[key]
		if b == nil {
			b = &broken{group: groupOf(by, g.Times, q.By), isBeside: g.IsBeside}
			all[key] = b
		}
		return b
	}
	total = talliesOf(t, q, func(g *sums.Group, own *tally) {
		last := len(g.By) - 1
		b := of(g.By[:last], g)
		b.join(own)
		b.models = append(b.models, own.row(g.By[last:], g.Distinct))
	})
	if counted != t {
		for i := range counted.Groups {
			of(counted.Groups[i].By, &counted.Groups[i]).Distinct = counted.Groups[i].Distinct
		}
	}
	for _, b := range all {
		if b.models == nil {
			continue // only beside
		}
		row := b.row(b.group, b.Distinct)
		row.Models, row.isBeside = b.models, b.isBeside
		slices.SortFunc(row.Models, func(a, b Row) int {
			return cmp.Or(compareKnown(b.All(), a.All()), slices.CompareFunc(a.Group, b.Group, unknownLast))
		})
		rows = append(rows, &row)
	}
	return rows, total
}

// talliesOf prices groups. Those that are beside are rows only where they can be
// told from the others. A tally is valid until each returns.
func talliesOf(t *sums.Table, q Query, each func(g *sums.Group, own *tally)) (total *tally) {
	showsBeside := slices.Contains(q.By, "kind") || slices.Contains(q.By, "hop")
	pricing := newPricing(q.Prices, t)
	total = new(tally)
	var own tally
	for i := range t.Groups {
		g := &t.Groups[i]
		if g.IsBeside && !showsBeside {
			continue
		}
		own = tally{by: own.by[:0]}
		for i := range g.Sums {
			own.add(&g.Sums[i], pricing)
		}
		if !g.IsBeside {
			total.join(&own)
		}
		each(g, &own)
	}
	return total
}

// groupOf puts words and times into the order of by.
func groupOf(words, times, by []string) []string {
	if len(times) == 0 {
		return words
	}
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
