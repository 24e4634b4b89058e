package sums

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
)

// How a column of a block is written down, and read again.

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
