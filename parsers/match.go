package parsers

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/wiremeter/wiremeter/parsers/dialect"
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

// Providers knows the providers that there are. It never changes.
type Providers = provider.Registry

// Custom is a provider of the user's own.
type Custom = provider.Custom

// BuiltIn returns the providers that need no configuration.
func BuiltIn() *Providers { return provider.BuiltIn() }

// WithCustom returns the built-in providers and these. Its error names which of
// them is wrong, counted from 1, and what was expected.
func WithCustom(more []Custom) (*Providers, error) {
	for i, c := range more {
		for _, path := range slices.Sorted(maps.Keys(c.Paths)) {
			if d := c.Paths[path]; !slices.Contains(dialect.Names(), d) {
				err := fmt.Errorf("paths: %q: unknown dialect %q (known: %s)", path, d, strings.Join(dialect.Names(), ", "))
				return nil, &provider.CustomError{Index: i, Name: c.Name, Err: err}
			}
		}
	}
	return BuiltIn().With(more)
}

// replays are the headers by which gateways say that a response comes from their
// own cache: Cloudflare's, Portkey's, Helicone's.
var replays = []string{"Cf-Aig-Cache-Status", "X-Portkey-Cache-Status", "Helicone-Cache"}

// IsReplay reports whether the head of a response says that it was answered
// before and is shown again from a gateway's cache. Its usage was billed then.
func IsReplay(h usage.Header) bool {
	return slices.ContainsFunc(replays, func(name string) bool { return strings.EqualFold(h.First(name), "HIT") })
}
