package proxy

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"time"
)

const (
	smallBody = 16 << 10
	// headWait is how long a head waits for its body. As a rule both come at
	// once, but an answer may begin before the body does.
	headWait = 2 * time.Millisecond
)

// joinHead makes a small request leave in one piece, as it came. The transport
// sends a request's head by itself unless it has the whole body in memory: one
// more record and one more system call. So the head waits for the first bytes
// of a body of stated length, never for more, and not for long. What is in
// memory can also be sent again if the provider closed an idle connection just
// then. It reports whether the body is in memory.
func joinHead(r *http.Request) bool {
	if r.ContentLength <= 0 || r.ContentLength > smallBody || r.Header.Get("Expect") != "" || len(r.Trailer) > 0 {
		return false
	}
	begun := &begunBody{ReadCloser: r.Body, start: make([]byte, r.ContentLength), first: make(chan struct{})}
	go begun.begin()
	wait := time.NewTimer(headWait)
	defer wait.Stop()
	select {
	case <-wait.C:
		r.Body = begun
		return false
	case <-begun.first:
	}
	if int64(len(begun.start)) < r.ContentLength || begun.err != nil && !errors.Is(begun.err, io.EOF) {
		r.Body = begun
		return false
	}
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(begun.start)), nil }
	r.Body, _ = r.GetBody()
	return true
}

// begunBody gives the first bytes again, then the error that came with them or
// the rest.
type begunBody struct {
	io.ReadCloser
	first chan struct{} // closed when start and err hold the first read's
	start []byte
	err   error
}

func (b *begunBody) begin() {
	n, err := b.ReadCloser.Read(b.start)
	b.start, b.err = b.start[:n], err
	close(b.first)
}

func (b *begunBody) Read(p []byte) (int, error) {
	<-b.first
	if len(b.start) > 0 {
		n := copy(p, b.start)
		b.start = b.start[n:]
		return n, nil
	}
	if b.err != nil {
		return 0, b.err
	}
	return b.ReadCloser.Read(p)
}
