package proxy

import (
	"errors"
	"io"
	"net/http"
	"sync/atomic"
)

// requestBody is the agent's half of an exchange. It may outlast the provider's:
// Cursor's agents keep it open until they have seen the answer end. The
// transport lets go of an HTTP/2 stream only when it is done with both halves,
// so without the end made here that of the answer would wait for the agent's
// next word, which is a heartbeat 5 s later.
type requestBody struct {
	io.ReadCloser
	tap     Tap
	inbound io.Closer // breaks off a read that waits; nil: HTTP/1.1, where net/http does
	left    int64     // bytes to come; negative: not stated
	done    chan struct{}

	isWaiting atomic.Bool // a read is under way

	isOver   atomic.Bool // the answer is
	endsWell atomic.Bool // the provider may be told that the agent has no more to say
}

// newRequestBody is for the request that is to go upstream.
func newRequestBody(r *http.Request) *requestBody {
	p := passageOf(r)
	b := &requestBody{ReadCloser: r.Body, tap: p.tap, left: r.ContentLength, done: make(chan struct{})}
	if p.in.ProtoMajor == 2 {
		b.inbound = p.in.Body
	}
	return b
}

var errAnswerOver = errors.New("the answer is over: the rest of the request is not wanted")

func (b *requestBody) Read(p []byte) (int, error) {
	if b.isOver.Load() && b.isOpen() && (b.inbound == nil || !b.endsWell.Load()) {
		b.end()
		return 0, errAnswerOver
	}
	b.isWaiting.Store(true)
	n, err := b.ReadCloser.Read(p)
	b.isWaiting.Store(false)
	if n > 0 {
		b.tap.Request(p[:n])
	}
	if err == io.EOF && b.left < 0 {
		b.tap.Request(nil)
	}
	if b.left >= 0 {
		b.left -= int64(n)
	}
	if err != nil && n == 0 && b.isOver.Load() && b.endsWell.Load() {
		err = io.EOF // all that had come until then has been read
	}
	if err != nil || b.left == 0 {
		b.end()
	}
	return n, err
}

// end is called by the one goroutine that reads.
func (b *requestBody) end() {
	if b.isOpen() {
		close(b.done)
	}
}

// isOpen reports whether more of the request is to be read. A nil body is
// closed.
func (b *requestBody) isOpen() bool {
	if b == nil {
		return false
	}
	select {
	case <-b.done:
		return false
	default:
		return true
	}
}

// over is told that the answer is, and whether it came to its end. Who waits for
// the agent's next word is woken. Whoever does not yet may read what is there,
// until the handler has returned and net/http ends it.
func (b *requestBody) over(isWhole bool) {
	if !b.isOpen() {
		return
	}
	if !isWhole {
		b.endsWell.Store(false)
	}
	if b.isOver.Swap(true) || b.inbound == nil {
		return
	}
	if b.isWaiting.Load() || !b.endsWell.Load() {
		b.inbound.Close()
	}
}
