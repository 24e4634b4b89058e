package framing

// document takes the whole body as one frame. Every string of more than 1 KiB it
// empties, as a Skeleton does: that is text, which would be copied, and read byte
// by byte, for nothing.
type document struct {
	emit   func(Frame)
	hold   hold
	place  nesting
	length int // of the string that is being read, so far
}

// NewJSON returns a cutter of bodies that are one JSON document. Of a string of more
// than 1 KiB it hands on the quotes.
func NewJSON(emit func(Frame)) Cutter {
	return &document{emit: emit, hold: hold{verbatim: make([]byte, 0, 512)}}
}

func (d *document) Write(p []byte) {
	for len(p) > 0 {
		inString := d.place.inString
		n := d.place.step(p)
		if inString {
			d.text(p[:n])
		} else {
			d.hold.write(p[:n])
			d.length = 0
		}
		p = p[n:]
	}
}

// text takes a piece of a string, its closing quote included.
func (d *document) text(p []byte) {
	before := d.length
	d.length += len(p)
	switch {
	case d.length <= maxString, d.hold.skeleton != nil: // that empties it itself
		d.hold.write(p)
		return
	case before <= maxString:
		d.hold.verbatim = d.hold.verbatim[:len(d.hold.verbatim)-before]
	}
	if !d.place.inString {
		d.hold.write(p[len(p)-1:])
	}
}

// Close hands the document on, as far as it came.
func (d *document) Close() End {
	f := d.hold.take("")
	d.emit(f)
	if f.IsTooLarge || len(f.Data) > 0 && d.place.isClosed() {
		return Whole
	}
	return Unfinished
}
