package provider

import "slices"

// opencode's gateways, Zen and Go: each model in the dialect of its maker, and
// what it cost in an event of its own after the stream's end. They share their
// host with the web site.
var opencode = &Provider{
	Name:     "opencode",
	Domains:  []string{"opencode.ai"},
	Prefixes: []Prefix{{"/opencode", "https://opencode.ai"}},
	Rules: slices.Concat([]Rule{
		free("", `:countTokens$`, "count_tokens"),
		billable("POST", `^/zen/.*/models/(?P<model>[^/:]+):(generateContent|streamGenerateContent)$`, "generate"),
	}, chatPaths, responsesPaths, messagesPaths, adminPaths),
}
