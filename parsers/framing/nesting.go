package framing

import "bytes"

// stringEnd finds the end of a JSON string over any number of pieces.
type stringEnd struct{ isEscaped bool }

// skip returns how many bytes of p belong to the string, its closing quote
// included, and whether that quote was among them.
func (s *stringEnd) skip(p []byte) (n int, isClosed bool) {
	if s.isEscaped && len(p) > 0 {
		s.isEscaped, n = false, 1
	}
	quote := -1
	for n < len(p) {
		if quote < n {
			if quote = bytes.IndexByte(p[n:], '"'); quote < 0 {
				quote = len(p)
			} else {
				quote += n
			}
		}
		escape := bytes.IndexByte(p[n:quote], '\\')
		switch {
		case escape < 0 && quote == len(p):
			return quote, false
		case escape < 0:
			return quote + 1, true
		}
		n += escape + 2
	}
	s.isEscaped = n > len(p)
	return len(p), false
}

// nesting follows how deep in JSON's brackets a place is. It does not check
// that the text is JSON.
type nesting struct {
	depth    int
	inString bool
	end      stringEnd
}

// step moves past the next bracket or the next string, or to the end of p, and
// returns how many bytes that were. Give it what it has not moved past again.
func (n *nesting) step(p []byte) int {
	if n.inString {
		size, isClosed := n.end.skip(p)
		n.inString = !isClosed
		return size
	}
	for i, c := range p {
		switch c {
		case '"':
			n.inString = true
		case '{', '[':
			n.depth++
		case '}', ']':
			n.depth--
		default:
			continue
		}
		return i + 1
	}
	return len(p)
}

// isClosed looks whether all that was opened was closed.
func isClosed(p []byte) bool {
	var n nesting
	for len(p) > 0 {
		p = p[n.step(p):]
	}
	return n.isClosed()
}

func (n *nesting) isClosed() bool { return n.depth <= 0 && !n.inString }
