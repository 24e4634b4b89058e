package provider

import (
	"slices"
	"strings"
)

// all lists the providers.
var all = []*Provider{
	alibaba,
	anthropic,
	azure,
	bedrock,
	cerebras,
	cohere,
	copilot,
	cursor,
	deepseek,
	fireworks,
	gemini,
	groq,
	huggingface,
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
	xai,
	zai,
}

var known = newRegistry(all)

// registry finds a provider by what an exchange shows of it.
type registry struct {
	byDomain map[string]*Provider
	names    []string
	domains  []string
	prefixes []Prefix
}

// newRegistry panics when two tables claim the same name, domain or prefix:
// which of them an exchange belongs to would be chance.
func newRegistry(tables []*Provider) *registry {
	r := &registry{byDomain: map[string]*Provider{}}
	for _, p := range tables {
		r.names = claim(r.names, p.Name, "name")
		for _, d := range p.Domains {
			r.domains = claim(r.domains, d, "domain")
			r.byDomain[d] = p
		}
		for _, x := range p.Prefixes {
			if slices.ContainsFunc(r.prefixes, func(y Prefix) bool { return x.Prefix == y.Prefix }) {
				panic("provider: prefix " + x.Prefix + " is taken twice")
			}
			r.prefixes = append(r.prefixes, x)
		}
	}
	slices.Sort(r.names)
	slices.Sort(r.domains)
	return r
}

func claim(taken []string, s, what string) []string {
	if slices.Contains(taken, s) {
		panic("provider: " + what + " " + s + " is taken twice")
	}
	return append(taken, s)
}

// byHost looks the host up, then each domain above it.
func (r *registry) byHost(host string) *Provider {
	for host = strings.TrimSuffix(strings.ToLower(host), "."); host != ""; {
		if p := r.byDomain[host]; p != nil {
			return p
		}
		_, host, _ = strings.Cut(host, ".")
	}
	return nil
}

// ByHost returns the provider that answers under this name, or nil.
func ByHost(host string) *Provider { return known.byHost(host) }

// Names returns the providers' names, sorted.
func Names() []string { return slices.Clone(known.names) }

// Domains returns every provider's domains, sorted.
func Domains() []string { return slices.Clone(known.domains) }

// Prefixes returns the reverse front's prefixes, by provider.
func Prefixes() []Prefix { return slices.Clone(known.prefixes) }

// All returns the tables. They must not be changed.
func All() []*Provider { return slices.Clone(all) }
