package sums

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"
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
	order  []*group
	alike  map[string]int

	apartTimes map[int64]time.Time // by slot
	epochs     map[string]int
	aparts     []Sum // without counts, by Sum.Alike
	total      distinct
	key        []byte
}

// interned numbers the words of a dimension.
type interned struct {
	ids    map[string]uint32
	words  []string
	ofSlot map[int64]uint32 // of times
}

func (n *interned) id(word string) uint32 {
	id, ok := n.ids[word]
	if !ok {
		if n.ids == nil {
			n.ids = make(map[string]uint32)
		}
		word = strings.Clone(word) // not the memory of its block
		id = uint32(len(n.words))
		n.ids[word] = id
		n.words = append(n.words, word)
	}
	return id
}

type group struct {
	Group
	places   map[int]int // in Group.Sums, by Sum.Alike; nil while they are few
	distinct distinct
}

// few are found faster by looking at them.
const few = 16

// sum is the one of the group that is alike.
func (g *group) sum(alike Sum) *Sum {
	if g.places == nil {
		at := slices.IndexFunc(g.Sums, func(s Sum) bool { return s.Alike == alike.Alike })
		if at >= 0 {
			return &g.Sums[at]
		}
	} else if at, ok := g.places[alike.Alike]; ok {
		return &g.Sums[at]
	}
	g.Sums = append(g.Sums, alike)
	switch last := len(g.Sums) - 1; {
	case g.places != nil:
		g.places[alike.Alike] = last
	case last == few:
		g.places = make(map[int]int)
		for i := range g.Sums {
			g.places[g.Sums[i].Alike] = i
		}
	}
	return &g.Sums[len(g.Sums)-1]
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
	f := &Fold{grouping: g, groups: make(map[string]*group), alike: make(map[string]int), apartTimes: make(map[int64]time.Time), epochs: make(map[string]int), measures: g.Measures}
	for range g.Times {
		f.times = append(f.times, interned{ofSlot: make(map[int64]uint32)})
	}
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

// Add adds the lines that are chosen. It finds the groups of this block first, by
// the codes of its columns, so that words are looked at once a block.
func (f *Fold) Add(b *Block, chosen Chosen) error {
	if len(chosen) == 0 {
		return nil
	}
	by, err := f.columns(b, f.by)
	if err != nil {
		return err
	}
	apart, err := f.columns(b, f.apart)
	if err != nil {
		return err
	}
	besides, err := wordsOf(b, []int{kindIndex, hopIndex})
	if err != nil {
		return err
	}
	c := newClasses(chosen)
	c.split(isBeside(besides[0], usage.Prewarm), 2)
	c.split(isBeside(besides[1], usage.Gateway), 2)
	for _, w := range by {
		c.split(w.codes, len(w.values))
	}
	for i := range f.times {
		c.split(slotsBy(b, func(slot int64) uint32 { return f.timeID(i, slot) }))
	}
	groups := make([]*group, len(c.first))
	for i, line := range c.first {
		beside := besides[0].at(line) == string(usage.Prewarm) || besides[1].at(line) == string(usage.Gateway)
		groups[i] = f.group(beside, by, b.slots.at(line), line)
	}
	if err := f.count(b, c, groups); err != nil {
		return err
	}
	return f.sum(b, c, groups, apart)
}

// column is a column of a block whose values have the fold's numbers.
type column struct {
	*coded[string]
	ids []uint32 // by code
}

func (c column) id(line int32) uint32 {
	if c.codes == nil {
		return c.ids[0]
	}
	return c.ids[c.codes[line]]
}

func (f *Fold) columns(b *Block, dimensions []int) (all []column, err error) {
	words, err := wordsOf(b, dimensions)
	for i, w := range words {
		c := column{w, make([]uint32, len(w.values))}
		for code, v := range w.values {
			c.ids[code] = f.words[dimensions[i]].id(v)
		}
		all = append(all, c)
	}
	return all, err
}

func wordsOf(b *Block, dimensions []int) (all []*coded[string], err error) {
	for _, d := range dimensions {
		w, err := b.word(d)
		if err != nil {
			return nil, err
		}
		all = append(all, w)
	}
	return all, nil
}

// isBeside has 1 for the lines with the word; nil where there are none.
func isBeside[W ~string](words *coded[string], word W) []uint32 {
	code := slices.Index(words.values, string(word))
	if code < 0 || words.codes == nil {
		return nil
	}
	is := make([]uint32, len(words.codes))
	for i, c := range words.codes {
		if c == uint32(code) {
			is[i] = 1
		}
	}
	return is
}

// classes tell lines apart.
type classes struct {
	chosen Chosen
	of     []uint32 // by place in chosen
	first  []int32  // the first line of each class
}

func newClasses(chosen Chosen) *classes {
	return &classes{chosen: chosen, of: make([]uint32, len(chosen)), first: []int32{chosen[0]}}
}

// split tells lines with different codes apart, which are below so many. Without
// codes they are all the same.
func (c *classes) split(codes []uint32, below int) {
	if codes == nil {
		return
	}
	var first []int32
	if pairs := len(c.first) * below; pairs <= 8*len(c.of)+1<<10 {
		classes := make([]uint32, pairs) // 0: none yet
		for i, line := range c.chosen {
			pair := int(c.of[i])*below + int(codes[line])
			if classes[pair] == 0 {
				first = append(first, line)
				classes[pair] = uint32(len(first))
			}
			c.of[i] = classes[pair] - 1
		}
		c.first = first
		return
	}
	classes := make(map[uint64]uint32)
	for i, line := range c.chosen {
		pair := uint64(c.of[i])<<32 | uint64(codes[line])
		class, ok := classes[pair]
		if !ok {
			class = uint32(len(first))
			classes[pair] = class
			first = append(first, line)
		}
		c.of[i] = class
	}
	c.first = first
}

// slotsBy gives the lines of slots that are the same one code, below so many.
func slotsBy[K comparable](b *Block, name func(slot int64) K) (codes []uint32, below int) {
	var names coded[K]
	for _, slot := range b.slots.values {
		names.add(name(slot))
	}
	if len(names.values) == 1 || b.slots.codes == nil {
		return nil, 1
	}
	codes = make([]uint32, len(b.slots.codes))
	for i, c := range b.slots.codes {
		codes[i] = names.codes[c]
	}
	return codes, len(names.values)
}

func (f *Fold) apartTime(slot int64) time.Time {
	at, ok := f.apartTimes[slot]
	if !ok {
		at = f.grouping.ApartTime(Begin(slot))
		f.apartTimes[slot] = at
	}
	return at
}

// sub begins to tell the lines of a class apart; of says which class each was in.
func (c *classes) sub() *classes {
	return &classes{c.chosen, slices.Clone(c.of), slices.Clone(c.first)}
}

func (f *Fold) group(isBeside bool, by []column, slot int64, line int32) *group {
	key := append(f.key[:0], 0)
	if isBeside {
		key[0] = 1
	}
	for _, w := range by {
		key = binary.LittleEndian.AppendUint32(key, w.id(line))
	}
	for i := range f.times {
		key = binary.LittleEndian.AppendUint32(key, f.timeID(i, slot))
	}
	f.key = key
	g := f.groups[string(key)]
	if g == nil {
		g = &group{Group: Group{By: f.named(f.by, by, line), IsBeside: isBeside}}
		for i := range f.times {
			g.Times = append(g.Times, f.times[i].words[f.timeID(i, slot)])
		}
		f.groups[string(key)] = g
		f.order = append(f.order, g)
	}
	return g
}

// timeID is asked for many times of few slots.
func (f *Fold) timeID(at int, slot int64) uint32 {
	t := &f.times[at]
	id, ok := t.ofSlot[slot]
	if !ok {
		id = t.id(f.grouping.Times[at](Begin(slot)))
		t.ofSlot[slot] = id
	}
	return id
}

// named shares the fold's words, and not the memory of a block.
func (f *Fold) named(dimensions []int, columns []column, line int32) []string {
	if len(columns) == 0 {
		return nil
	}
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = f.words[dimensions[i]].words[c.id(line)]
	}
	return names
}

