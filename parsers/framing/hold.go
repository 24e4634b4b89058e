package framing

import "bytes"

const (
	maxVerbatim = 256 << 10
	maxElided   = 4 << 20
	maxNesting  = 1000
)

// hold keeps the bytes of one frame that come in pieces.
type hold struct {
	verbatim []byte
	skeleton *Skeleton // nil until verbatim is full
}

func (h *hold) write(p []byte) {
	if h.skeleton == nil {
		if len(h.verbatim)+len(p) <= maxVerbatim {
			h.verbatim = append(h.verbatim, p...)
			return
		}
		h.skeleton = &Skeleton{}
		h.skeleton.Write(h.verbatim)
	}
	h.skeleton.Write(p)
}

// take returns what is held, as a frame, and empties the hold. The data stays
// valid until the next write.
func (h *hold) take(event string) Frame {
	f := Frame{Event: event, Data: h.verbatim}
	if h.skeleton != nil {
		f.Data, f.IsTooLarge = h.skeleton.Take()
	}
	h.verbatim, h.skeleton = h.verbatim[:0], nil
	return f.limited()
}

// whole returns a frame that lies in one piece, held to the same limits.
func (h *hold) whole(event string, data []byte) Frame {
	if len(data) > maxVerbatim {
		h.write(data)
		return h.take(event)
	}
	return Frame{Event: event, Data: data}.limited()
}

// limited refuses what nests too deeply: readers of JSON recurse.
func (f Frame) limited() Frame {
	if f.IsTooLarge || nestsTooDeep(f.Data) {
		return Frame{Event: f.Event, IsTooLarge: true}
	}
	return f
}

func nestsTooDeep(p []byte) bool {
	if len(p) <= maxNesting || bytes.Count(p, []byte{'{'})+bytes.Count(p, []byte{'['}) <= maxNesting {
		return false
	}
	var n nesting
	for len(p) > 0 {
		p = p[n.step(p):]
		if n.depth > maxNesting {
			return true
		}
	}
	return false
}
