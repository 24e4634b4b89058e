package sums

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"strings"
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

func appendNumbers(to []byte, all []int64) []byte {
	to = binary.AppendUvarint(to, uint64(len(all)))
	for _, n := range all {
		to = binary.AppendVarint(to, n)
	}
	return to
}

func appendStrings(to []byte, all []string) []byte {
	to = binary.AppendUvarint(to, uint64(len(all)))
	for _, s := range all {
		to = append(binary.AppendUvarint(to, uint64(len(s))), s...)
	}
	return to
}

// appendCodes: where there is one value, no code is needed. Else all have as many
// bytes as the greatest needs.
func appendCodes(to []byte, codes []uint32, values int) []byte {
	switch width := widthOf(values); width {
	case 0:
		return to
	default:
		var code [4]byte
		for _, c := range codes {
			binary.LittleEndian.PutUint32(code[:], c)
			to = append(to, code[:width]...)
		}
		return to
	}
}

func widthOf(values int) int {
	switch {
	case values <= 1:
		return 0
	case values <= 1<<8:
		return 1
	case values <= 1<<16:
		return 2
	}
	return 4
}

// Counts are all the same, or written one by one.
const (
	same byte = iota
	single
)

func appendCounts(to []byte, counts []uint64) []byte {
	isSame := len(counts) > 0
	for _, c := range counts {
		isSame = isSame && c == counts[0]
	}
	if isSame {
		return binary.AppendUvarint(append(to, same), counts[0])
	}
	to = append(to, single)
	for _, c := range counts {
		to = binary.AppendUvarint(to, c)
	}
	return to
}

// reader reads a column. It takes a damaged one for what it is at the end.
type reader struct {
	data      []byte
	isDamaged bool
}

var errDamaged = errors.New("expected a column of sums, found something else")

// check is called when all is read.
func (r *reader) check(column string) error {
	if r.isDamaged || len(r.data) > 0 {
		return fmt.Errorf("read the sums of %s: %w", column, errDamaged)
	}
	return nil
}

func (r *reader) uvarint() uint64 {
	if len(r.data) > 0 && r.data[0] < 0x80 {
		v := uint64(r.data[0])
		r.data = r.data[1:]
		return v
	}
	v, n := binary.Uvarint(r.data)
	if n <= 0 {
		r.isDamaged, r.data = true, nil
		return 0
	}
	r.data = r.data[n:]
	return v
}

// size is a number of things of which each needs a byte at least.
func (r *reader) size() int {
	n := r.uvarint()
	if n > uint64(len(r.data)) {
		r.isDamaged = true
		return 0
	}
	return int(n)
}

func (r *reader) numbers() []int64 {
	all := make([]int64, r.size())
	for i := range all {
		v, n := binary.Varint(r.data)
		if n <= 0 {
			r.isDamaged, r.data = true, nil
			break
		}
		all[i], r.data = v, r.data[n:]
	}
	return all
}

// strings share the memory of one.
func (r *reader) strings() []string {
	all, ends := make([]string, r.size()), 0
	var text strings.Builder
	text.Grow(len(r.data))
	lengths := make([]int, len(all))
	for i := range all {
		lengths[i] = r.size()
		text.Write(r.data[:lengths[i]])
		r.data = r.data[lengths[i]:]
	}
	whole := text.String()
	for i, n := range lengths {
		all[i] = whole[ends : ends+n]
		ends += n
	}
	return all
}

// codes are written to a piece of room.
func (r *reader) codes(room *pieces[uint32], lines, values int) []uint32 {
	width := widthOf(values)
	if len(r.data) != lines*width || values == 0 && lines > 0 {
		r.isDamaged = true
		return make([]uint32, lines)
	}
	if width == 0 {
		return nil
	}
	all, data := room.of(lines), r.data
	r.data = nil
	for i := range all {
		switch width {
		case 1:
			all[i] = uint32(data[i])
		case 2:
			all[i] = uint32(binary.LittleEndian.Uint16(data[2*i:]))
		default:
			all[i] = binary.LittleEndian.Uint32(data[4*i:])
		}
		if all[i] >= uint32(values) {
			r.isDamaged, all[i] = true, 0
		}
	}
	return all
}

// counts are written to all where they differ.
func (r *reader) counts(all []uint64) counted {
	if len(r.data) == 0 {
		r.isDamaged = true
		return counted{all, false}
	}
	form := r.data[0]
	r.data = r.data[1:]
	if form == same {
		return counted{[]uint64{r.uvarint()}, true}
	}
	data, at := r.data, 0
	for i := range all {
		if at < len(data) && data[at] < 0x80 {
			all[i] = uint64(data[at])
			at++
			continue
		}
		v, n := binary.Uvarint(data[min(at, len(data)):])
		if n <= 0 {
			r.isDamaged = true
			break
		}
		all[i], at = v, at+n
	}
	r.data = data[at:]
	return counted{all, false}
}
