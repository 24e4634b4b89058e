package provider

import "slices"

// Paths as OpenRouter's SDK 1.3 sends them. The API shares its host with the
// web site.
var openrouter = &Provider{
	Name:     "openrouter",
	Domains:  []string{"openrouter.ai"},
	Prefixes: []Prefix{{"/openrouter", "https://openrouter.ai"}},
	Rules: slices.Concat([]Rule{
		free("", `^/api/v1/(generation|activity|credits|keys?)(/|$)`, "reports"), // a generation shows what its response said
		free("", `^/api/v1/(auth|providers|endpoints)(/|$)`, "account"),
	}, chatPaths, responsesPaths, messagesPaths, mediaPaths, adminPaths),
}
