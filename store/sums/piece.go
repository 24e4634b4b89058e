package sums

import (
	"slices"
	"time"

	"github.com/wiremeter/wiremeter/usage"
)

// Piece is what the chosen lines of one block add up to. It holds some words of
// the block, and none of its lines.
type Piece struct {
	isBeside  []bool          // by group
	by, times []coded[string] // codes by group

	groups []uint32        // of each sum
	apart  []coded[string] // codes by sum
	at     coded[time.Time]
	totals []Counts

	sessions, turns known
}

// known are the sessions or turns of groups that are known.
type known struct {
	groups        []uint32
	session, turn coded[string]
}

// Reduce adds up the lines that are chosen; nil: there are none. It finds the
// groups of this block by the codes of its columns, so that words are looked at
// once a block.
func (f *Fold) Reduce(b *Block, chosen Chosen) (*Piece, error) {
	if len(chosen) == 0 {
		return nil, nil
	}
	by, err := wordsOf(b, f.by)
	if err != nil {
		return nil, err
	}
	besides, err := wordsOf(b, []int{kindIndex, hopIndex})
	if err != nil {
		return nil, err
	}
	p, c := new(Piece), newClasses(chosen)
	c.split(isBeside(besides[0], usage.Prewarm), 2)
	c.split(isBeside(besides[1], usage.Gateway), 2)
	for _, w := range by {
		c.split(w.codes, len(w.values))
	}
	var times []*coded[string]
	for _, name := range f.grouping.Times {
		times = append(times, slotsBy(b, name))
		c.split(times[len(times)-1].codes, len(times[len(times)-1].values))
	}
	for _, line := range c.first {
		p.isBeside = append(p.isBeside, besides[0].at(line) == string(usage.Prewarm) || besides[1].at(line) == string(usage.Gateway))
	}
	p.by, p.times = codesOf(by, c.first), codesOf(times, c.first)
	if err := f.reduceKnown(p, b, c); err != nil {
		return nil, err
	}
	return p, f.reduceSums(p, b, c)
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

// codesOf are columns of which only some lines are left.
func codesOf[T comparable](columns []*coded[T], lines []int32) (all []coded[T]) {
	for _, w := range columns {
		c := coded[T]{values: w.values, codes: make([]uint32, len(lines))}
		if w.codes != nil {
			for i, line := range lines {
				c.codes[i] = w.codes[line]
			}
		}
		all = append(all, c)
	}
	return all
}

// isBeside has 1 for the lines with the word; nil where there are none, or it is
// the only one.
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

// slotsBy gives the lines what a function makes of their slots.
func slotsBy[T comparable](b *Block, name func(slot time.Time) T) *coded[T] {
	var names coded[T]
	for _, slot := range b.slots.values {
		names.add(name(Begin(slot)))
	}
	if len(names.values) == 1 || b.slots.codes == nil {
		return &coded[T]{values: names.values}
	}
	codes := make([]uint32, len(b.slots.codes))
	for i, c := range b.slots.codes {
		codes[i] = names.codes[c]
	}
	return &coded[T]{values: names.values, codes: codes}
}

// reduceKnown finds the sessions and turns that are known.
func (f *Fold) reduceKnown(p *Piece, b *Block, c *classes) error {
	if !f.grouping.CountsSessions && !f.grouping.CountsTurns {
		return nil
	}
	sessions, err := b.word(sessionIndex)
	if err != nil {
		return err
	}
	s := c.sub()
	s.split(sessions.codes, len(sessions.values))
	if f.grouping.CountsSessions {
		p.sessions = s.known(c, sessions, sessions)
	}
	if !f.grouping.CountsTurns {
		return nil
	}
	turns, err := b.word(turnsIndex)
	if err != nil {
		return err
	}
	s.split(turns.codes, len(turns.values))
	p.turns = s.known(c, sessions, turns)
	return nil
}

// known are the classes of c, of above, that have a word.
func (c *classes) known(above *classes, sessions, words *coded[string]) (k known) {
	var lines []int32
	for i, class := range c.above(above) {
		if line := c.first[i]; words.at(line) != "" {
			lines, k.groups = append(lines, line), append(k.groups, class)
		}
	}
	both := codesOf([]*coded[string]{sessions, words}, lines)
	k.session, k.turn = both[0], both[1]
	return k
}

// reduceSums adds up each class, kept apart.
func (f *Fold) reduceSums(p *Piece, b *Block, c *classes) error {
	apart, err := wordsOf(b, f.apart)
	if err != nil {
		return err
	}
	s := c.sub()
	for _, w := range apart {
		s.split(w.codes, len(w.values))
	}
	if f.grouping.ApartTime != nil {
		at := slotsBy(b, f.grouping.ApartTime)
		s.split(at.codes, len(at.values))
		p.at = codesOf([]*coded[time.Time]{at}, s.first)[0]
	}
	p.groups, p.apart, p.totals = s.above(c), codesOf(apart, s.first), make([]Counts, len(s.first))
	sizes, sums := s.sizes(), make([]uint64, len(s.first))
	for _, m := range f.measures {
		counts, err := b.count(m)
		if err != nil {
			return err
		}
		counts.add(s, sizes, sums)
		for class, n := range sums {
			p.totals[class].n[m] = n
		}
	}
	return nil
}

// add makes sums those of each class, of so many lines.
func (c counted) add(to *classes, sizes, sums []uint64) {
	clear(sums)
	switch {
	case c.isSame && c.all[0] == 0:
	case c.isSame:
		for class := range sums {
			sums[class] = (c.all[0]-1)*sizes[class] + 1
		}
	default:
		for i, class := range to.of {
			sums[class] = plus(sums[class], c.all[to.chosen[i]])
		}
	}
}