// count counts sessions and turns that are known.
func (f *Fold) count(b *Block, c *classes, groups []*group) error {
	if !f.grouping.CountsSessions && !f.grouping.CountsTurns {
		return nil
	}
	words, err := wordsOf(b, []int{sessionIndex, turnsIndex})
	if err != nil {
		return err
	}
	sessions, turns := words[0], words[1]
	s := c.sub()
	s.split(sessions.codes, len(sessions.values))
	if f.grouping.CountsSessions {
		s.each(c, func(class uint32, line int32) {
			if word := sessions.at(line); word != "" {
				f.distinct(groups[class], func(d *distinct) { d.session(f.words[sessionIndex].id(word)) })
			}
		})
	}
	if f.grouping.CountsTurns {
		s.split(turns.codes, len(turns.values))
		s.each(c, func(class uint32, line int32) {
			if word := turns.at(line); word != "" {
				session := f.words[sessionIndex].id(sessions.at(line))
				f.distinct(groups[class], func(d *distinct) { d.turn(session, f.words[turnsIndex].id(word)) })
			}
		})
	}
	return nil
}

// each calls with each class of c, the one of above that it is a part of, and its
// first line.
func (c *classes) each(above *classes, call func(class uint32, line int32)) {
	next := uint32(0)
	for i, class := range c.of {
		if class == next { // they are numbered as they come
			call(above.of[i], c.chosen[i])
			next++
		}
	}
}

