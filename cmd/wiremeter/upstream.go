package main

import (
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/net/http/httpproxy"

	"github.com/wiremeter/wiremeter/certs"
	"github.com/wiremeter/wiremeter/proxy"
)

// upstreamFlags say how providers are reached.
type upstreamFlags struct {
	proxy     string
	ca        string
	connectTo []string
}

func (f *upstreamFlags) register(c *cobra.Command) {
	c.Flags().StringVar(&f.proxy, "upstream-proxy", "", "proxy `URL` on the way to providers, or \"none\" (default: the environment's HTTPS_PROXY and NO_PROXY)")
	c.Flags().StringVar(&f.ca, "upstream-ca", "", "PEM `FILE` of authorities to trust besides the system's, e.g. a company proxy's")
	c.Flags().StringArrayVar(&f.connectTo, "connect-to", nil, "`HOST:PORT:ADDR`: dial ADDR (host:port) for HOST:PORT, as in curl; may be repeated")
}

// isSet reports whether a flag was given: a proxy that runs already could not
// follow it.
func (f *upstreamFlags) isSet() bool { return f.proxy != "" || f.ca != "" || len(f.connectTo) > 0 }

// fill takes from the configuration what no flag says.
func (f upstreamFlags) fill(c config) upstreamFlags {
	if f.proxy == "" {
		f.proxy = c.UpstreamProxy
	}
	if f.ca == "" {
		f.ca = c.UpstreamCA
	}
	if len(f.connectTo) == 0 {
		f.connectTo = c.ConnectTo
	}
	return f
}

// upstream turns the flags into what the proxy needs. listen is our own
// address, which the environment may name as its proxy.
func (f upstreamFlags) upstream(listen string) (proxy.Upstream, error) {
	var u proxy.Upstream
	var err error
	if u.Proxy, err = f.proxyFunc(listen); err != nil {
		return u, err
	}
	if u.Roots, err = certs.UpstreamPool(f.ca); err != nil {
		if f.ca != "" {
			err = fmt.Errorf("--upstream-ca %s: %w", f.ca, err)
		}
		return u, err
	}
	u.ConnectTo, err = parseConnectTo(f.connectTo)
	return u, err
}

var proxySchemes = []string{"http", "https", "socks5", "socks5h"}

func (f upstreamFlags) proxyFunc(listen string) (func(*url.URL) (*url.URL, error), error) {
	switch f.proxy {
	case "none":
		return nil, nil
	case "":
		fromEnvironment := httpproxy.FromEnvironment().ProxyFunc()
		return func(u *url.URL) (*url.URL, error) {
			via, err := fromEnvironment(u)
			if via != nil && via.Host == listen {
				return nil, nil // a shell set up with `wiremeter env`: not through ourselves
			}
			return via, err
		}, nil
	}
	via, err := url.Parse(f.proxy)
	if err != nil || via.Host == "" || !slices.Contains(proxySchemes, via.Scheme) {
		return nil, fmt.Errorf("--upstream-proxy %q: expected a URL such as http://proxy.example:3128 (schemes: %s)", f.proxy, strings.Join(proxySchemes, ", "))
	}
	c := httpproxy.Config{HTTPProxy: f.proxy, HTTPSProxy: f.proxy, NoProxy: httpproxy.FromEnvironment().NoProxy}
	return c.ProxyFunc(), nil
}

// parseConnectTo reads HOST:PORT:ADDR values. An empty HOST or PORT matches
// any, as in curl.
func parseConnectTo(values []string) (func(string) string, error) {
	type rule struct{ host, port, addr string }
	var rules []rule
	for _, v := range values {
		host, rest, ok := cutHost(v)
		port, addr, ok2 := strings.Cut(rest, ":")
		if _, _, err := net.SplitHostPort(addr); err != nil || !ok || !ok2 {
			return nil, fmt.Errorf("--connect-to %q: expected HOST:PORT:ADDR, where ADDR is host:port", v)
		}
		rules = append(rules, rule{strings.ToLower(host), port, addr})
	}
	if len(rules) == 0 {
		return nil, nil
	}
	return func(hostport string) string {
		host, port, err := net.SplitHostPort(hostport)
		if err != nil {
			return ""
		}
		for _, r := range rules {
			if (r.host == "" || r.host == strings.ToLower(host)) && (r.port == "" || r.port == port) {
				return r.addr
			}
		}
		return ""
	}, nil
}

// cutHost cuts at the first colon, or behind the bracket of an IPv6 address.
func cutHost(s string) (host, rest string, ok bool) {
	if inner, isV6 := strings.CutPrefix(s, "["); isV6 {
		host, rest, ok = strings.Cut(inner, "]:")
		return host, rest, ok
	}
	return strings.Cut(s, ":")
}
