package main

import (
	"context"
	"net"
	"net/url"
	"slices"

	"golang.org/x/net/http/httpproxy"
)

// living finds the server of this house that a run is to use: the one that the
// environment leads through already, so that a call is metered once, else the
// one that was announced.
func (h *house) living(ctx context.Context) (addr string, ok bool) {
	if addr := proxyHost(httpproxy.FromEnvironment().HTTPSProxy); h.isOwn(ctx, addr) {
		return addr, true
	}
	s, ok := h.running(ctx)
	return s.Addr, ok
}

// isOwn reports whether a server of this house is at addr. Other machines are
// not asked: they have houses of their own.
func (h *house) isOwn(ctx context.Context, addr string) bool {
	return isHere(addr) && h.isServedAt(ctx, addr)
}

// proxyHost is HOST:PORT of the proxy that a variable's value means, or "".
func proxyHost(value string) string {
	c := httpproxy.Config{HTTPSProxy: value}
	via, err := c.ProxyFunc()(&url.URL{Scheme: "https", Host: "provider.invalid"})
	if err != nil || via == nil {
		return ""
	}
	return via.Host
}

// isHere reports whether the address is of this machine.
func isHere(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	if host == "localhost" || ip.IsLoopback() {
		return true
	}
	own, err := net.InterfaceAddrs()
	return err == nil && slices.ContainsFunc(own, func(a net.Addr) bool {
		n, ok := a.(*net.IPNet)
		return ok && n.IP.Equal(ip)
	})
}

// isSelf reports whether addr leads to our own listener, which may not answer
// yet.
func isSelf(addr, listen string) bool {
	host, port, err := net.SplitHostPort(addr)
	ownHost, ownPort, err2 := net.SplitHostPort(listen)
	if err != nil || err2 != nil || port != ownPort {
		return false
	}
	return host == ownHost || host == "localhost" || net.ParseIP(ownHost).IsUnspecified() && isHere(addr)
}
