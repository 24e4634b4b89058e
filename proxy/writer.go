package proxy

import (
	"bufio"
	"net"
	"net/http"
)

// hijackWriter keeps account of a connection that leaves its http.Server, as
// one does that is upgraded.
type hijackWriter struct {
	http.ResponseWriter
	open     *openConns
	hijacked net.Conn
}

// Unwrap lets http.ResponseController reach the real writer.
func (w *hijackWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Hijack hands out the connection with the bytes that net/http had already
// read from it, which ReverseProxy would lose.
func (w *hijackWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, brw, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	w.hijacked = conn
	w.open.add(conn)
	return replay(conn, brw.Reader), brw, nil
}

// done must be called when the exchange has ended.
func (w *hijackWriter) done() {
	if w.hijacked != nil {
		w.open.remove(w.hijacked)
	}
}

// replayConn gives back bytes that were read ahead, then the connection's own.
type replayConn struct {
	net.Conn
	ahead []byte
}

// replay returns conn itself if nothing was read ahead, so that tunnels between
// plain TCP connections can still be spliced.
func replay(conn net.Conn, r *bufio.Reader) net.Conn {
	n := r.Buffered()
	if n == 0 {
		return conn
	}
	ahead, _ := r.Peek(n) // cannot fail: n bytes are there
	return &replayConn{Conn: conn, ahead: append([]byte(nil), ahead...)}
}

func (c *replayConn) Read(p []byte) (int, error) {
	if len(c.ahead) > 0 {
		n := copy(p, c.ahead)
		c.ahead = c.ahead[n:]
		return n, nil
	}
	return c.Conn.Read(p)
}

func (c *replayConn) CloseWrite() error { return closeWrite(c.Conn) }

// closeWrite ends one direction of a connection, or all of it where the
// connection knows no half-close.
func closeWrite(c net.Conn) error {
	if h, ok := c.(interface{ CloseWrite() error }); ok {
		return h.CloseWrite()
	}
	return c.Close()
}
