package framing

// document takes the whole body as one frame.
type document struct {
	emit func(Frame)
	hold hold
}

// NewJSON returns a cutter of bodies that are one JSON document. Of a string of more
// than 1 KiB it hands on the quotes.
func NewJSON(emit func(Frame)) Cutter { return &document{emit: emit} }

func (d *document) Write(p []byte) { d.hold.write(p) }

// Close hands the document on, as far as it came.
func (d *document) Close() End {
	f := d.hold.take("")
	isClosed := f.IsTooLarge
	if len(f.Data) > 0 {
		f.Data, isClosed = elide(f.Data)
	}
	d.emit(f)
	if isClosed {
		return Whole
	}
	return Unfinished
}

// elide empties, where it is, every string of more than 1 KiB, as a Skeleton
// does: it is text, and whoever reads the rest would go through it byte by byte,
// more than once. It looks whether all that was opened was closed, too.
func elide(p []byte) (rest []byte, isClosed bool) {
	var n nesting
	rest = p[:0]
	for len(p) > 0 {
		inString := n.inString
		size := n.step(p)
		piece := p[:size]
		if inString && !n.inString && size > maxString {
			piece = p[size-1 : size] // its closing quote
		}
		rest = append(rest, piece...)
		p = p[size:]
	}
	return rest, n.isClosed()
}
