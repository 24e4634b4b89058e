package prices

import (
	"regexp"
	"slices"
	"strings"
)

// Resolved tells how a model's name led to a line of a table.
type Resolved struct {
	Provider string   // whose price it is
	Model    string   // as it stands in the table
	Steps    []string // what was done to the name, in order; none: it stood there as it was
	geo      string   // the geography that the name itself tells
	model    *model   // nil: ambiguous
	choices  string
}

// key makes names comparable: providers and gateways write the same name with
// dots and dashes, in upper and lower case.
func key(model string) string { return strings.ReplaceAll(strings.ToLower(model), ".", "-") }

// form is one way to write a model's name, and how it was made.
type form struct {
	name  string
	steps []string
	geo   string
}

// step takes something from a name that is not part of it.
type step struct {
	what string
	only string // at this provider
	does *regexp.Regexp
}

// steps in the order in which they are tried, each on the result of those
// before it. The first group of a match is what stays.
var steps = []step{
	{"the path before it", "", regexp.MustCompile(`^(?:arn:[^/]*/|models/|(?:projects/[^/]+/locations/[^/]+/)?publishers/[^/]+/models/|accounts/[^/]+/models/)(.+)$`)},
	{"its region", "bedrock", regexp.MustCompile(`^(?:global|us|eu|apac|jp|au|ca|us-gov)[.-]([a-z0-9]+[.-].+)$`)},
	{"its maker", "bedrock", regexp.MustCompile(`^(?:anthropic|amazon|meta|mistral|deepseek|openai|qwen|cohere|ai21|minimax|moonshot|moonshotai|zai|google|nvidia|writer)[.-](.+)$`)},
	{"its revision", "bedrock", regexp.MustCompile(`^(.+?)(?:-v\d+)?:\d+(?:k)?$`)},
	{"its revision", "bedrock", regexp.MustCompile(`^(.+)-v\d+$`)},
	{"its version", "", regexp.MustCompile(`^(.+)@(?:default|latest|\d{8}|\d{3})$`)},
	{"its date", "", date},
}

// date is the day of a snapshot at the end of a name.
var date = regexp.MustCompile(`^(.+)-(?:20\d{2}-?[01]\d-?[0-3]\d)$`)

func undated(key string) string { return date.ReplaceAllString(key, "$1") }

// forms of a name, the most exact first.
func forms(provider, model string) []form {
	f := form{name: strings.TrimSpace(model)}
	all := []form{f}
	for _, s := range steps {
		if s.only != "" && s.only != provider {
			continue
		}
		m := s.does.FindStringSubmatch(f.name)
		if m == nil {
			continue
		}
		taken := strings.Replace(f.name, m[1], "…", 1)
		if s.what == "its region" {
			f.geo, _, _ = strings.Cut(strings.ReplaceAll(f.name, ".", "-"), "-")
			if f.geo == "global" {
				f.geo = ""
			}
		}
		f.name = m[1]
		f.steps = append(slices.Clone(f.steps), "without "+s.what+" ("+taken+")")
		all = append(all, f)
	}
	return all
}

// find looks an item's model up in the table.
func (t *Table) find(i Item) (Resolved, bool) {
	all := forms(i.Provider, i.Model)
	for _, f := range all {
		if m := t.names[name{i.Provider, key(f.name)}]; m != nil {
			return resolved(m, f), true
		}
	}
	last := all[len(all)-1]
	if strings.HasPrefix(strings.Join(last.steps, ""), "without its date") {
		return Resolved{}, false
	}
	return choose(t.short[name{i.Provider, key(last.name)}], last)
}

func resolved(m *model, f form) Resolved {
	return Resolved{Provider: m.name.provider, Model: m.given, Steps: f.steps, geo: f.geo, model: m}
}

// choose takes the only model, or tells of several.
func choose(models []*model, f form) (Resolved, bool) {
	switch len(models) {
	case 0:
		return Resolved{}, false
	case 1:
		f.steps = append(slices.Clone(f.steps), "with its date")
		return resolved(models[0], f), true
	}
	var names []string
	for _, m := range models {
		names = append(names, m.name.provider+" "+m.given)
	}
	slices.Sort(names)
	return Resolved{choices: strings.Join(names, ", ")}, true
}

// ordinary are the words for the tier, the speed and the geography that have no
// price of their own, and for those that are not known.
var ordinary = map[string]bool{"": true, "default": true, "standard": true, "on_demand": true, "auto": true, "global": true, "not_available": true}

// conditionOf is what the item asks of a line.
func conditionOf(i Item, found Resolved) Condition {
	word := func(s string) string {
		if s = strings.ToLower(s); ordinary[s] {
			return ""
		}
		return strings.TrimPrefix(s, "on_demand_") // as Vertex says it
	}
	c := Condition{Tier: word(i.ServiceTier), Speed: word(i.Speed), Geo: word(i.Geo), From: i.Band}
	if c.Geo == "" {
		c.Geo = found.geo
	}
	return c
}
