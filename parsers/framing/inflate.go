package framing

import (
	"compress/flate"
	"errors"
	"io"
)

const (
	maxDeflated = 4 << 20  // of one message
	maxInflated = 64 << 20 // of one message
	maxFinals   = 16       // final blocks in one message: each costs a new start
	maxIdle     = 256 << 10
	outSlack    = 16 << 10
)

// inflater undoes the permessage-deflate of one direction (RFC 7692 §7.2.2).
// Go's inflate pulls its input, so a message is kept compressed until it has
// ended. The zero value with options is ready to use.
type inflater struct {
	options  WebSocketOptions
	deflated []byte // the message, as far as it came
	isLost   bool   // the message is too large
	isBroken bool   // what later messages may refer back to is missing

	reader io.Reader // nil until there is something to inflate
	src    trailed
	out    []byte // the end of what was inflated
}

// keep takes a piece of the message.
func (i *inflater) keep(p []byte) {
	i.isLost = i.isLost || i.isBroken || len(i.deflated)+len(p) > maxDeflated
	if i.isLost {
		i.deflated = nil
		return
	}
	i.deflated = append(i.deflated, p...)
}

// inflate ends the message, which is direct if that is not nil, and else what
// was kept. It writes its content to m; false if that cannot be had.
func (i *inflater) inflate(direct []byte, m *message) bool {
	if direct == nil {
		direct = i.deflated
	}
	isLost := i.isLost || i.isBroken || len(direct) > maxDeflated || !i.run(direct, m)
	i.src, i.isLost = trailed{}, false
	if i.deflated = i.deflated[:0]; cap(i.deflated) > maxIdle {
		i.deflated = nil
	}
	if isLost && !i.options.NoContextTakeover {
		i.isBroken, i.reader, i.out = true, nil, nil
	}
	return !isLost
}

func (i *inflater) run(p []byte, m *message) bool {
	if len(p) == 0 { // an empty message should be one byte: §7.2.3.6
		return true
	}
	i.start(p)
	finals := 0
	for total := 0; total <= maxInflated; {
		piece, err := i.read()
		m.write(piece)
		total += len(piece)
		switch {
		case err == nil:
		case !errors.Is(err, io.EOF) || finals == maxFinals:
			return false
		case i.src.isEnd():
			return total <= maxInflated
		default: // RFC 7692 §7.2.3.4: a final block need not be the last
			finals++
			i.restart()
		}
	}
	return false
}

func (i *inflater) start(p []byte) {
	i.src = trailed{p, trailer}
	if i.options.NoContextTakeover {
		i.out = i.out[:0]
	}
	if i.reader == nil {
		i.out = make([]byte, 0, i.options.window()+outSlack)
		i.reader = flate.NewReader(&i.src)
		return
	}
	i.restart()
}

// restart sets the reader to a new stream that may refer back.
func (i *inflater) restart() {
	dict := i.out[max(0, len(i.out)-i.options.window()):]
	_ = i.reader.(flate.Resetter).Reset(&i.src, dict) // it never fails
}

// read inflates a piece into out, where it stays for what refers back to it.
func (i *inflater) read() ([]byte, error) {
	if len(i.out) == cap(i.out) {
		i.out = i.out[:copy(i.out, i.out[len(i.out)-i.options.window():])]
	}
	start := len(i.out)
	n, err := i.reader.Read(i.out[start:cap(i.out)])
	i.out = i.out[:start+n]
	return i.out[start:], err
}

// trailer is what senders leave out (RFC 7692 §7.2.1), and an empty final block
// after it: so the reader says io.EOF where a message is whole, and something
// else where it is cut.
var trailer = []byte("\x00\x00\xff\xff" + "\x01\x00\x00\xff\xff")

// trailed reads the one and then the other. It reads single bytes, so that the
// inflater takes no more than it needs.
type trailed struct{ now, next []byte }

// isEnd reports whether all was read, or all but the trailer: a message that a
// final block ends should go on with an empty one, and not all do.
func (t *trailed) isEnd() bool {
	return len(t.now) == 0 && (len(t.next) == 0 || len(t.next) == len(trailer))
}

func (t *trailed) turn() bool {
	if len(t.now) == 0 {
		t.now, t.next = t.next, nil
	}
	return len(t.now) > 0
}

func (t *trailed) ReadByte() (byte, error) {
	if !t.turn() {
		return 0, io.EOF
	}
	c := t.now[0]
	t.now = t.now[1:]
	return c, nil
}

func (t *trailed) Read(p []byte) (int, error) {
	if !t.turn() {
		return 0, io.EOF
	}
	n := copy(p, t.now)
	t.now = t.now[n:]
	return n, nil
}
