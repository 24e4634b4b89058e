package sums

import (
	"fmt"
	"slices"
)

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
