package framing

import "encoding/binary"

// WebSocket cuts one direction of a WebSocket connection, from the first byte
// after the head of the 101, into messages (RFC 6455); each is a frame. A
// binary message that does not begin as JSON does comes as it is, up to
// 256 KiB. One that cannot be kept or inflated comes as IsTooLarge, and so do
// the compressed ones after it if they refer back to it.
type WebSocket struct {
	emit func(Frame)

	head   []byte // of the fragment or control frame that has begun
	isHead bool   // and it is complete: payload follows
	left   uint64 // bytes of payload to come
	key    uint32 // the mask, turned to the next byte; 0: none

	isOpen     bool   // a message has begun
	isDeflated bool   // and is compressed
	size       int64  // of it, as sent, so far
	direct     []byte // all of it, in the caller's bytes
	message    message
	inflater   inflater

	isClosed  bool // a close frame has come
	isGarbled bool
	code      []byte
	messages  int64
	largest   int64
	plain     [4 << 10]byte // unmasked
}

// NewWebSocket returns a cutter of the direction that these options are for.
func NewWebSocket(o WebSocketOptions, emit func(Frame)) *WebSocket {
	return &WebSocket{emit: emit, inflater: inflater{options: o}}
}

func (w *WebSocket) Write(p []byte) {
	for len(p) > 0 && !w.isClosed && !w.isGarbled {
		if !w.isHead {
			p = p[w.takeHead(p):]
			continue
		}
		n := int(min(w.left, uint64(len(p))))
		w.takePayload(p[:n])
		p = p[n:]
	}
}

// takeHead takes the bytes of p that belong to the head and returns their
// number.
func (w *WebSocket) takeHead(p []byte) int {
	n := 0
	for n < len(p) && len(w.head) < headSize(w.head) {
		w.head = append(w.head, p[n])
		n++
	}
	if len(w.head) == headSize(w.head) {
		w.begin()
	}
	return n
}

func (w *WebSocket) begin() {
	w.isHead = true
	w.left, w.key = length(w.head), 0
	if w.head[1]&bitMasked != 0 {
		w.key = binary.LittleEndian.Uint32(w.head[len(w.head)-4:])
	}
	if !w.isLegal() {
		w.isGarbled = true
		w.message, w.inflater = message{}, inflater{}
		return
	}
	if op := w.opcode(); op == opText || op == opBinary {
		w.isOpen, w.isDeflated, w.size = true, w.head[0]&bitRSV1 != 0, 0
		w.message.begin(op == opBinary)
	}
	if w.left == 0 {
		w.endFrame()
	}
}

func (w *WebSocket) opcode() byte  { return w.head[0] & 0x0f }
func (w *WebSocket) isFinal() bool { return w.head[0]&bitFinal != 0 }

// isLegal holds a head to RFC 6455 §5.2, §5.4 and §5.5 and to RFC 7692 §6.1.
// Who must mask is not looked at, nor whether a length is written as shortly as
// it could be: neither leaves a doubt where the next head stands.
func (w *WebSocket) isLegal() bool {
	op := w.opcode()
	mayDeflate := w.inflater.options.Deflate && (op == opText || op == opBinary)
	if w.head[0]&bitsRSV23 != 0 || w.head[0]&bitRSV1 != 0 && !mayDeflate || w.left>>63 != 0 {
		return false
	}
	switch op {
	case opContinuation:
		return w.isOpen
	case opText, opBinary:
		return !w.isOpen
	case opClose, opPing, opPong:
		return w.isFinal() && w.left <= maxControl
	}
	return false
}

func (w *WebSocket) takePayload(p []byte) {
	w.left -= uint64(len(p))
	switch w.opcode() {
	case opPing, opPong:
	case opClose:
		w.key = unmask(w.plain[:len(p)], p, w.key)
		w.code = append(w.code, w.plain[:len(p)]...)
	default:
		w.takeData(p)
	}
	if w.left == 0 {
		w.endFrame()
	}
}

func (w *WebSocket) takeData(p []byte) {
	isFirst := w.size == 0
	w.size += int64(len(p))
	switch {
	case w.key != 0:
		for len(p) > 0 {
			n := min(len(p), len(w.plain))
			w.key = unmask(w.plain[:n], p[:n], w.key)
			w.keep(w.plain[:n])
			p = p[n:]
		}
	case isFirst && w.left == 0 && w.isFinal():
		w.direct = p
	default:
		w.keep(p)
	}
}

func (w *WebSocket) keep(p []byte) {
	if w.isDeflated {
		w.inflater.keep(p)
	} else {
		w.message.write(p)
	}
}

func (w *WebSocket) endFrame() {
	op, isFinal := w.opcode(), w.isFinal()
	w.head, w.isHead = w.head[:0], false
	switch {
	case op == opClose:
		w.isClosed = true
	case op < opClose && isFinal:
		w.endMessage()
	}
}

func (w *WebSocket) endMessage() {
	w.messages++
	w.largest = max(w.largest, w.size)
	f := w.content()
	w.isOpen, w.direct = false, nil
	w.emit(f)
}

func (w *WebSocket) content() Frame {
	switch {
	case w.isDeflated && !w.inflater.inflate(w.direct, &w.message):
		w.message.take()
		return Frame{IsTooLarge: true}
	case w.direct != nil && !w.isDeflated:
		return w.message.whole(w.direct)
	}
	return w.message.take()
}

// Close tells Foreign as soon as anything came that RFC 6455 does not allow,
// even if messages came before it. A message that has no end is not handed on.
func (w *WebSocket) Close() End {
	switch {
	case w.isGarbled:
		return Foreign
	case w.isOpen, len(w.head) > 0, w.messages == 0 && !w.isClosed:
		return Unfinished
	}
	return Whole
}

// Code is the status with which this direction was closed (RFC 6455 §7.4): 1005
// if the close frame had none, 0 while none has come.
func (w *WebSocket) Code() int {
	switch {
	case !w.isClosed:
		return 0
	case len(w.code) < 2:
		return 1005
	}
	return int(binary.BigEndian.Uint16(w.code))
}

// Seen tells how many messages have ended, and the size of the largest in
// bytes, as it was sent.
func (w *WebSocket) Seen() (messages, largest int64) { return w.messages, w.largest }
