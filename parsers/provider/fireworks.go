package provider

import "slices"

// Paths as Fireworks' API reference of 2026 lists them, below /inference/v1.
var fireworks = &Provider{
	Name:     "fireworks",
	Domains:  []string{"api.fireworks.ai"},
	Prefixes: []Prefix{{"/fireworks", "https://api.fireworks.ai"}},
	Rules:    slices.Concat(chatPaths, responsesPaths, messagesPaths, mediaPaths, adminPaths),
}
