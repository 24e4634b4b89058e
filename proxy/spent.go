package proxy

import (
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

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
// once their answer has been sent.
func (s *spent) retire(conn net.Conn, state http.ConnState) {
	if s.count.Load() == 0 || state == http.StateNew || state == http.StateActive || !s.take(conn.RemoteAddr().String()) || state != http.StateIdle {
		return
	}
	if closeWrite(conn) == nil && conn.SetReadDeadline(time.Now().Add(hangUpTime)) == nil {
		_, _ = io.Copy(io.Discard, conn) // until the agent hangs up, or the time is over
	}
	conn.Close()
}
