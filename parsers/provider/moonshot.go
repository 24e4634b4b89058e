package provider

import "slices"

// Moonshot's API, whose accounts are either international or Chinese, and what
// a Kimi subscription gives coding agents. Each also speaks Anthropic's.
var moonshot = &Provider{
	Name:    "moonshot",
	Domains: []string{"api.moonshot.ai", "api.moonshot.cn", "api.kimi.com"},
	Prefixes: []Prefix{
		{"/moonshot", "https://api.moonshot.ai"},
		{"/moonshot-cn", "https://api.moonshot.cn"},
		{"/kimi", "https://api.kimi.com"},
	},
	Rules: slices.Concat([]Rule{
		free("", `/tokenizers/estimate-token-count/?$`, "count_tokens"),
		free("", `/users/me(/|$)`, "account"),
	}, chatPaths, messagesPaths, adminPaths),
}
