package provider

import (
	"regexp"
	"slices"
	"strings"

	"github.com/wiremeter/wiremeter/usage"
)

// Class tells what a request to a provider means for metering.
type Class int

const (
	NotBillable Class = iota // costs no tokens; Route.Reason says why
	Billable                 // its response is metered
	Fetch                    // a GET that shows a background response again: counts once per response id
)

// Route is what the head of an exchange tells before any byte is read.
type Route struct {
	Provider string
	Dialect  string // empty: no dialect here reads the response
	Class    Class
	Reason   string     // why NotBillable, or what a Fetch is that shows nothing new: a fixed word; else empty
	Kind     usage.Kind // never empty when not NotBillable
	Model    string     // the model that the path names; else empty

	Geo string // where that model is served, if the provider prices this apart and does not say it in the response; else empty

	ResponseID, SessionID string // that the path names; else empty

	IsForeign    bool // no table knows the host: the path's shape alone speaks for a provider
	IsConfigured bool // the table is the user's own
}

// Prefix is a way in of the reverse front, as in "/anthropic", and the origin that
// it stands for, without a trailing slash. One below another ("/cursor/v1") is for
// a service of several origins: the longest wins, and its origin has a path.
type Prefix struct{ Prefix, Origin string }

// Provider is one table.
type Provider struct {
	Name     string
	Domains  []string // DNS names in lower case; each covers its subdomains
	Prefixes []Prefix
	Rules    []Rule // the first that matches wins

	// Geo tells a Route's; nil: it is always empty.
	Geo func(host, model string) string

	// Of a table that the user has made: hosts in lower case that are asked over
	// plain HTTP alone, with a port or for any.
	Addresses    []string
	IsConfigured bool
}

// Rule says what the requests of one shape are.
type Rule struct {
	Method  string // "" is any; WebSocket is any handshake
	Path    *regexp.Regexp
	Dialect string
	Class   Class
	Reason  string
	Kind    usage.Kind // "" is usage.Model
}

// WebSocket stands in for the method of a handshake, which is GET in HTTP/1.1
// and CONNECT in HTTP/2.
const WebSocket = "WS"

// Route applies the table. The path is decoded and has no query.
func (p *Provider) Route(method, path string) Route {
	for i := range p.Rules {
		if r := &p.Rules[i]; r.Method == "" || r.Method == method {
			if m := r.Path.FindStringSubmatch(path); m != nil {
				return p.route(r, m)
			}
		}
	}
	return Route{Provider: p.Name, Class: NotBillable, Reason: unlisted(method), IsConfigured: p.IsConfigured}
}

// Dialects returns the dialects that the provider's responses are read in, in
// the order of its rules.
func (p *Provider) Dialects() []string {
	var names []string
	for _, r := range p.Rules {
		if r.Dialect != "" && r.Class != NotBillable && !slices.Contains(names, r.Dialect) {
			names = append(names, r.Dialect)
		}
	}
	return names
}

func (p *Provider) route(r *Rule, match []string) Route {
	route := Route{Provider: p.Name, Dialect: r.Dialect, Class: r.Class, Reason: r.Reason, IsConfigured: p.IsConfigured}
	if r.Class == NotBillable {
		return route
	}
	if route.Kind = r.Kind; r.Kind == "" {
		route.Kind = usage.Model
	}
	for i, name := range r.Path.SubexpNames() {
		switch name {
		case "model":
			route.Model = word(match[i])
		case "response":
			route.ResponseID = word(match[i])
		case "session":
			route.SessionID = word(match[i])
		}
	}
	return route
}

// maxWord is for any id or model's name.
const maxWord = 256

// word returns s if it is printable and without spaces, so that no text can
// hide in it, else "": the path is the agent's.
func word(s string) string {
	if len(s) > maxWord || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return ""
	}
	return s
}

// unlisted names why a request that no rule mentions is not billable.
func unlisted(method string) string {
	switch method {
	case "GET", "HEAD", "OPTIONS":
		return "get" // what reads makes nothing new
	case WebSocket:
		return "websocket_other"
	}
	return "other"
}

// shape compiles a path's expression; one that is wrong is a table of ours.
func shape(path string) *regexp.Regexp { return regexp.MustCompile(path) }

func billable(method, path, dialect string) Rule {
	return Rule{Method: method, Path: shape(path), Dialect: dialect, Class: Billable}
}

func free(method, path, reason string) Rule {
	return Rule{Method: method, Path: shape(path), Class: NotBillable, Reason: reason}
}

// fetched is a GET that shows a response again.
func fetched(path, dialect string) Rule {
	return Rule{Method: "GET", Path: shape(path), Dialect: dialect, Class: Fetch}
}

// results is a GET that may show the responses of a batch, or else is what the
// reason says.
func results(path, reason string) Rule {
	return Rule{Method: "GET", Path: shape(path), Dialect: "batch", Class: Fetch, Reason: reason}
}

func (r Rule) as(k usage.Kind) Rule {
	r.Kind = k
	return r
}

// in names the dialect of what is free itself, but says something of what is not.
func (r Rule) in(dialect string) Rule {
	r.Dialect = dialect
	return r
}
