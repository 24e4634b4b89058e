package sums

import (
	"math/bits"
	"slices"
)

// classes tell lines apart.
type classes struct {
	chosen Chosen
	of     []uint32 // by place in chosen
	first  []int32  // the first line of each class
}

func newClasses(chosen Chosen) *classes {
	return &classes{chosen: chosen, of: make([]uint32, len(chosen)), first: []int32{chosen[0]}}
}

// sub begins to tell the lines of a class apart; above says which class each was in.
func (c *classes) sub() *classes {
	return &classes{c.chosen, slices.Clone(c.of), slices.Clone(c.first)}
}

// above says of which class of another each is a part.
func (c *classes) above(other *classes) []uint32 {
	all := make([]uint32, 0, len(c.first))
	for i, class := range c.of {
		if int(class) == len(all) { // they are numbered as they come
			all = append(all, other.of[i])
		}
	}
	return all
}

// sizes are the numbers of lines of each.
func (c *classes) sizes() []uint64 {
	all := make([]uint64, len(c.first))
	for _, class := range c.of {
		all[class]++
	}
	return all
}

// split tells lines with different codes apart, which are below so many. Without
// codes they are all the same.
func (c *classes) split(codes []uint32, below int) {
	if codes == nil {
		return
	}
	pairs := len(c.first) * below
	if pairs > 8*len(c.of)+1<<10 {
		c.splitMany(codes)
		return
	}
	first := make([]int32, 0, len(c.first))
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
}

// splitMany does so where most pairs of a class and a code are not there.
func (c *classes) splitMany(codes []uint32) {
	width := bits.Len(uint(2*len(c.of) - 1)) // half of it is free
	table := make([]struct {
		pair  uint64
		class uint32 // 0: none yet
	}, 1<<width)
	first := make([]int32, 0, len(c.first))
	for i, line := range c.chosen {
		pair := uint64(c.of[i])<<32 | uint64(codes[line])
		at := pair * 0x9e3779b97f4a7c15 >> (64 - width)
		for table[at].class != 0 && table[at].pair != pair {
			at = (at + 1) & (1<<width - 1)
		}
		if table[at].class == 0 {
			first = append(first, line)
			table[at].pair, table[at].class = pair, uint32(len(first))
		}
		c.of[i] = table[at].class - 1
	}
	c.first = first
}
