package proxy

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/wiremeter/wiremeter/usage"
)

const dialTimeout = 30 * time.Second

// tunnel answers the CONNECT once its target is reached, and passes the
// connection on byte for byte.
func (p *Proxy) tunnel(c *connection, reason string) {
	p.seen.Add(1)
	upstream, err := p.dial(c)
	if err != nil {
		text := fmt.Sprintf("wiremeter: cannot reach %s: %s\n", c.target, explain(err))
		// The agent is told as well as possible; it may be gone.
		_, _ = fmt.Fprintf(c, "HTTP/1.1 %d %s\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s",
			http.StatusBadGateway, http.StatusText(http.StatusBadGateway), len(text), text)
		p.tally(c, "unreachable", 0, 0)
		p.hangUp(c)
		return
	}
	if _, err := io.WriteString(c, established); err != nil {
		upstream.Close()
		p.tally(c, reason, 0, 0)
		p.hangUp(c)
		return
	}
	go p.copyBoth(c, upstream, reason)
}

// pump tunnels a connection whose CONNECT was answered before.
func (p *Proxy) pump(c *connection, reason string) {
	p.seen.Add(1)
	upstream, err := p.dial(c)
	if err != nil {
		p.opts.Log.Warn().Str("host", c.host).Str("error", explain(err)).Msg("cannot reach the target of a tunnel")
		p.tally(c, "unreachable", 0, 0)
		p.hangUp(c)
		return
	}
	p.copyBoth(c, upstream, reason)
}

func (p *Proxy) dial(c *connection) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), dialTimeout)
	defer cancel()
	return p.dialer.tunnel(ctx, c.target)
}

// copyBoth copies until both directions have ended. Plain TCP connections are
// spliced by the kernel, so the bytes are counted from what the copies return.
func (p *Proxy) copyBoth(c *connection, upstream net.Conn, reason string) {
	p.open.add(upstream)
	sent := make(chan int64)
	go func() { sent <- copyHalf(upstream, c.Conn) }()
	received := copyHalf(c.Conn, upstream)
	requested := <-sent
	upstream.Close()
	p.open.remove(upstream)
	p.tally(c, reason, requested, received)
	p.hangUp(c)
}

// copyHalf copies one direction and passes its end on. A failed direction ends
// the other too: nobody is left to answer.
func copyHalf(dst, src net.Conn) int64 {
	n, err := io.Copy(dst, src)
	if err == nil {
		err = closeWrite(dst)
	}
	if err != nil {
		dst.Close()
		src.Close()
	}
	return n
}

func (p *Proxy) hangUp(c *connection) {
	c.Close()
	p.open.remove(c)
}

func (p *Proxy) tally(c *connection, reason string, requestBytes, responseBytes int64) {
	p.opts.Tally(usage.Tally{
		At: time.Now(), Outcome: usage.Tunnelled, Host: c.host, Reason: reason, Run: c.caller.run,
		Count: 1, RequestBytes: requestBytes, ResponseBytes: responseBytes,
	})
}
