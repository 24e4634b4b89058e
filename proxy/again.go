package proxy

import (
	"io"
	"net/http"
	"sync"
	"sync/atomic"
)

// maxAgain is how much of a request is kept until its answer begins.
const maxAgain = 1 << 20

// again keeps a request's body, so that the transport can send it once more
// where the provider has not begun with it: an HTTP/2 server that drains says so
// (GOAWAY), and an idle connection may be closed just then. The agent would not
// see any of that directly. Attempts share what was read, and what is still to
// come.
type again struct {
	src   io.Reader
	isOff atomic.Bool // the answer has begun: there will be no other attempt

	mu   sync.Mutex // held by the one attempt that reads src
	kept []byte
	err  error // how src ended
}

// keepBody is for a request before its first attempt. It returns nil for one
// whose body is of unknown length, or too large to keep.
func keepBody(r *http.Request) *again {
	if r.ContentLength <= 0 || r.ContentLength > maxAgain {
		return nil
	}
	a := &again{src: r.Body}
	r.Body = &attempt{again: a}
	r.GetBody = a.next
	return a
}

func (a *again) next() (io.ReadCloser, error) { return &attempt{again: a}, nil }

// forget is told that the answer has begun. It does not wait for an attempt that
// still reads, which then forgets by itself. A nil again was never kept.
func (a *again) forget() {
	if a == nil {
		return
	}
	a.isOff.Store(true)
	if a.mu.TryLock() {
		a.kept = nil
		a.mu.Unlock()
	}
}

// attempt is the body as one attempt reads it.
type attempt struct {
	again *again
	at    int // in what was kept
}

func (t *attempt) Read(p []byte) (int, error) {
	a := t.again
	a.mu.Lock()
	defer a.mu.Unlock()
	if t.at < len(a.kept) {
		n := copy(p, a.kept[t.at:])
		t.at += n
		return n, nil
	}
	if a.err != nil {
		return 0, a.err
	}
	n, err := a.src.Read(p)
	a.err = err
	if a.isOff.Load() {
		a.kept, t.at = nil, 0
		return n, err
	}
	a.kept = append(a.kept, p[:n]...)
	t.at += n
	return n, err
}

// Close ends the attempt. The body is the server's to close.
func (t *attempt) Close() error { return nil }
