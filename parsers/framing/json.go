package framing

// document takes the whole body as one frame.
type document struct {
	emit func(Frame)
	hold hold
}

// NewJSON returns a cutter of bodies that are one JSON document.
func NewJSON(emit func(Frame)) Cutter { return &document{emit: emit} }

func (d *document) Write(p []byte) { d.hold.write(p) }

// Close hands the document on, as far as it came.
func (d *document) Close() End {
	f := d.hold.take("")
	d.emit(f)
	if f.IsTooLarge || len(f.Data) > 0 && isClosed(f.Data) {
		return Whole
	}
	return Unfinished
}

// isClosed looks whether all that was opened was closed.
func isClosed(p []byte) bool {
	var n nesting
	for len(p) > 0 {
		p = p[n.step(p):]
	}
	return n.depth <= 0 && !n.inString
}
