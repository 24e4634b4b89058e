package framing

// array cuts the elements of one JSON array, as Google streams them when it is
// not asked for server-sent events.
type array struct {
	emit  func(Frame)
	nest  nesting
	hold  hold
	begun bool // the hold has the beginning of an element
	isIn  bool // within an element
}

// NewArray returns a cutter of bodies that are one JSON array. It hands on the
// elements that are objects or arrays themselves.
func NewArray(emit func(Frame)) Cutter { return &array{emit: emit} }

func (a *array) Write(p []byte) {
	start := 0 // of the element, in p
	for i := 0; i < len(p); {
		before := a.nest.depth
		i += a.nest.step(p[i:])
		switch {
		case before == 1 && a.nest.depth == 2:
			a.isIn, start = true, i-1
		case before == 2 && a.nest.depth == 1:
			a.end(p[start:i])
		}
	}
	if a.isIn {
		a.hold.write(p[start:])
		a.begun = true
	}
}

// end hands the element on, of which this is the last piece.
func (a *array) end(p []byte) {
	var f Frame
	if a.begun {
		a.hold.write(p)
		f = a.hold.take("")
	} else {
		f = a.hold.whole("", p)
	}
	a.isIn, a.begun = false, false
	a.emit(f)
}

func (a *array) Close() End {
	if a.nest.depth != 0 || a.nest.inString {
		return Unfinished
	}
	return Whole
}
