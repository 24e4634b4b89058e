package main

import (
	"context"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

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

// isHere reports whether the address is of this machine. A name but localhost is
// not looked up: that may take long, and is nobody's business.
func isHere(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	return strings.EqualFold(host, "localhost") || isLocal(net.ParseIP(host))
}

func isLocal(ip net.IP) bool {
	if ip.IsLoopback() || ip.IsUnspecified() {
		return true
	}
	own, err := net.InterfaceAddrs()
	return err == nil && slices.ContainsFunc(own, func(a net.Addr) bool {
		n, ok := a.(*net.IPNet)
		return ok && n.IP.Equal(ip)
	})
}

// isSelf reports whether addr leads to the listener at listen, which may not
// answer yet. Only where the ports are the same are names looked up.
func isSelf(ctx context.Context, addr, listen string) bool {
	host, port, err := net.SplitHostPort(addr)
	ownHost, ownPort, err2 := net.SplitHostPort(listen)
	if err != nil || err2 != nil || port != ownPort {
		return false
	}
	own := addresses(ctx, ownHost)
	return slices.ContainsFunc(addresses(ctx, host), func(ip net.IP) bool {
		return slices.ContainsFunc(own, func(o net.IP) bool {
			return ip.Equal(o) || o.IsUnspecified() && isLocal(ip) || ip.IsUnspecified() && o.IsLoopback()
		})
	})
}

const lookupTimeout = time.Second

// addresses are those that a host's name stands for.
func addresses(ctx context.Context, host string) []net.IP {
	if strings.EqualFold(host, "localhost") {
		return []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}
	}
	if ip := net.ParseIP(host); ip != nil {
		return []net.IP{ip}
	}
	ctx, cancel := context.WithTimeout(ctx, lookupTimeout)
	defer cancel()
	ips, err := net.DefaultResolver.LookupIP(ctx, "ip", host)
	if err != nil {
		return nil
	}
	return ips
}
