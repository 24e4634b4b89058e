package proxy

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"net"
	"sync"
	"time"
)

// http2Conn is an agent's HTTP/2 connection on which an answer may end before
// its request, and nothing but that end is sent. net/http sends RST_STREAM with
// NO_ERROR right behind the END_STREAM of a handler that returns while the
// agent's half is open. RFC 9113, 8.1 allows that, but Node then throws away
// what it has not read yet, and a client of Cursor's takes its finished turn
// again. So this reset waits until the agent has closed its half, which makes
// it void, or has shown that it will not.
type http2Conn struct {
	net.Conn // decrypted

	read frames // of the agent's bytes, for the one goroutine that reads

	streams sync.Mutex
	open    map[uint32]*openHalf // by stream: the agent's half is open

	writing sync.Mutex
	left    int    // of the payload of the frame that is being written
	held    []byte // the start of a frame of which too little was written to know it
	due     []byte // whole frames to send once the one that is being written is
}

// openHalf is the agent's half of a stream. With a timer the other half has
// ended, and the reset is what is waiting.
type openHalf struct {
	timer  *time.Timer
	late   int // bytes that came since
	isDone bool
}

const (
	// resetAfter is how long an agent may leave its half open. It is long,
	// because an agent may be busy with what it has read, and because nothing
	// waits for it: net/http has let go of the stream.
	resetAfter = 10 * time.Second
	// maxLate is how much an agent may send that nobody reads. One that sends
	// more has not understood that its upload is over.
	maxLate = 64 << 10
)

// newHTTP2Conn hides that it is TLS: net/http lets HTTP/2 be spoken on a
// connection that is no *tls.Conn, provided that it looks unencrypted.
func newHTTP2Conn(c *tls.Conn) *http2Conn {
	return &http2Conn{Conn: c, read: frames{left: prefaceSize}, open: make(map[uint32]*openHalf)}
}

// NetConn is the connection below TLS.
func (c *http2Conn) NetConn() net.Conn { return c.Conn.(*tls.Conn).NetConn() }

func (c *http2Conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.read.follow(p[:n], c.heard)
	return n, err
}

func (c *http2Conn) Close() error {
	c.streams.Lock()
	for _, h := range c.open {
		if h.timer != nil {
			h.timer.Stop()
		}
	}
	clear(c.open)
	c.streams.Unlock()
	return c.Conn.Close()
}

// heard keeps account of the agent's halves.
func (c *http2Conn) heard(f frame) {
	isEnd := f.kind == frameReset || f.endsStream()
	switch f.kind {
	case frameHeaders, frameData, frameReset:
	default:
		return
	}
	c.streams.Lock()
	defer c.streams.Unlock()
	h := c.open[f.stream]
	switch {
	case h == nil && f.kind == frameHeaders && !isEnd:
		c.open[f.stream] = new(openHalf)
	case h == nil:
	case h.timer == nil && isEnd:
		delete(c.open, f.stream)
	case h.timer != nil:
		h.isDone = h.isDone || isEnd
		h.late += f.length
		if h.late > maxLate && !h.isDone {
			h.timer.Reset(0)
		}
	}
}

// withholds decides on a reset that net/http sends.
func (c *http2Conn) withholds(stream uint32, code uint32) bool {
	c.streams.Lock()
	defer c.streams.Unlock()
	h := c.open[stream]
	switch {
	case h == nil:
		return code == noError // the agent has closed its half just now
	case h.timer != nil:
		return true // STREAM_CLOSED, for what came after the end
	case code == noError:
		h.timer = time.AfterFunc(resetAfter, func() { c.release(stream) })
		return true
	default:
		delete(c.open, stream)
		return false
	}
}

// release sends the reset that was waiting, unless it is void.
func (c *http2Conn) release(stream uint32) {
	c.streams.Lock()
	h := c.open[stream]
	delete(c.open, stream)
	c.streams.Unlock()
	if h == nil || h.isDone {
		return
	}
	c.writing.Lock()
	defer c.writing.Unlock()
	c.due = append(c.due, 0, 0, 4, frameReset, 0)
	c.due = binary.BigEndian.AppendUint32(c.due, stream)
	c.due = binary.BigEndian.AppendUint32(c.due, noError)
	_ = c.writeDue() // fails on a broken connection, which whoever reads will find
}

func (c *http2Conn) Write(p []byte) (int, error) {
	c.writing.Lock()
	defer c.writing.Unlock()
	all := len(p)
	if len(c.held) > 0 {
		p, c.held = append(c.held, p...), nil
	}
	for len(p) > 0 {
		pass, drop := c.sift(p)
		if pass > 0 {
			if _, err := c.Conn.Write(p[:pass]); err != nil {
				return 0, err
			}
		}
		p = p[pass+drop:]
	}
	return all, c.writeDue()
}

// writeDue needs writing.
func (c *http2Conn) writeDue() error {
	if len(c.due) == 0 || c.left > 0 || len(c.held) > 0 {
		return nil
	}
	_, err := c.Conn.Write(c.due)
	c.due = nil
	return err
}

// sift tells how many bytes of p may pass, and how many behind them may not, or
// not yet. It needs writing.
func (c *http2Conn) sift(p []byte) (pass, drop int) {
	for pass < len(p) {
		if c.left > 0 {
			n := min(c.left, len(p)-pass)
			c.left -= n
			pass += n
			continue
		}
		rest := p[pass:]
		if len(rest) < frameHead || rest[3] == frameReset && len(rest) < resetSize {
			c.held = bytes.Clone(rest)
			return pass, len(rest)
		}
		f := frameOf(rest)
		if f.kind == frameReset && c.withholds(f.stream, binary.BigEndian.Uint32(rest[frameHead:])) {
			return pass, resetSize
		}
		c.left = f.length
		pass += frameHead
	}
	return pass, 0
}

// What is needed of HTTP/2: RFC 9113, 3.4, 4.1, 6 and 7.
const (
	prefaceSize = 24
	frameHead   = 9
	resetSize   = frameHead + 4

	frameData    = 0
	frameHeaders = 1
	frameReset   = 3
	endStream    = 1 // the flag, of data and headers
	noError      = 0
)

// frame is the head of a frame.
type frame struct {
	length      int
	kind, flags byte
	stream      uint32
}

func frameOf(head []byte) frame {
	return frame{
		length: int(head[0])<<16 | int(head[1])<<8 | int(head[2]),
		kind:   head[3], flags: head[4],
		stream: binary.BigEndian.Uint32(head[5:]) &^ (1 << 31),
	}
}

func (f frame) endsStream() bool {
	return (f.kind == frameData || f.kind == frameHeaders) && f.flags&endStream != 0
}

// frames follows frames in bytes that come in any pieces.
type frames struct {
	left int // of what is passed over
	head [frameHead]byte
	have int // of head
}

// follow shows each frame whose head is complete.
func (f *frames) follow(p []byte, show func(frame)) {
	for len(p) > 0 {
		if f.left > 0 {
			n := min(f.left, len(p))
			f.left, p = f.left-n, p[n:]
			continue
		}
		n := copy(f.head[f.have:], p)
		f.have, p = f.have+n, p[n:]
		if f.have == frameHead {
			next := frameOf(f.head[:])
			f.have, f.left = 0, next.length
			show(next)
		}
	}
}
