package sums

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/wiremeter/wiremeter/usage"
)

// Fold adds up blocks by a grouping. It is for one goroutine.
type Fold struct {
	grouping  Grouping
	by, apart []int
	measures  []Measure

	words  [dimensionCount]interned // what lines are grouped by, over all blocks
	times  []interned
	groups map[string]*group
	cells  map[string]*Sum
	order  []*group
	total  distinct
	key    []byte
}

// interned numbers the words of a dimension.
type interned struct {
	ids   map[string]uint32
	words []string
}

func (n *interned) id(word string) uint32 {
	id, ok := n.ids[word]
	if !ok {
		if n.ids == nil {
			n.ids = make(map[string]uint32)
		}
		id = uint32(len(n.words))
		n.ids[word] = id
		n.words = append(n.words, word)
	}
	return id
}

type group struct {
	Group
	sums     []*Sum
	distinct distinct
}

type distinct struct {
	sessions map[uint32]struct{}
	turns    map[[2]uint32]struct{}
}

var (
	kindIndex, hopIndex      = mustIndex("kind"), mustIndex("hop")
	sessionIndex, turnsIndex = mustIndex("session_id"), mustIndex("turn_id")
)

// NewFold fails where the grouping names a dimension that does not exist.
func NewFold(g Grouping) (*Fold, error) {
	f := &Fold{grouping: g, groups: make(map[string]*group), cells: make(map[string]*Sum), times: make([]interned, len(g.Times)), measures: g.Measures}
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

// Add adds the lines that are chosen.
func (f *Fold) Add(b *Block, chosen Chosen) error {
	if len(chosen) == 0 {
		return nil
	}
	v, err := f.view(b)
	if err != nil {
		return err
	}
	for _, line := range chosen {
		f.add(v, int(line))
	}
	return nil
}

// view is a block as a fold sees it.
type view struct {
	by, apart       []translated
	times           []translated
	apartTimes      []int64 // by code of the slot
	slots           []uint32
	isBeside        func(line int) bool
	sessions, turns translated
	measures        []Measure
	counts          [][]uint64
}

// translated is a column of a block whose values have the numbers of the fold.
type translated struct {
	codes []uint32
	ids   []uint32
}

func (t translated) at(line int) uint32 { return t.ids[t.codes[line]] }

func (f *Fold) view(b *Block) (v view, err error) {
	if v.by, err = f.translateAll(b, f.by); err != nil {
		return v, err
	}
	if v.apart, err = f.translateAll(b, f.apart); err != nil {
		return v, err
	}
	for i, name := range f.grouping.Times {
		v.times = append(v.times, f.translateSlots(b, i, name))
	}
	if f.grouping.ApartTime != nil {
		v.slots = b.slots.codes
		for _, slot := range b.slots.values {
			v.apartTimes = append(v.apartTimes, f.grouping.ApartTime(Begin(slot)).Unix())
		}
	}
	if v.isBeside, err = beside(b); err != nil {
		return v, err
	}
	if f.grouping.CountsSessions || f.grouping.CountsTurns {
		if v.sessions, err = f.translate(b, sessionIndex); err != nil {
			return v, err
		}
	}
	if f.grouping.CountsTurns {
		if v.turns, err = f.translate(b, turnsIndex); err != nil {
			return v, err
		}
	}
	for _, m := range f.measures {
		counts, err := b.count(m)
		if err != nil {
			return v, err
		}
		v.measures, v.counts = append(v.measures, m), append(v.counts, counts)
	}
	return v, nil
}

func (f *Fold) translateAll(b *Block, dimensions []int) (all []translated, err error) {
	for _, d := range dimensions {
		t, err := f.translate(b, d)
		if err != nil {
			return nil, err
		}
		all = append(all, t)
	}
	return all, nil
}

func (f *Fold) translate(b *Block, d int) (translated, error) {
	w, err := b.word(d)
	if err != nil {
		return translated{}, err
	}
	ids := make([]uint32, len(w.values))
	for i, v := range w.values {
		ids[i] = f.words[d].id(v)
	}
	return translated{w.codes, ids}, nil
}

func (f *Fold) translateSlots(b *Block, at int, name func(time.Time) string) translated {
	ids := make([]uint32, len(b.slots.values))
	for i, slot := range b.slots.values {
		ids[i] = f.times[at].id(name(Begin(slot)))
	}
	return translated{b.slots.codes, ids}
}

// beside tells which lines belong in no total.
func beside(b *Block) (func(line int) bool, error) {
	kinds, err := b.word(kindIndex)
	if err != nil {
		return nil, err
	}
	hops, err := b.word(hopIndex)
	if err != nil {
		return nil, err
	}
	isKind, isHop := make([]bool, len(kinds.values)), make([]bool, len(hops.values))
	hasAny := false
	for i, k := range kinds.values {
		isKind[i] = k == string(usage.Prewarm)
		hasAny = hasAny || isKind[i]
	}
	for i, h := range hops.values {
		isHop[i] = h == string(usage.Gateway)
		hasAny = hasAny || isHop[i]
	}
	if !hasAny {
		return func(int) bool { return false }, nil
	}
	return func(line int) bool { return isKind[kinds.codes[line]] || isHop[hops.codes[line]] }, nil
}

func (f *Fold) add(v view, line int) {
	isBeside := v.isBeside(line)
	key := append(f.key[:0], 0)
	if isBeside {
		key[0] = 1
	}
	for _, columns := range [][]translated{v.by, v.times} {
		for _, t := range columns {
			key = binary.LittleEndian.AppendUint32(key, t.at(line))
		}
	}
	own := len(key)
	for _, t := range v.apart {
		key = binary.LittleEndian.AppendUint32(key, t.at(line))
	}
	if v.slots != nil {
		key = binary.LittleEndian.AppendUint64(key, uint64(v.apartTimes[v.slots[line]]))
	}
	f.key = key
	cell := f.cells[string(key)]
	var g *group
	if cell == nil || f.grouping.CountsSessions || f.grouping.CountsTurns {
		g = f.group(key[:own], v, line)
	}
	if cell == nil {
		cell = &Sum{Apart: f.named(f.apart, v.apart, line)}
		if v.slots != nil {
			cell.Time = time.Unix(v.apartTimes[v.slots[line]], 0).UTC()
		}
		f.cells[string(key)] = cell
		g.sums = append(g.sums, cell)
	}
	for i, m := range v.measures {
		cell.add(int(m), v.counts[i][line])
	}
	if g != nil {
		f.count(g, v, line)
	}
}

func (f *Fold) group(key []byte, v view, line int) *group {
	g := f.groups[string(key)]
	if g == nil {
		g = &group{Group: Group{By: f.named(f.by, v.by, line), IsBeside: key[0] == 1}}
		for i, t := range v.times {
			g.Times = append(g.Times, f.times[i].words[t.at(line)])
		}
		f.groups[string(key)] = g
		f.order = append(f.order, g)
	}
	return g
}

func (f *Fold) named(dimensions []int, columns []translated, line int) []string {
	if len(dimensions) == 0 {
		return nil
	}
	names := make([]string, len(dimensions))
	for i, d := range dimensions {
		names[i] = f.words[d].words[columns[i].at(line)]
	}
	return names
}

// count counts sessions and turns that are known.
func (f *Fold) count(g *group, v view, line int) {
	if !f.grouping.CountsSessions && !f.grouping.CountsTurns {
		return
	}
	session := v.sessions.at(line)
	if f.grouping.CountsSessions && f.words[sessionIndex].words[session] != "" {
		g.distinct.session(session)
		if !g.IsBeside {
			f.total.session(session)
		}
	}
	if f.grouping.CountsTurns {
		turn := v.turns.at(line)
		if f.words[turnsIndex].words[turn] == "" {
			return
		}
		g.distinct.turn(session, turn)
		if !g.IsBeside {
			f.total.turn(session, turn)
		}
	}
}

func (d *distinct) session(id uint32) {
	if d.sessions == nil {
		d.sessions = make(map[uint32]struct{})
	}
	d.sessions[id] = struct{}{}
}

func (d *distinct) turn(session, id uint32) {
	if d.turns == nil {
		d.turns = make(map[[2]uint32]struct{})
	}
	d.turns[[2]uint32{session, id}] = struct{}{}
}

func (d *distinct) counts() Distinct {
	return Distinct{Sessions: int64(len(d.sessions)), Turns: int64(len(d.turns))}
}

// Table is what was added up, in no order that means anything.
func (f *Fold) Table() Table {
	t := Table{Total: f.total.counts()}
	for _, g := range f.order {
		g.Distinct = g.distinct.counts()
		for _, s := range g.sums {
			g.Sums = append(g.Sums, *s)
		}
		t.Groups = append(t.Groups, g.Group)
	}
	return t
}

// Chosen are the lines of a block that a filter chooses.
type Chosen []int32

// Choose finds the lines that the filter chooses, of those slots that isIn says;
// the exact time and the run's name in Filter.Run are the caller's.
func Choose(b *Block, f Filter, isIn func(slot int64) bool) (Chosen, error) {
	var checks []check
	for name, values := range f.Is {
		c, err := newCheck(b, name, values)
		if err != nil || !c.hasAny {
			return nil, err
		}
		checks = append(checks, c)
	}
	slots := check{codes: b.slots.codes, is: make([]bool, len(b.slots.values))}
	for i, s := range b.slots.values {
		slots.is[i] = isIn(s)
		slots.hasAny = slots.hasAny || slots.is[i]
	}
	if !slots.hasAny {
		return nil, nil
	}
	checks = append(checks, slots)
	chosen := make(Chosen, 0, b.lines)
lines:
	for line := range b.lines {
		for _, c := range checks {
			if !c.is[c.codes[line]] {
				continue lines
			}
		}
		chosen = append(chosen, int32(line))
	}
	return chosen, nil
}

// check tells which values of a column are chosen.
type check struct {
	codes  []uint32
	is     []bool
	hasAny bool
}

func newCheck(b *Block, name string, values []string) (check, error) {
	d, err := indexOf(name)
	if err != nil {
		return check{}, fmt.Errorf("choose: %w", err)
	}
	w, err := b.word(d)
	if err != nil {
		return check{}, err
	}
	c := check{codes: w.codes, is: make([]bool, len(w.values))}
	for i, v := range w.values {
		for _, wanted := range values {
			c.is[i] = c.is[i] || v == wanted
		}
		c.hasAny = c.hasAny || c.is[i]
	}
	return c, nil
}
