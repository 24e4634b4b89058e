package parsers

import (
	"strings"

	"github.com/wiremeter/wiremeter/parsers/provider"
	"github.com/wiremeter/wiremeter/usage"
)

// Version numbers the way in which responses are read. It stands beside every
// record, so that what an older version read wrongly can be found and mended.
const Version = 2

// Class tells what a request to a provider means for metering.
type Class = provider.Class

const (
	NotBillable = provider.NotBillable
	Billable    = provider.Billable
	Fetch       = provider.Fetch
)

// Route is what the head of an exchange tells before any byte is read.
type Route = provider.Route

// Prefix is a path prefix of the reverse front and the origin it stands for.
type Prefix = provider.Prefix

// Provider is the table of one provider.
type Provider = provider.Provider

// Match finds the route of an exchange. It returns false when the host is no
// provider's.
func Match(x usage.Exchange) (Route, bool) {
	p := provider.ByHost(x.Host)
	if p == nil {
		return Route{}, false
	}
	method := x.Method
	if x.Transport == usage.WebSocket || strings.EqualFold(x.Header.First("Upgrade"), "websocket") {
		method = provider.WebSocket
	}
	return p.Route(method, x.Path), true
}

// Domains returns the DNS names under which providers answer, sorted. A name
// covers its subdomains.
func Domains() []string { return provider.Domains() }

// IsProvider reports whether the host, without a port, is a provider's.
func IsProvider(host string) bool { return provider.ByHost(host) != nil }

// Prefixes returns the prefixes of the reverse front.
func Prefixes() []Prefix { return provider.Prefixes() }

// Providers returns the tables of all providers. They must not be changed.
func Providers() []*Provider { return provider.All() }
