package provider

import "slices"

// Kilo's gateway, in OpenRouter's dialects and below a copy of its paths, as Kilo
// 7.7 sends them.
var kilo = &Provider{
	Name:     "kilo",
	Domains:  []string{"api.kilo.ai"},
	Prefixes: []Prefix{{"/kilo", "https://api.kilo.ai"}},
	Rules: slices.Concat([]Rule{
		free("", `^/api/(openrouter|gateway)/(generation|activity|credits|keys?)(/|$)`, "reports"),
		free("", `^/api/(profile|organizations|auth|user)(/|$)`, "account"),
	}, chatPaths, responsesPaths, messagesPaths, mediaPaths, adminPaths),
}
