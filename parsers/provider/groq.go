package provider

import "slices"

// Paths as Groq's SDK of 2026 sends them.
var groq = &Provider{
	Name:     "groq",
	Domains:  []string{"api.groq.com"},
	Prefixes: []Prefix{{"/groq", "https://api.groq.com"}},
	Rules:    slices.Concat(chatPaths, responsesPaths, mediaPaths, adminPaths),
}
