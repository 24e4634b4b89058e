package proxy

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync"
	"time"
)

// connection is one that asked for a CONNECT, and what the front knows of it.
// Until decided it keeps what is read and swallows what is written, so that it
// can still be tunnelled as if nobody had looked.
type connection struct {
	net.Conn
	target    string // host:port, as asked for
	host      string
	caller    caller
	agent     string // tells agents apart
	intercept bool

	peeking bool
	peeked  []byte
	key     string          // names the agent and the host, once the TLS hello was read
	tail    [alertSize]byte // the last bytes read before it was decrypted

	decrypted time.Time // when the handshake was done
}

func (c *connection) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if c.peeking {
		c.peeked = append(c.peeked, p[:n]...)
	}
	if c.decrypted.IsZero() && n > 0 {
		kept := copy(c.tail[:], c.tail[min(n, alertSize):])
		copy(c.tail[kept:], p[max(0, n-alertSize):n])
	}
	return n, err
}

func (c *connection) Write(p []byte) (int, error) {
	if c.peeking {
		return len(p), nil
	}
	return c.Conn.Write(p)
}

// Why a connection is tunnelled after a look at its TLS hello.
var (
	errRefusedBefore = errors.New("this agent has refused our certificate before")
	errOtherName     = errors.New("the agent names another host than it connected to")
)

const handshakeTimeout = 30 * time.Second

// intercept decrypts the connection and hands it to the inner server, or
// tunnels it where the agent does not speak TLS or has refused our certificate
// before. It returns early: the handshake goes on in the background.
func (p *Proxy) intercept(c *connection) {
	go func() {
		c.peeking = true
		_ = c.SetReadDeadline(time.Now().Add(handshakeTimeout)) // fails only on a closed connection; the read tells
		conn := tls.Server(c, p.hello)
		ctx, cancel := context.WithTimeout(context.Background(), handshakeTimeout)
		err := conn.HandshakeContext(ctx)
		cancel()
		_ = c.SetReadDeadline(time.Time{})
		switch {
		case err == nil:
			c.decrypted = time.Now()
			p.open.remove(c)
			p.arrivals.push(decrypted(conn))
		case c.peeking && len(c.peeked) > 0:
			p.tunnelPeeked(c, err)
		default:
			p.handshakeFailed(c, err)
		}
	}()
}

func decrypted(conn *tls.Conn) net.Conn {
	if conn.ConnectionState().NegotiatedProtocol == "h2" {
		return newHTTP2Conn(conn)
	}
	return conn
}

// newHello makes the configuration that meets every TLS hello and decides what
// becomes of the connection. One for all: it is small change, but there may be
// thousands of connections.
func (p *Proxy) newHello() *tls.Config {
	return &tls.Config{GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		c := hello.Conn.(*connection)
		c.key = refusalKey(c, hello)
		if p.verdicts.of(c.key) == refused {
			return nil, errRefusedBefore
		}
		if hello.ServerName != "" && hostname(hello.ServerName) != c.host {
			return nil, errOtherName
		}
		c.peeking, c.peeked = false, nil
		return p.opts.ServerTLS(c.host), nil
	}}
}

// tunnelPeeked passes on a connection of which only the first bytes were read.
func (p *Proxy) tunnelPeeked(c *connection, why error) {
	reason := "not_tls"
	switch {
	case errors.Is(why, errRefusedBefore):
		reason = "certificate_refused"
	case errors.Is(why, errOtherName):
		reason = "other_name"
	}
	c.peeking = false
	c.Conn = &replayConn{Conn: c.Conn, ahead: c.peeked}
	p.pump(c, reason)
}

// arrivals is the net.Listener of the inner server: what it accepts are
// connections that the front has decrypted.
type arrivals struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newArrivals() *arrivals {
	return &arrivals{conns: make(chan net.Conn), done: make(chan struct{})}
}

func (a *arrivals) push(c net.Conn) {
	select {
	case a.conns <- c:
	case <-a.done:
		c.Close()
	}
}

func (a *arrivals) Accept() (net.Conn, error) {
	select {
	case c := <-a.conns:
		return c, nil
	case <-a.done:
		return nil, net.ErrClosed
	}
}

func (a *arrivals) Close() error {
	a.once.Do(func() { close(a.done) })
	return nil
}

func (a *arrivals) Addr() net.Addr { return &net.TCPAddr{} }
