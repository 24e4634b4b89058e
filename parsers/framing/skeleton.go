package framing

import (
	"cmp"
	"strings"
)

// maxString is the longest string, unless another length is asked for, and the
// longest run of numbers, that a skeleton keeps.
const maxString = 1 << 10

// Skeleton keeps of one JSON document what is small: it drops white space,
// empties strings of more than MaxString (keys too) and drops the numbers of long
// arrays. The zero value is ready to use.
type Skeleton struct {
	// MaxDepth, if not 0, empties objects nested deeper than this and arrays
	// nested this deep; the outermost value has depth 1.
	MaxDepth int
	// MaxString is the longest string that is kept, with its quote; 0: 1 KiB.
	// Strings of objects that are emptied may be of 1 KiB.
	MaxString int
	// Seen, if not nil, is called with every key and string that is not too long, in
	// order and without quotes or unescaping, also with those not kept.
	Seen func(s []byte)

	out        []byte
	depth      int
	hidden     int // the depth of the container that is being emptied; 0: none
	isTooLarge bool

	inString bool
	isLong   bool // the string has been emptied
	end      stringEnd
	start    int // where the string stands in out, with its quote

	numbers   int // where the array of numbers begins in out; 0: in none
	isDropped bool
}

// Write takes the next bytes of the document.
func (k *Skeleton) Write(p []byte) {
	for len(p) > 0 && !k.isTooLarge {
		if k.inString {
			p = p[k.text(p):]
			continue
		}
		p = p[k.structure(p):]
		if len(k.out) > maxElided || k.depth > maxNesting {
			k.isTooLarge, k.out = true, nil
		}
	}
}

// Take returns the skeleton of what was written, or true when it was too large
// to keep.
func (k *Skeleton) Take() ([]byte, bool) { return k.out, k.isTooLarge }

// text takes the bytes of p that belong to the string and returns their number.
func (k *Skeleton) text(p []byte) int {
	n, isClosed := k.end.skip(p)
	switch {
	case k.isLong:
	case len(k.out)-k.start+n > k.longest():
		k.isLong, k.out = true, k.out[:k.start+1]
	default:
		k.out = append(k.out, p[:n]...)
	}
	if isClosed {
		k.closeString()
	}
	return n
}

// longest is how long a string may be: in what is emptied nobody needs a long one.
func (k *Skeleton) longest() int {
	if k.hidden != 0 {
		return maxString
	}
	return cmp.Or(k.MaxString, maxString)
}

func (k *Skeleton) closeString() {
	k.inString = false
	switch {
	case k.isLong:
		k.out = append(k.out, '"')
	case k.Seen != nil:
		k.Seen(k.out[k.start+1 : len(k.out)-1])
	}
	if k.hidden != 0 {
		k.out = k.out[:k.start]
	}
}

// structure takes the bytes of p up to the next string and returns their
// number.
func (k *Skeleton) structure(p []byte) int {
	for i, c := range p {
		switch c {
		case ' ', '\t', '\r', '\n':
		case '"':
			k.endNumbers()
			k.inString, k.isLong, k.start = true, false, len(k.out)
			k.out = append(k.out, c)
			return i + 1
		case '{', '[':
			k.open(c)
		case '}', ']':
			k.close(c)
		default:
			k.scalar(c)
		}
		if len(k.out) > maxElided || k.depth > maxNesting {
			return i + 1
		}
	}
	return len(p)
}

func (k *Skeleton) open(c byte) {
	k.endNumbers()
	k.depth++
	if k.hidden != 0 {
		return
	}
	k.out = append(k.out, c)
	if c == '[' {
		k.numbers = len(k.out)
	}
	if k.MaxDepth > 0 && (k.depth > k.MaxDepth || c == '[' && k.depth == k.MaxDepth) {
		k.hidden = k.depth
	}
}

func (k *Skeleton) close(c byte) {
	k.endNumbers()
	if k.hidden == k.depth {
		k.hidden = 0
	}
	k.depth--
	if k.hidden == 0 {
		k.out = append(k.out, c)
	}
}

func (k *Skeleton) scalar(c byte) {
	switch {
	case k.hidden != 0:
		return
	case k.numbers == 0:
	case strings.IndexByte("0123456789,.-+eE", c) < 0:
		k.endNumbers()
	case len(k.out)-k.numbers > maxString:
		k.out, k.isDropped = k.out[:k.numbers], true
	}
	if !k.isDropped {
		k.out = append(k.out, c)
	}
}

// endNumbers ends the array of numbers, if this is one: something else comes.
func (k *Skeleton) endNumbers() { k.numbers, k.isDropped = 0, false }
