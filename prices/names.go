package prices

import (
	"iter"
	"regexp"
	"slices"
	"strings"
)

// key makes names comparable: providers and gateways write the same name with
// dots and dashes, in upper and lower case.
func key(model string) string { return strings.ReplaceAll(strings.ToLower(model), ".", "-") }

// form is one way to write a model's name, and how it was made.
type form struct {
	name    string
	steps   []string
	isDated bool // it had a date, which was taken from it
}

// step takes something from a name that is not part of it.
type step struct {
	what string
	only string         // at this provider
	does *regexp.Regexp // its first group is what stays
}

const itsDate = "its date"

// steps in the order in which they are tried, each on what those before it left.
// At Bedrock "global." stays: it has prices of its own. So has "us-gov.".
var steps = []step{
	{"the path before it", "", regexp.MustCompile(`^(?:arn:[^/]*/|models/|(?:projects/[^/]+/locations/[^/]+/)?publishers/[^/]+/models/|accounts/[^/]+/models/)(.+)$`)},
	{"its region", bedrock, regexp.MustCompile(`^(?:us|eu|apac|jp|au|ca|in)\.(.+\..+)$`)},
	{"its revision", bedrock, regexp.MustCompile(`^(.+?)(?:-v\d+)?:\d+$`)},
	{"its revision", bedrock, regexp.MustCompile(`^(.+\..+)-v\d+$`)},
	{"how much it thinks", "cursor", regexp.MustCompile(`^(.+?)(?:-(?:thinking|none|low|medium|high|xhigh))+$`)},
	{"its version", "", regexp.MustCompile(`^(.+)@(?:default|latest|\d{8}|\d{3})$`)},
	{itsDate, "", date},
}

// date is the day of a snapshot at the end of a name.
var date = regexp.MustCompile(`^(.+)-(?:20\d{2}-?[01]\d-?[0-3]\d)$`)

// forms of a name, the most exact first.
func forms(provider, model string) iter.Seq[form] {
	return func(yield func(form) bool) {
		f := form{name: strings.TrimSpace(model)}
		if !yield(f) {
			return
		}
		for _, s := range steps {
			if s.only != "" && s.only != provider {
				continue
			}
			m := s.does.FindStringSubmatch(f.name)
			if m == nil {
				continue
			}
			f = form{m[1], append(slices.Clone(f.steps), "without "+s.what+": "+m[1]), f.isDated || s.what == itsDate}
			if !yield(f) {
				return
			}
		}
	}
}

// ordinary are the words for the tier, the speed and the geography that have no
// price of their own, and for those that are not known.
var ordinary = map[string]bool{"": true, "default": true, "standard": true, "on_demand": true, "auto": true, "global": true, "not_available": true}

// conditionOf is what the item asks of a line.
func conditionOf(i Item) Condition {
	word := func(s string) string {
		if s = strings.ToLower(s); ordinary[s] {
			return ""
		}
		return strings.TrimPrefix(s, "on_demand_") // as Vertex says it
	}
	c := Condition{Tier: word(i.ServiceTier), Speed: word(i.Speed), Geo: word(i.Geo), From: i.Band}
	if i.Provider == bedrock {
		c.Geo = "" // it chose the model
	}
	return c
}
