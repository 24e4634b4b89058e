package provider

import "slices"

// Paths as Together's SDK of 2026 sends them, to either name.
var together = &Provider{
	Name:     "together",
	Domains:  []string{"api.together.ai", "api.together.xyz"},
	Prefixes: []Prefix{{"/together", "https://api.together.xyz"}},
	Rules:    slices.Concat(chatPaths, mediaPaths, adminPaths),
}
