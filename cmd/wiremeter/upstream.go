package main

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
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

	said map[string]string // for each flag whose value another said: who
}

// who names for an error who said the flag's value.
func (f upstreamFlags) who(flag string) string { return cmp.Or(f.said[flag], "--"+flag) }

func (f *upstreamFlags) register(c *cobra.Command) {
	c.Flags().StringVar(&f.proxy, "upstream-proxy", "", "proxy `URL` on the way to providers, or \"none\" (default: the environment's HTTPS_PROXY and NO_PROXY)")
	c.Flags().StringVar(&f.ca, "upstream-ca", "", "PEM `FILE` of authorities to trust besides the system's, e.g. a company proxy's")
	c.Flags().StringArrayVar(&f.connectTo, "connect-to", nil, "dial another address (host:port) for a host and port, as `HOST:PORT:ADDR`, like curl's; may be repeated")
}

// isSet reports whether a flag was given: a proxy that runs already could not
// follow it.
func (f *upstreamFlags) isSet() bool { return f.proxy != "" || f.ca != "" || len(f.connectTo) > 0 }

// fill takes from the configuration what no flag says.
func (f upstreamFlags) fill(h *house) upstreamFlags {
	f.said = make(map[string]string)
	if f.proxy == "" {
		f.proxy, f.said["upstream-proxy"] = h.config.UpstreamProxy, h.said("upstream_proxy")
	}
	if f.ca == "" {
		f.ca, f.said["upstream-ca"] = h.config.UpstreamCA, h.said("upstream_ca")
	}
	if len(f.connectTo) == 0 {
		f.connectTo, f.said["connect-to"] = h.config.ConnectTo, h.said("connect_to")
	}
	return f
}

// upstream turns the flags into what the proxy at listen needs.
func (f upstreamFlags) upstream(ctx context.Context, h *house, listen string) (proxy.Upstream, error) {
	var u proxy.Upstream
	var err error
	if u.Proxy, err = f.proxyFunc(ctx, h, listen); err != nil {
		return u, err
	}
	if u.Roots, err = certs.UpstreamPool(f.ca); err != nil {
		if f.ca != "" {
			err = fmt.Errorf("%s %s: %w", f.who("upstream-ca"), f.ca, err)
		}
		return u, err
	}
	if u.ConnectTo, err = parseConnectTo(f.connectTo); err != nil {
		err = fmt.Errorf("%s %w", f.who("connect-to"), err)
	}
	return u, err
}

var proxySchemes = []string{"http", "https", "socks5", "socks5h"}

func (f upstreamFlags) proxyFunc(ctx context.Context, h *house, listen string) (func(*url.URL) (*url.URL, error), error) {
	switch f.proxy {
	case "none":
		return nil, nil
	case "":
		return h.userProxies(ctx, listen).ProxyFunc(), nil
	}
	via, err := url.Parse(f.proxy)
	if err != nil || via.Host == "" || !slices.Contains(proxySchemes, via.Scheme) {
		what := strings.TrimSuffix(f.who("upstream-proxy")+shown(via, f.proxy), ":")
		return nil, fmt.Errorf("%s: expected a URL such as http://proxy.example:3128 (schemes: %s)", what, strings.Join(proxySchemes, ", "))
	}
	if isSelf(ctx, net.JoinHostPort(via.Hostname(), via.Port()), listen) {
		return nil, fmt.Errorf("%s leads to this wiremeter itself", f.who("upstream-proxy")+shown(via, f.proxy))
	}
	c := httpproxy.Config{HTTPProxy: f.proxy, HTTPSProxy: f.proxy, NoProxy: httpproxy.FromEnvironment().NoProxy}
	return c.ProxyFunc(), nil
}

// shown is the part of a proxy's URL that is no secret, for an error. Where it
// cannot be told apart there is none.
func shown(via *url.URL, text string) string {
	if via == nil || via.Host == "" || via.User == nil && strings.Contains(text, "@") {
		return ""
	}
	return fmt.Sprintf(" %q", via.Scheme+"://"+via.Host)
}

// parseConnectTo reads HOST:PORT:ADDR values. An empty HOST or PORT matches
// any, as in curl.
func parseConnectTo(values []string) (func(string) string, error) {
	var rules []dialRule
	for _, v := range values {
		rule, ok := parseDialRule(v)
		if !ok {
			return nil, fmt.Errorf("%q: expected HOST:PORT:ADDR, where PORT is empty or 1 to 65535 and ADDR is host:port", v)
		}
		rules = append(rules, rule)
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

// dialRule says that addr is to be dialled for host and port.
type dialRule struct{ host, port, addr string }

func parseDialRule(s string) (dialRule, bool) {
	host, rest, ok := cutHost(s)
	port, addr, ok2 := strings.Cut(rest, ":")
	addrHost, addrPort, err := net.SplitHostPort(addr)
	isRule := ok && ok2 && err == nil && (port == "" || isPort(port)) && addrHost != "" && isPort(addrPort)
	return dialRule{strings.ToLower(host), port, addr}, isRule
}

func isPort(s string) bool {
	n, err := strconv.ParseUint(s, 10, 16)
	return err == nil && n > 0
}

// cutHost cuts at the first colon, or behind the bracket of an IPv6 address.
func cutHost(s string) (host, rest string, ok bool) {
	if inner, isV6 := strings.CutPrefix(s, "["); isV6 {
		host, rest, ok = strings.Cut(inner, "]:")
		return host, rest, ok
	}
	return strings.Cut(s, ":")
}
