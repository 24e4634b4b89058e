package provider

import "slices"

// Z.ai, in China Zhipu's BigModel: GLM by the token and by the coding plan
// (/api/paas/v4, /api/coding/paas/v4), and for agents that speak Anthropic's
// (/api/anthropic).
var zai = &Provider{
	Name:    "zai",
	Domains: []string{"api.z.ai", "open.bigmodel.cn"},
	Prefixes: []Prefix{
		{"/zai", "https://api.z.ai"},
		{"/bigmodel", "https://open.bigmodel.cn"},
	},
	Rules: slices.Concat([]Rule{
		free("", `^/api/monitor/`, "quota"),
		free("", `/tokenizer/?$`, "count_tokens"),
	}, chatPaths, messagesPaths, mediaPaths, adminPaths),
}
