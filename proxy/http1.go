package proxy

import (
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

func (y *relay) serveHTTP1(w *hijackWriter, r *http.Request) {
	// Bodies may flow both ways at once. The only error is that the connection
	// cannot, which leaves HTTP/1.1's usual order.
	control := http.NewResponseController(w)
	_ = control.EnableFullDuplex()
	if r.Body == http.NoBody || r.Header.Get("Expect") != "" { // which closes a connection that is left with a body
		y.proxy.ServeHTTP(w, r)
		return
	}
	body := &http1Body{ReadCloser: r.Body}
	r.Body = body
	isCut := true
	defer func() {
		if isCut { // by a panic: net/http would read the request to its end first
			_ = control.SetReadDeadline(time.Unix(1, 0)) // fails only where there is nothing left to read
		}
	}()
	y.proxy.ServeHTTP(w, r)
	isCut = false
	if w.hijacked == nil && !body.readOut() {
		y.spent.add(r.RemoteAddr)
	}
}

// http1Body is that of an HTTP/1.1 request, which has to be read to its
// end before the connection serves another. net/http does so itself behind the
// handler, but where both halves flow at once it then loses the connection: the
// next request meets a read that is under way, or what is left of this one.
type http1Body struct {
	io.ReadCloser
	isRead atomic.Bool
}

func (b *http1Body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err == io.EOF {
		b.isRead.Store(true)
	}
	return n, err
}

// lastWord is how long the end of an answer over HTTP/1.1 waits for that of its
// request, where that was not there first.
const lastWord = 20 * time.Millisecond

// readOut reads what is left, and reports whether that was all of it.
func (b *http1Body) readOut() bool {
	if b.isRead.Load() {
		return true
	}
	end := make(chan error, 1)
	go func() {
		_, err := io.Copy(io.Discard, b.ReadCloser)
		end <- err
	}()
	wait := time.NewTimer(lastWord)
	defer wait.Stop()
	select {
	case err := <-end:
		return err == nil
	case <-wait.C:
		return false
	}
}

// spent are HTTP/1.1 connections whose last request was not read to its end
// when its answer had ended. net/http would go on with what is left of that
// request as if it were the next one. The zero value is ready.
type spent struct {
	count  atomic.Int64 // of conns: it is nearly always 0
	agents sync.Map     // by the agent's address
}

func (s *spent) add(agent string) {
	if _, isThere := s.agents.LoadOrStore(agent, struct{}{}); !isThere {
		s.count.Add(1)
	}
}

func (s *spent) take(agent string) bool {
	_, isThere := s.agents.LoadAndDelete(agent)
	if isThere {
		s.count.Add(-1)
	}
	return isThere
}

// hangUpTime is how long an agent has to take its answer and hang up, before
// what it still sends would reset the connection.
const hangUpTime = 500 * time.Millisecond

// retire is told of the life of each connection, and ends those that are spent
// once their answer has been sent. net/http would look for a next request on what
// it has read ahead, or panic over a read of its own that is still under way: the
// panic here is its word for an end without one.
func (s *spent) retire(conn net.Conn, state http.ConnState) {
	if s.count.Load() == 0 || state == http.StateNew || state == http.StateActive || !s.take(conn.RemoteAddr().String()) || state != http.StateIdle {
		return
	}
	if closeWrite(conn) == nil && conn.SetReadDeadline(time.Now().Add(hangUpTime)) == nil {
		_, _ = io.Copy(io.Discard, conn) // until the agent hangs up, or the time is over
	}
	conn.Close()
	panic(http.ErrAbortHandler)
}
