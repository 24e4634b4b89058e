package prices

import (
	"regexp"
	"slices"
	"strings"
	"sync"
)

// Resolved tells how a model's name led to a line of a table.
type Resolved struct {
	Provider string   // whose price it is: another than the item's where a gateway hands on a maker's model
	Model    string   // as it stands in the table; empty: ambiguous
	Steps    []string // what was done to the name, in order; none: it stood there as it was
	Choices  []string // what an ambiguous name can be: provider and model

	model *model
}

// index finds the models of a table by their names.
type index struct {
	exact   map[name]*model   // names and aliases
	short   map[name][]*model // those with a date, without it
	unowned map[name][]placed // those of Bedrock, without geography, maker and revision
}

// placed is a model of Bedrock under a name with a geography; "": without.
type placed struct {
	geography string
	model     *model
}

const bedrock = "bedrock"

// bedrockName is a model's name there, as key writes it: its geography, its maker,
// the model, its revision.
var bedrockName = regexp.MustCompile(`^(?:(global|us|eu|apac|jp|au|ca|in|us-gov)-)?(?:anthropic|amazon|meta|mistral|deepseek|openai|qwen|cohere|minimax|moonshot|moonshotai|zai|google|nvidia|writer)-(.+?)(?:-v\d+)?(?::\d+)?$`)

// complete adds the shorter names.
func (x *index) complete() {
	for n, m := range x.exact {
		if d := date.FindStringSubmatch(n.model); d != nil {
			s := name{n.provider, d[1]}
			if x.exact[s] == nil && !slices.Contains(x.short[s], m) {
				x.short[s] = append(x.short[s], m)
			}
		}
		if b := bedrockName.FindStringSubmatch(n.model); b != nil && n.provider == bedrock {
			s := name{n.provider, b[2]}
			x.unowned[s] = append(x.unowned[s], placed{b[1], m})
		}
	}
}

// at looks a name up among a provider's own. geo is where it was served, "" if
// that is not known.
func (x *index) at(provider, model, geo string) (Resolved, bool) {
	var last form
	for f := range forms(provider, model) {
		last = f
		n := name{provider, key(f.name)}
		if m := x.exact[n]; m != nil {
			return resolved(m, f), true
		}
		if models := served(x.unowned[n], geo); len(models) > 0 {
			return choose(models, f, "with its maker"), true
		}
	}
	models := x.short[name{provider, key(last.name)}]
	if last.isDated || models == nil {
		return Resolved{}, false
	}
	return choose(models, last, "with its date"), true
}

func resolved(m *model, f form) Resolved {
	return Resolved{Provider: m.name.provider, Model: m.given, Steps: f.steps, model: m}
}

// choose takes the only model, or tells of several.
func choose(models []*model, f form, how string) Resolved {
	if len(models) == 1 {
		f.steps = append(slices.Clone(f.steps), how+": "+models[0].given)
		return resolved(models[0], f)
	}
	var names []string
	for _, m := range models {
		names = append(names, m.name.provider+" "+m.given)
	}
	slices.Sort(names)
	return Resolved{Choices: names}
}

// served are those that Bedrock can have served in a geography, if that is known:
// the one that is named so, else the one without a geography, but for the global
// one, whose prices are others. The answers of Claude there name the model alone.
func served(models []placed, geo string) []*model {
	var all, named, plain []*model
	for _, p := range models {
		all = append(all, p.model)
		switch p.geography {
		case "":
			plain = append(plain, p.model)
		case geo:
			named = append(named, p.model)
		}
	}
	switch {
	case geo == "":
		return distinct(all)
	case len(named) > 0 || geo == "global" || geo == "us-gov":
		return distinct(named)
	}
	return distinct(plain)
}

// distinct: aliases lead to one model.
func distinct(models []*model) (all []*model) {
	for _, m := range models {
		if !slices.Contains(all, m) {
			all = append(all, m)
		}
	}
	return all
}

// makers of models that nobody else has, by the words with which gateways begin
// their names. What a gateway asks for such a model is not known here: the price
// is what the same costs at its maker. Other models anybody may serve, at any
// price.
var makers = map[string]string{
	"anthropic": "anthropic", "openai": "openai", "google": "gemini", "gemini": "gemini", "vertex_ai": "gemini", "x-ai": "xai", "xai": "xai",
}

// gateways hand on the models of others, and so does a provider that no table
// knows: a company's own.
var gateways = map[string]bool{"openrouter": true, "vercel": true, "opencode": true, "copilot": true, "cursor": true}

// sellers ask their own prices.
var sellers = sync.OnceValue(func() map[string]bool {
	all := map[string]bool{"huggingface": true, "ollama": true, "perplexity": true}
	for n := range embedded().index.exact {
		all[n.provider] = !gateways[n.provider]
	}
	return all
})

// find looks an item's model up.
func (t *Table) find(i Item) (Resolved, bool) {
	r, isKnown := t.index.at(i.Provider, i.Model, i.Geo)
	if isKnown || sellers()[i.Provider] {
		return r, isKnown
	}
	return t.handedOn(i)
}

// handedOn looks among the makers for what a gateway serves.
func (t *Table) handedOn(i Item) (Resolved, bool) {
	of, rest := []string{"anthropic", "gemini", "openai", "xai"}, i.Model
	if prefix, after, ok := strings.Cut(i.Model, "/"); ok {
		of, rest = []string{makers[prefix]}, after
	}
	var found []Resolved
	for _, maker := range of {
		if r, ok := t.madeBy(maker, i.Provider, rest); ok {
			found = append(found, r)
		}
	}
	switch len(found) {
	case 0:
		return Resolved{}, false
	case 1:
		return found[0], true
	}
	var choices []string
	for _, r := range found {
		choices = append(choices, r.Provider+" "+r.Model)
	}
	return Resolved{Choices: choices}, true
}

// madeBy looks for a name that a gateway may have made longer.
func (t *Table) madeBy(maker, gateway, model string) (Resolved, bool) {
	for f := range forms(gateway, model) {
		if r, ok := t.index.at(maker, f.name, ""); ok {
			r.Steps = slices.Concat(f.steps, r.Steps, []string{"as its maker sells it: " + maker})
			return r, true
		}
	}
	return Resolved{}, false
}

// Found is what one table has of a model.
type Found struct {
	Source Source
	Name   Resolved
	Lines  []Line // of all times and conditions, and factors of AnyModel above
}

// Find tells what each table has under a name, in the order of their truth.
func (b *Book) Find(provider, model string) (all []Found) {
	var discounts []Line
	for _, t := range b.tables {
		if r, ok := t.find(Item{Provider: provider, Model: model}); ok {
			f := Found{Source: t.source, Name: r}
			if r.model != nil {
				f.Lines = slices.Concat(r.model.lines, discounts)
			}
			all = append(all, f)
			continue
		}
		for _, l := range t.discounts {
			if l.Provider == provider {
				discounts = append(discounts, l)
			}
		}
	}
	return all
}

// Providers are those of all tables, in the order of their names.
func (b *Book) Providers() []string {
	var all []string
	for _, t := range b.tables {
		for n := range t.index.exact {
			all = append(all, n.provider)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
