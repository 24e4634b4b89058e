package certs

import (
	"fmt"
	"slices"
	"strings"
)

// canonical is the form in which host names are compared.
func canonical(host string) string { return strings.ToLower(strings.TrimSuffix(host, ".")) }

// isDomain reports whether the canonical name is a DNS name of two labels or
// more, and no IP address.
func isDomain(name string) bool {
	labels := strings.Split(name, ".")
	if len(name) > 253 || len(labels) < 2 {
		return false
	}
	for _, l := range labels {
		if !isLabel(l) {
			return false
		}
	}
	return strings.Trim(labels[len(labels)-1], "0123456789") != "" // RFC 3696, 2: no top-level domain is all digits
}

// isLabel takes underscores, which occur in real host names.
func isLabel(l string) bool {
	if l == "" || len(l) > 63 || l[0] == '-' || l[len(l)-1] == '-' {
		return false
	}
	return strings.Trim(l, "abcdefghijklmnopqrstuvwxyz0123456789-_") == ""
}

// canonicalDomains checks and sorts the domains for a new authority.
func canonicalDomains(domains []string) ([]string, error) {
	if len(domains) == 0 {
		return nil, fmt.Errorf("no domains given: an authority without constraints is never made")
	}
	var out []string
	for _, d := range domains {
		name := canonical(d)
		if !isDomain(name) {
			return nil, fmt.Errorf("domain %q: expected a DNS name such as api.example.com", d)
		}
		out = append(out, name)
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}
