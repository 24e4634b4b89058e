package provider

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/wiremeter/wiremeter/usage"
)

// Custom is a provider of the user's own: a company's gateway, a model that
// they serve themselves.
type Custom struct {
	Name string
	// Hosts are DNS names, each with its subdomains and on any port, or
	// addresses that are only asked over plain HTTP: HOST:PORT, an IP address, a
	// name without a dot.
	Hosts  []string
	Prefix string // of the reverse front, as in "/acme"; empty: none
	Origin string // that the prefix stands for: https://HOST or http://HOST:PORT
	// Paths say what a server speaks below paths whose shape does not tell:
	// the beginning of a path to a dialect.
	Paths map[string]string
}

// CustomError says what is wrong with one of several.
type CustomError struct {
	Index int // from 0
	Name  string
	Err   error
}

func (e *CustomError) Error() string {
	return fmt.Sprintf("number %d%s: %v", e.Index+1, named(e.Name), e.Err)
}

func (e *CustomError) Unwrap() error { return e.Err }

func named(name string) string {
	if name == "" {
		return ""
	}
	return fmt.Sprintf(" (%q)", name)
}

// free is an error where something of the table is another's.
func (r *Registry) free(p *Provider) error {
	what := r.taken(p)
	if what == "" {
		return nil
	}
	return fmt.Errorf("the %s is taken by another provider", what)
}

// table checks what was said and makes a table of it. Which dialects there are
// its caller knows.
func (c Custom) table() (*Provider, error) {
	p := &Provider{Name: c.Name, IsConfigured: true}
	if !isName(c.Name) {
		return nil, fmt.Errorf("name %q: expected a name of lower-case letters, digits, dots and hyphens, such as acme", c.Name)
	}
	if len(c.Hosts) == 0 && c.Prefix+c.Origin == "" {
		return nil, errors.New(`expected hosts, such as ["llm.example.com"], or a prefix with its origin`)
	}
	for _, h := range c.Hosts {
		if err := p.answer(h); err != nil {
			return nil, err
		}
	}
	if err := p.stand(c.Prefix, c.Origin); err != nil {
		return nil, err
	}
	own, err := ownPaths(c.Paths)
	p.Rules = slices.Concat(freeShapes, own, billableShapes, mediaPaths, adminPaths)
	return p, err
}

func isName(s string) bool {
	return s != "" && len(s) <= 64 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789.-") == "" && strings.Trim(s, ".-") == s
}

// answer takes a host: a domain if it can be one, else an address.
func (p *Provider) answer(host string) error {
	h := strings.TrimSuffix(strings.ToLower(host), ".")
	name, port := h, ""
	if i := strings.LastIndexByte(h, ':'); i >= 0 && (strings.IndexByte(h, ':') == i || strings.HasPrefix(h, "[")) {
		name, port = h[:i], h[i+1:]
	}
	name = strings.Trim(name, "[]")
	n, err := strconv.ParseUint(port, 10, 16)
	isAddress := strings.Contains(name, ":") || !strings.Contains(name, ".") || isNumeric(name[strings.LastIndexByte(name, '.')+1:])
	switch {
	case !isHost.MatchString(name), port != "" && (err != nil || n == 0), strings.HasSuffix(h, ":"):
		return fmt.Errorf("hosts: %q: expected a DNS name such as llm.example.com, or HOST:PORT", shown(host))
	case port != "":
		p.Addresses = append(p.Addresses, name+":"+port)
	case isAddress:
		p.Addresses = append(p.Addresses, name)
	default:
		p.Domains = append(p.Domains, name)
	}
	return nil
}

var isHost = regexp.MustCompile(`^([a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*|[0-9a-f:.]*:[0-9a-f:.]*)$`)

func isNumeric(s string) bool { return strings.Trim(s, "0123456789") == "" }

// stand takes the prefix of the reverse front.
func (p *Provider) stand(prefix, origin string) error {
	switch {
	case prefix == "" && origin == "":
		return nil
	case prefix == "":
		return fmt.Errorf("origin %q: expected a prefix beside it, such as /%s", shown(origin), p.Name)
	case !isPrefix.MatchString(prefix) || slices.Contains(reserved, prefix):
		return fmt.Errorf("prefix %q: expected one path element, such as /%s, and none of %s", prefix, p.Name, strings.Join(reserved, " "))
	case origin == "":
		return fmt.Errorf("prefix %q: expected the origin that it stands for, such as http://127.0.0.1:11434", prefix)
	}
	u, err := url.Parse(origin)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery+u.Fragment != "" {
		return fmt.Errorf("origin of %s: expected a URL such as http://127.0.0.1:11434 or https://llm.example.com, without a path", prefix)
	}
	p.Prefixes = []Prefix{{prefix, u.Scheme + "://" + u.Host}}
	return nil
}

// shown is a host or a URL as errors have it: without credentials.
func shown(host string) string {
	if at := strings.LastIndexByte(host, '@'); at >= 0 {
		return "*" + host[at:]
	}
	return host
}

// reserved are path elements with a meaning of their own: wiremeter's pages, and
// what stands before labels.
var reserved = []string{"/wiremeter", "/l"}

var isPrefix = regexp.MustCompile(`^/[A-Za-z0-9_~.-]*[A-Za-z0-9_~-]$`)

// ownPaths makes rules, of which the longest path is the first.
func ownPaths(paths map[string]string) ([]Rule, error) {
	var rules []Rule
	for _, path := range slices.SortedFunc(maps.Keys(paths), func(a, b string) int {
		return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b))
	}) {
		if !strings.HasPrefix(path, "/") {
			return nil, fmt.Errorf("paths: %q: expected the beginning of a path, such as /v1/chat", path)
		}
		below := `^` + regexp.QuoteMeta(strings.TrimSuffix(path, "/"))
		rules = append(
			rules,
			free("", below+`(/.*)?/(models|files|batches)(/|$)`, "models"),
			billable("POST", below+`(/.*)?/embed(dings)?/?$`, paths[path]).as(usage.Embed),
			billable("POST", below+`(/.*)?/compact/?$`, paths[path]).as(usage.Compact),
			billable("POST", below+`(/|$)`, paths[path]),
			billable(WebSocket, below+`(/|$)`, paths[path]),
		)
	}
	return rules, nil
}
