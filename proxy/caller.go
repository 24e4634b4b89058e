package proxy

import (
	"context"
	"encoding/base64"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"

	"github.com/wiremeter/wiremeter/usage"
)

// caller is who asks, as far as a front can tell.
type caller struct {
	run    string // the user name of the proxy credentials: the name of the run that they were made for
	labels string // their password
	conn   usage.Conn
}

// callerOf reads a request to a front. What credentials do not say, or say
// unreadably, is empty.
func callerOf(r *http.Request) caller {
	c := caller{}
	c.conn, _ = r.Context().Value(connKey{}).(usage.Conn)
	kind, value, _ := strings.Cut(r.Header.Get("Proxy-Authorization"), " ")
	if !strings.EqualFold(kind, "basic") {
		return c
	}
	decoded, err := base64.StdEncoding.DecodeString(strings.TrimSpace(value))
	if err != nil {
		return c
	}
	name, password, _ := strings.Cut(string(decoded), ":")
	c.run, c.labels = unescaped(name), password
	return c
}

// unescaped undoes the escaping of a URL's user, which some agents leave to the
// proxy.
func unescaped(s string) string {
	if u, err := url.PathUnescape(s); err == nil {
		return u
	}
	return s
}

type connKey struct{}

// withConn numbers the connections of a front.
func withConn(last *atomic.Uint64) func(context.Context, net.Conn) context.Context {
	return func(ctx context.Context, c net.Conn) context.Context {
		return context.WithValue(ctx, connKey{}, usage.Conn{ID: last.Add(1), Agent: addrPort(c.RemoteAddr()), Front: addrPort(c.LocalAddr())})
	}
}

func addrPort(a net.Addr) netip.AddrPort {
	if t, ok := a.(*net.TCPAddr); ok {
		p := t.AddrPort()
		return netip.AddrPortFrom(p.Addr().Unmap(), p.Port())
	}
	return netip.AddrPort{}
}
