package framing

import "bytes"

// ndjson cuts JSON documents of one line each. As with an array, what is
// neither an object nor an array is passed over.
type ndjson struct {
	emit    func(Frame)
	hold    hold
	line    lineKind // of the line that has begun in an earlier write
	isJSON  bool     // a line was seen that begins as JSON does
	isOther bool     // one was seen that does not
}

type lineKind int

const (
	isBlank lineKind = iota // so far
	isDocument
	isNeither
)

// NewNDJSON returns a cutter of bodies that are newline-delimited JSON. A body
// without one line that begins as an object or an array does is [Foreign].
func NewNDJSON(emit func(Frame)) Cutter { return &ndjson{emit: emit} }

func (n *ndjson) Write(p []byte) {
	for len(p) > 0 {
		i := bytes.IndexByte(p, '\n')
		if i < 0 {
			n.part(p)
			return
		}
		n.end(p[:i])
		p = p[i+1:]
	}
}

// part takes a piece of a line that is not all there.
func (n *ndjson) part(p []byte) {
	if p = n.look(p); n.line == isDocument {
		n.hold.write(p)
	}
}

// end takes the last piece of a line.
func (n *ndjson) end(p []byte) {
	isWhole := n.line == isBlank // no byte of it is held
	p = n.look(p)
	switch {
	case n.line != isDocument:
	case isWhole:
		n.hand(n.hold.whole("", p))
	default:
		n.hold.write(p)
		n.hand(n.hold.take(""))
	}
	n.line = isBlank
}

// hand gives the frame on without the \r that some end their lines with.
func (n *ndjson) hand(f Frame) {
	f.Data = bytes.TrimSuffix(f.Data, []byte{'\r'})
	n.emit(f)
}

// look decides by the line's first byte that is not white space, and drops what
// precedes it.
func (n *ndjson) look(p []byte) []byte {
	if n.line != isBlank {
		return p
	}
	if p = bytes.TrimLeft(p, " \t\r"); len(p) == 0 {
		return nil
	}
	if p[0] == '{' || p[0] == '[' {
		n.line, n.isJSON = isDocument, true
	} else {
		n.line, n.isOther = isNeither, true
	}
	return p
}

// Close hands on a last line that has no end. Many servers leave it out, so the
// body is whole if the document is.
func (n *ndjson) Close() End {
	isCut := n.line == isNeither
	if n.line == isDocument {
		f := n.hold.take("")
		isCut = !f.IsTooLarge && !isClosed(f.Data)
		n.hand(f)
	}
	n.line = isBlank
	switch {
	case n.isOther && !n.isJSON:
		return Foreign
	case isCut || !n.isJSON:
		return Unfinished
	}
	return Whole
}
