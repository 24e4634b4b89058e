package provider

import (
	"maps"
	"slices"
	"strings"

	"github.com/wiremeter/wiremeter/usage"
)

// all lists the providers.
var all = []*Provider{
	alibaba,
	amp,
	anthropic,
	augment,
	azure,
	bedrock,
	cerebras,
	cline,
	cloudflare,
	cohere,
	copilot,
	cursor,
	deepseek,
	factory,
	fireworks,
	gemini,
	groq,
	huggingface,
	junie,
	kilo,
	kiro,
	minimax,
	mistral,
	moonshot,
	ollama,
	openai,
	opencode,
	openrouter,
	perplexity,
	together,
	vercel,
	vertex,
	warp,
	windsurf,
	xai,
	zai,
	zed,
}

var builtIn = newRegistry(all)

// BuiltIn returns the registry of the tables in this package.
func BuiltIn() *Registry { return builtIn }

// Registry finds a provider by what an exchange shows of it. It never changes:
// With makes another one.
type Registry struct {
	tables    []*Provider
	byDomain  map[string]*Provider // with their subdomains
	byAddress map[string]*Provider
	byPrefix  map[string]*Provider
	names     []string
	domains   []string
	prefixes  []Prefix
}

// newRegistry panics when two tables claim the same name, domain or prefix:
// which of them an exchange belongs to would be chance.
func newRegistry(tables []*Provider) *Registry {
	r := &Registry{byDomain: map[string]*Provider{}, byAddress: map[string]*Provider{}, byPrefix: map[string]*Provider{}}
	for _, p := range tables {
		if what := r.taken(p); what != "" {
			panic("provider: " + what + " is taken twice")
		}
		r.add(p)
	}
	return r
}

// With returns a registry that has these providers, too. Its error is a
// *CustomError.
func (r *Registry) With(more []Custom) (*Registry, error) {
	s := &Registry{
		tables: slices.Clone(r.tables), names: slices.Clone(r.names), domains: slices.Clone(r.domains), prefixes: slices.Clone(r.prefixes),
		byDomain: maps.Clone(r.byDomain), byAddress: maps.Clone(r.byAddress), byPrefix: maps.Clone(r.byPrefix),
	}
	for i, c := range more {
		p, err := c.table()
		if err == nil {
			err = s.free(p)
		}
		if err != nil {
			return nil, &CustomError{Index: i, Name: c.Name, Err: err}
		}
		s.add(p)
	}
	return s, nil
}

// taken names what of the table another one has claimed, or "".
func (r *Registry) taken(p *Provider) string {
	if slices.Contains(r.names, p.Name) {
		return "name " + p.Name
	}
	for _, d := range p.Domains {
		if r.byDomain[d] != nil {
			return "domain " + d
		}
	}
	for _, a := range p.Addresses {
		if r.byAddress[a] != nil {
			return "host " + a
		}
	}
	for _, x := range p.Prefixes {
		if r.byPrefix[x.Prefix] != nil {
			return "prefix " + x.Prefix
		}
	}
	return ""
}

func (r *Registry) add(p *Provider) {
	r.tables = append(r.tables, p)
	r.names = append(r.names, p.Name)
	r.domains = append(r.domains, p.Domains...)
	r.prefixes = append(r.prefixes, p.Prefixes...)
	for _, d := range p.Domains {
		r.byDomain[d] = p
	}
	for _, a := range p.Addresses {
		r.byAddress[a] = p
	}
	for _, x := range p.Prefixes {
		r.byPrefix[x.Prefix] = p
	}
	slices.Sort(r.names)
	slices.Sort(r.domains)
}

// Match finds the route of an exchange. It returns false when no provider
// answers there, as far as the exchange's head shows.
func (r *Registry) Match(x usage.Exchange) (Route, bool) {
	method := x.Method
	if x.Transport == usage.WebSocket || strings.EqualFold(x.Header.First("Upgrade"), "websocket") {
		method = WebSocket
	}
	if p := r.of(x); p != nil {
		route := p.Route(method, operation(x))
		if p.Geo != nil {
			route.Geo = p.Geo(x.Host, route.Model)
		}
		return route, true
	}
	return foreign(x.Host, method, x.Path)
}

// operation returns the path of a request, or what AWS's protocols put in its
// place: there the path is / and a header names the operation.
func operation(x usage.Exchange) string {
	if target := x.Header.First("X-Amz-Target"); target != "" && x.Path == "/" {
		return x.Path + target
	}
	return x.Path
}

// of finds the provider by the prefix that the agent used, by host and port,
// then by host.
func (r *Registry) of(x usage.Exchange) *Provider {
	if p := r.byPrefix[x.Prefix]; p != nil {
		return p
	}
	if p := r.byAddress[x.Host+":"+x.Port]; p != nil {
		return p
	}
	if p := r.byAddress[x.Host]; p != nil {
		return p
	}
	return r.ByHost(x.Host)
}

// ByHost returns the provider that answers under this DNS name, or nil. It looks
// the name up, then each domain above it.
func (r *Registry) ByHost(host string) *Provider {
	for host = strings.TrimSuffix(strings.ToLower(host), "."); host != ""; {
		if p := r.byDomain[host]; p != nil {
			return p
		}
		_, host, _ = strings.Cut(host, ".")
	}
	return nil
}

// IsProvider reports whether connections to the host, a DNS name without a
// port, are a provider's.
func (r *Registry) IsProvider(host string) bool { return r.ByHost(host) != nil }

// Names returns the providers' names, sorted.
func (r *Registry) Names() []string { return slices.Clone(r.names) }

// Domains returns the DNS names under which providers answer, sorted. A name
// covers its subdomains.
func (r *Registry) Domains() []string { return slices.Clone(r.domains) }

// Prefixes returns the reverse front's prefixes, by provider.
func (r *Registry) Prefixes() []Prefix { return slices.Clone(r.prefixes) }

// All returns the tables. They must not be changed.
func (r *Registry) All() []*Provider { return slices.Clone(r.tables) }
