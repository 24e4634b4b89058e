package sums

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"slices"
	"time"

	"github.com/wiremeter/wiremeter/usage"
)

// Block holds lines, column by column. One that was read again loads a column
// when it is asked for. It is for one goroutine.
type Block struct {
	lines  int
	slots  *coded[int64]
	words  [dimensionCount]*coded[string] // nil: not loaded
	counts [measures]counted
	load   func(column string) ([]byte, error) // nil for a block that was not written down
	room   *Room
}

// dimensionCount is the length of dimensions.
const dimensionCount = 32

// counted is a column of counts.
type counted struct {
	all    []uint64 // nil: not loaded
	isSame bool     // all has one, which is that of each line
}

// coded is a column with few different values.
type coded[T comparable] struct {
	values []T
	codes  []uint32 // of each line; nil where it was read and has one value
	index  map[T]uint32
}

func (c *coded[T]) at(line int32) T {
	if c.codes == nil {
		return c.values[0]
	}
	return c.values[c.codes[line]]
}

func (c *coded[T]) add(v T) {
	code, ok := c.index[v]
	if !ok {
		if c.index == nil {
			c.index = make(map[T]uint32)
		}
		code = uint32(len(c.values))
		c.index[v] = code
		c.values = append(c.values, v)
	}
	c.codes = append(c.codes, code)
}

// NewBlock makes one without lines.
func NewBlock() *Block {
	b := &Block{slots: new(coded[int64])}
	for i := range b.words {
		b.words[i] = new(coded[string])
	}
	return b
}

// Len is the number of lines.
func (b *Block) Len() int { return b.lines }

// Add adds a line.
func (b *Block) Add(l *Line) {
	b.lines++
	b.slots.add(l.Slot)
	for i, w := range l.Words {
		b.words[i].add(w)
	}
	for m := range b.counts {
		b.counts[m].all = append(b.counts[m].all, l.Counts.n[m])
	}
}

// Variant is a way in which lines are taken for alike. Coarser ones are faster to
// add up, and cannot answer every question.
type Variant struct {
	prefix string // of its columns
	unit   time.Duration
	drops  []string // dimensions
}

// Variants are the coarsest first; the last can answer all.
var Variants = []Variant{
	{"hour/", time.Hour, []string{"turn_id"}},
	{"slot/", Slot, []string{"turn_id"}},
	{"turn/", Slot, nil},
}

// Unit is the part of time that a variant tells from others.
func (v Variant) Unit() time.Duration { return v.unit }

// Answers reports whether a variant can answer a question that needs these
// dimensions, and whose times are of units at least as long.
func (v Variant) Answers(dimensions []string, unit time.Duration) bool {
	return v.unit <= unit && !slices.ContainsFunc(v.drops, func(d string) bool { return slices.Contains(dimensions, d) })
}

// Roll adds up the lines of b, of which every column is loaded, that are alike to
// the variant in all but their counts.
func (v Variant) Roll(b *Block) *Block {
	slots := int64(v.unit / Slot)
	rolled, at, key := NewBlock(), make(map[string]int), []byte(nil)
	l := Line{Words: make([]string, len(dimensions))}
	for i := range b.lines {
		l.Slot = floor(b.slots.at(int32(i)), slots) * slots
		key = binary.LittleEndian.AppendUint64(key[:0], uint64(l.Slot))
		for d, w := range b.words {
			if slices.Contains(v.drops, dimensions[d].name) {
				continue
			}
			l.Words[d] = w.at(int32(i))
			key = binary.LittleEndian.AppendUint32(key, w.codes[i])
		}
		if first, ok := at[string(key)]; ok {
			for m := range b.counts {
				rolled.counts[m].all[first] = plus(rolled.counts[m].all[first], b.counts[m].all[i])
			}
			continue
		}
		at[string(key)] = rolled.lines
		for m := range b.counts {
			l.Counts.n[m] = b.counts[m].all[i]
		}
		rolled.Add(&l)
	}
	return rolled
}

// Format names the layout of written columns and what they are made of: columns
// of another format cannot be read.
var Format = func() int64 {
	layout := fmt.Sprint("3 ", Variants, Dimensions(), measureNames, usage.PromptBounds)
	return int64(crc32.ChecksumIEEE([]byte(layout)))
}()

const slotColumn = "slot"

// Columns writes a block down that was rolled up so.
func (v Variant) Columns(b *Block) map[string][]byte {
	slots := appendNumbers(binary.AppendUvarint(nil, uint64(b.lines)), b.slots.values)
	all := map[string][]byte{v.prefix + slotColumn: appendCodes(slots, b.slots.codes, len(b.slots.values))}
	for i, w := range b.words {
		all[v.prefix+dimensions[i].name] = appendCodes(appendStrings(nil, w.values), w.codes, len(w.values))
	}
	for m, counts := range b.counts {
		all[v.prefix+measureNames[m]] = appendCounts(nil, counts.all)
	}
	return all
}

// maxBlock is more lines than any block has.
const maxBlock = 1 << 24

// Open is for a block that was written down; load gives the columns by their
// names. Its slots are loaded at once. What was opened in the same room before is
// gone.
func (v Variant) Open(room *Room, load func(column string) ([]byte, error)) (*Block, error) {
	room.counts.used, room.codes.used = 0, 0
	b := &Block{room: room, load: func(column string) ([]byte, error) { return load(v.prefix + column) }}
	r, err := b.reader(slotColumn)
	if err != nil {
		return nil, err
	}
	lines := r.uvarint()
	if lines > maxBlock {
		return nil, fmt.Errorf("read the sums of %s: %w", slotColumn, errDamaged)
	}
	b.lines, b.slots = int(lines), new(coded[int64])
	b.slots.values = r.numbers()
	b.slots.codes = r.codes(&b.room.codes, b.lines, len(b.slots.values))
	return b, r.check(slotColumn)
}

func (b *Block) reader(column string) (*reader, error) {
	data, err := b.load(column)
	return &reader{data: data}, err
}

// word is a column of words.
func (b *Block) word(d int) (*coded[string], error) {
	if b.words[d] != nil {
		return b.words[d], nil
	}
	r, err := b.reader(dimensions[d].name)
	if err != nil {
		return nil, err
	}
	w := new(coded[string])
	w.values = r.strings()
	w.codes = r.codes(&b.room.codes, b.lines, len(w.values))
	b.words[d] = w
	return w, r.check(dimensions[d].name)
}

// count is a column of counts.
func (b *Block) count(m Measure) (counted, error) {
	if b.counts[m].all != nil || b.lines == 0 {
		return b.counts[m], nil
	}
	r, err := b.reader(measureNames[m])
	if err != nil {
		return counted{}, err
	}
	b.counts[m] = r.counts(b.room.counts.of(b.lines))
	return b.counts[m], r.check(measureNames[m])
}