func (f *Fold) distinct(g *group, add func(*distinct)) {
	add(&g.distinct)
	if !g.IsBeside {
		add(&f.total)
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

// sum adds up each class, kept apart.
func (f *Fold) sum(b *Block, c *classes, groups []*group, apart []column) error {
	s := c.sub()
	for _, w := range apart {
		s.split(w.codes, len(w.values))
	}
	if f.grouping.ApartTime != nil {
		s.split(slotsBy(b, func(slot int64) int64 { return f.apartTime(slot).Unix() }))
	}
	totals := make([]Counts, len(s.first))
	for _, m := range f.measures {
		counts, err := b.count(m)
		if err != nil {
			return err
		}
		for i, class := range s.of {
			totals[class].n[m] = plus(totals[class].n[m], counts[s.chosen[i]])
		}
	}
	at := 0
	s.each(c, func(class uint32, line int32) {
		sum := groups[class].sum(f.apartOf(apart, b.slots.at(line), line))
		sum.Add(&totals[at])
		at++
	})
	return nil
}

// apartOf is a sum without counts that is alike apart.
func (f *Fold) apartOf(apart []column, slot int64, line int32) Sum {
	key := f.key[:0]
	for _, w := range apart {
		key = binary.LittleEndian.AppendUint32(key, w.id(line))
	}
	var at time.Time
	if f.grouping.ApartTime != nil {
		at = f.apartTime(slot)
		key = binary.LittleEndian.AppendUint64(key, uint64(at.Unix()))
	}
	f.key = key
	alike, ok := f.alike[string(key)]
	if !ok {
		alike = f.newAlike(Sum{Apart: f.named(f.apart, apart, line), Time: at})
		f.alike[string(key)] = alike
	}
	return f.aparts[alike]
}

// newAlike finds one that differs only in a time that is no other to Epoch.
func (f *Fold) newAlike(s Sum) int {
	s.Alike = len(f.aparts)
	if f.grouping.Epoch != nil {
		key := strings.Join(s.Apart, "\x00") + "\x00" + strconv.FormatInt(f.grouping.Epoch(s.Apart, s.Time).Unix(), 10)
		if alike, ok := f.epochs[key]; ok {
			return alike
		}
		f.epochs[key] = s.Alike
	}
	f.aparts = append(f.aparts, s)
	return s.Alike
}

// Table is what was added up, in no order that means anything.
func (f *Fold) Table() Table {
	t := Table{Total: f.total.counts()}
	for _, g := range f.order {
		g.Distinct = g.distinct.counts()
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
	slots := check{codes: b.slots.codes, is: make([]bool, len(b.slots.values)), isAll: true}
	for i, s := range b.slots.values {
		slots.is[i] = isIn(s)
		slots.hasAny, slots.isAll = slots.hasAny || slots.is[i], slots.isAll && slots.is[i]
	}
	if !slots.hasAny {
		return nil, nil
	}
	checks = slices.DeleteFunc(append(checks, slots), func(c check) bool { return c.isAll || c.codes == nil })
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
	codes  []uint32 // nil: there is one value
	is     []bool
	hasAny bool
	isAll  bool
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
	c := check{codes: w.codes, is: make([]bool, len(w.values)), isAll: true}
	for i, v := range w.values {
		for _, wanted := range values {
			c.is[i] = c.is[i] || v == wanted
		}
		c.hasAny, c.isAll = c.hasAny || c.is[i], c.isAll && c.is[i]
	}
	return c, nil
}
