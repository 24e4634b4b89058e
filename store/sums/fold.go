package sums

import (
	"encoding/binary"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Fold adds up blocks by a grouping. Reduce may be called from any goroutine, all
// else is for one at a time.
type Fold struct {
	grouping  Grouping
	by, apart []int
	measures  []Measure

	words  [dimensionCount]interned // what lines are grouped by, over all blocks
	times  []interned
	keys   interned // of groups
	groups []*group // by number of their key
	alike  interned // keys of what is apart
	alikes []int    // Sum.Alike, by number of its key
	epochs map[string]int
	aparts []Alike // by Sum.Alike
	key    []byte
}

type group struct {
	Group
	places          map[int]int // in Group.Sums, by Sum.Alike; nil while they are few
	sessions, turns distinct
}

// few are found faster by looking at them.
const few = 16

// sum is the one of the group that is alike.
func (g *group) sum(alike int) *Sum {
	if g.places == nil {
		for i := range g.Sums {
			if g.Sums[i].Alike == alike {
				return &g.Sums[i]
			}
		}
	} else if at, ok := g.places[alike]; ok {
		return &g.Sums[at]
	}
	g.Sums = append(g.Sums, Sum{Alike: alike})
	switch last := len(g.Sums) - 1; {
	case g.places != nil:
		g.places[alike] = last
	case last == few:
		g.places = make(map[int]int)
		for i := range g.Sums {
			g.places[g.Sums[i].Alike] = i
		}
	}
	return &g.Sums[len(g.Sums)-1]
}

var (
	kindIndex, hopIndex      = mustIndex("kind"), mustIndex("hop")
	sessionIndex, turnsIndex = mustIndex("session_id"), mustIndex("turn_id")
)

// NewFold fails where the grouping names a dimension that does not exist.
func NewFold(g Grouping) (*Fold, error) {
	f := &Fold{grouping: g, epochs: make(map[string]int), measures: g.Measures, times: make([]interned, len(g.Times))}
	for _, place := range []struct {
		names []string
		to    *[]int
	}{{g.By, &f.by}, {g.Apart, &f.apart}} {
		for _, name := range place.names {
			d, err := indexOf(name)
			if err != nil {
				return nil, err
			}
			*place.to = append(*place.to, d)
		}
	}
	if f.measures == nil {
		for m := range measures {
			f.measures = append(f.measures, m)
		}
	}
	return f, nil
}

// Add adds what Reduce has made of a block; nil adds nothing.
func (f *Fold) Add(p *Piece) {
	if p == nil {
		return
	}
	by, apart := f.columns(p.by, f.by), f.columns(p.apart, f.apart)
	for i, t := range p.times {
		by = append(by, column{t, &f.times[i], make([]uint32, len(t.values))})
	}
	groups := make([]*group, len(p.isBeside))
	for class, isBeside := range p.isBeside {
		groups[class] = f.group(isBeside, by, class)
	}
	for class := range p.totals {
		groups[p.groups[class]].sum(f.alikeOf(p, apart, class)).Add(&p.totals[class])
	}
	f.count(p, groups)
}

// column is what the classes of a piece have of a dimension.
type column struct {
	coded[string]
	all *interned
	ids []uint32 // by code, one more; 0: not looked up yet
}

// id is the fold's number of a class's word.
func (c *column) id(class int) uint32 {
	code := c.codes[class]
	if c.ids[code] == 0 {
		c.ids[code] = c.all.idOf(c.values[code]) + 1
	}
	return c.ids[code] - 1
}

func (f *Fold) columns(of []coded[string], dimensions []int) []column {
	all := make([]column, 0, len(of)+len(f.times))
	for i, c := range of {
		all = append(all, column{c, &f.words[dimensions[i]], make([]uint32, len(c.values))})
	}
	return all
}

func (f *Fold) group(isBeside bool, by []column, class int) *group {
	key := append(f.key[:0], 0)
	if isBeside {
		key[0] = 1
	}
	for i := range by {
		key = binary.LittleEndian.AppendUint32(key, by[i].id(class))
	}
	f.key = key
	number := f.keys.id(key)
	if int(number) == len(f.groups) {
		names := named(by, class)
		f.groups = append(f.groups, &group{Group: Group{By: names[:len(f.by):len(f.by)], Times: names[len(f.by):], IsBeside: isBeside}})
	}
	return f.groups[number]
}

// named shares the fold's words, and not the memory of a block.
func named(columns []column, class int) []string {
	names := make([]string, len(columns))
	for i := range columns {
		names[i] = columns[i].all.words[columns[i].id(class)]
	}
	return names
}

// count takes in the sessions and turns of each group.
func (f *Fold) count(p *Piece, groups []*group) {
	ofSession := f.columns([]coded[string]{p.sessions.session}, []int{sessionIndex})
	for i, class := range p.sessions.groups {
		groups[class].sessions.add(uint64(ofSession[0].id(i)))
	}
	ofTurn := f.columns([]coded[string]{p.turns.session, p.turns.turn}, []int{sessionIndex, turnsIndex})
	for i, class := range p.turns.groups {
		groups[class].turns.add(uint64(ofTurn[0].id(i))<<32 | uint64(ofTurn[1].id(i)))
	}
}

// alikeOf is the Sum.Alike of a class.
func (f *Fold) alikeOf(p *Piece, apart []column, class int) int {
	key := f.key[:0]
	for i := range apart {
		key = binary.LittleEndian.AppendUint32(key, apart[i].id(class))
	}
	var at time.Time
	if len(p.at.values) > 0 {
		at = p.at.values[p.at.codes[class]]
		key = binary.LittleEndian.AppendUint64(key, uint64(at.Unix()))
	}
	f.key = key
	number := f.alike.id(key)
	if int(number) == len(f.alikes) {
		f.alikes = append(f.alikes, f.newAlike(Alike{named(apart, class), at}))
	}
	return f.alikes[number]
}

// newAlike finds one that differs only in a time that is no other to Epoch.
func (f *Fold) newAlike(a Alike) int {
	next := len(f.aparts)
	if f.grouping.Epoch != nil {
		key := strings.Join(a.Apart, "\x00") + "\x00" + strconv.FormatInt(f.grouping.Epoch(a.Apart, a.Time).Unix(), 10)
		if alike, ok := f.epochs[key]; ok {
			return alike
		}
		f.epochs[key] = next
	}
	f.aparts = append(f.aparts, a)
	return next
}

// Table is what was added up, in no order that means anything.
func (f *Fold) Table() Table {
	t := Table{Groups: make([]Group, 0, len(f.groups)), Alike: f.aparts}
	var sessions, turns distinct
	for _, g := range f.groups {
		g.Distinct = Distinct{Sessions: g.sessions.count(), Turns: g.turns.count()}
		t.Groups = append(t.Groups, g.Group)
		if !g.IsBeside {
			sessions, turns = append(sessions, g.sessions...), append(turns, g.turns...)
		}
	}
	t.Total = Distinct{Sessions: sessions.count(), Turns: turns.count()}
	return t
}

// distinct are numbers, of which some may be there more than once.
type distinct []uint64

// add makes room by leaving out what is there twice before it takes more.
func (d *distinct) add(n uint64) {
	if len(*d) == cap(*d) && len(*d) >= 1<<10 {
		d.count()
		*d = slices.Grow(*d, len(*d))
	}
	*d = append(*d, n)
}

// count leaves each number there once.
func (d *distinct) count() int64 {
	slices.Sort(*d)
	*d = slices.Compact(*d)
	return int64(len(*d))
}
