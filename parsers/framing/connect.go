package framing

import "encoding/binary"

// MaxEnvelope is how large an envelope's payload may be, compressed and
// decoded. A larger one comes as a frame that is too large.
const MaxEnvelope = 4 << 20

// EnvelopeEnd is the event of the envelope that ends a stream. Its data is
// JSON: an object that is empty or has an error.
const EnvelopeEnd = "end"

// The flags of an envelope, as the Connect protocol defines them for streams.
// gRPC has the first of them alone.
const (
	isCompressed = 1 << 0
	isEnd        = 1 << 1
)

// envelopeHead is the length of what precedes each payload: a byte of flags
// and the payload's length, most significant byte first.
const envelopeHead = 5

// connect cuts the envelopes of Connect and gRPC. They keep to no border of
// what carries them: Cursor's streams were seen with several in a chunk, and
// with one in several.
type connect struct {
	decode func([]byte) ([]byte, error)
	emit   func(Frame)

	head    [envelopeHead]byte
	filled  int    // how much of the head has come; 0 between envelopes
	left    int64  // of the payload
	skips   bool   // the payload is not kept
	held    []byte // of the payload, when it comes in pieces
	isKnown bool   // an envelope has come whose flags are known
	isOther bool   // one has come whose flags are not
}

// NewConnect returns a cutter of envelopes as Connect and gRPC stream them.
// Decode undoes the compression of one payload, in the coding that the head
// names in Connect-Content-Encoding or Grpc-Encoding. It may use the same
// memory each time, and should stop at little more than [MaxEnvelope]. Where
// it is nil or fails, the frame comes as too large: it cannot be read.
//
// An envelope with flags that neither protocol has is passed over by its
// length; a body of nothing else is [Foreign].
func NewConnect(decode func(p []byte) ([]byte, error), emit func(Frame)) Cutter {
	return &connect{decode: decode, emit: emit}
}

func (c *connect) Write(p []byte) {
	for len(p) > 0 {
		if c.filled < envelopeHead {
			n := copy(c.head[c.filled:], p)
			c.filled, p = c.filled+n, p[n:]
			if c.filled < envelopeHead {
				return
			}
			c.open()
		}
		n := int(min(c.left, int64(len(p))))
		c.take(p[:n])
		p = p[n:]
	}
}

// open begins an envelope. What it says of its length is not believed: memory
// is taken as the bytes come.
func (c *connect) open() {
	c.left = int64(binary.BigEndian.Uint32(c.head[1:]))
	c.skips = !c.isOurs() || c.left > MaxEnvelope
	if c.isOurs() {
		c.isKnown = true
	} else {
		c.isOther = true
	}
}

func (c *connect) isOurs() bool { return c.head[0]&^(isCompressed|isEnd) == 0 }

// take takes the next piece of the payload, and hands the frame on when it is
// the last.
func (c *connect) take(piece []byte) {
	c.left -= int64(len(piece))
	switch {
	case c.skips && c.left > 0:
	case c.skips:
		c.end(nil)
	case c.left > 0 || len(c.held) > 0:
		c.held = append(c.held, piece...)
		if c.left == 0 {
			c.end(c.held)
			c.release()
		}
	default:
		c.end(piece)
	}
}

// release keeps the buffer for the next payload, unless it has grown large.
func (c *connect) release() {
	c.held = c.held[:0]
	if cap(c.held) > maxVerbatim {
		c.held = nil
	}
}

func (c *connect) end(payload []byte) {
	c.filled = 0
	if !c.isOurs() {
		return
	}
	f := Frame{Data: payload, IsTooLarge: c.skips}
	if c.head[0]&isEnd != 0 {
		f.Event = EnvelopeEnd
	}
	if c.head[0]&isCompressed != 0 && len(payload) > 0 { // nothing is nothing in any coding
		f.Data, f.IsTooLarge = c.decoded(payload)
	}
	if f.Event == EnvelopeEnd {
		f = f.limited() // it is JSON
	}
	c.emit(f)
}

func (c *connect) decoded(payload []byte) (data []byte, isTooLarge bool) {
	if c.decode == nil {
		return nil, true
	}
	data, err := c.decode(payload)
	if err != nil || len(data) > MaxEnvelope {
		return nil, true
	}
	return data, false
}

func (c *connect) Close() End {
	switch {
	case !c.isKnown && (c.isOther || c.filled > 0 && !c.isOurs()):
		return Foreign
	case !c.isKnown || c.filled > 0:
		return Unfinished
	}
	return Whole
}
