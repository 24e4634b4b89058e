package provider

import "slices"

// Paths as Cerebras' SDK of 2026 sends them.
var cerebras = &Provider{
	Name:     "cerebras",
	Domains:  []string{"api.cerebras.ai"},
	Prefixes: []Prefix{{"/cerebras", "https://api.cerebras.ai"}},
	Rules:    slices.Concat(chatPaths, adminPaths),
}
