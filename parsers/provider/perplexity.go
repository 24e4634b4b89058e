package provider

import "slices"

// Paths as Perplexity's SDK of 2026 sends them. What was asked for
// asynchronously is shown as often as it is fetched, within an object that tells
// how far it is.
var perplexity = &Provider{
	Name:     "perplexity",
	Domains:  []string{"api.perplexity.ai"},
	Prefixes: []Prefix{{"/perplexity", "https://api.perplexity.ai"}},
	Rules: slices.Concat([]Rule{
		billable("POST", `/async/(chat/completions|sonar)/?$`, "chat"),
		fetched(`/async/(chat/completions|sonar)/[^/]+/?$`, "chat"),
		billable("POST", `^(/v1)?/sonar/?$`, "chat"),
		billable("POST", `^(/v1)?/search/?$`, ""), // billed by the request
	}, chatPaths, responsesPaths, adminPaths),
}
