package provider

import "slices"

// Paths as DeepSeek's API reference of 2026 lists them; /anthropic/v1/messages
// is for agents that speak Anthropic's.
var deepseek = &Provider{
	Name:     "deepseek",
	Domains:  []string{"api.deepseek.com"},
	Prefixes: []Prefix{{"/deepseek", "https://api.deepseek.com"}},
	Rules: slices.Concat([]Rule{
		free("", `^/user/balance/?$`, "account"),
	}, chatPaths, messagesPaths, adminPaths),
}
