package provider

// Anthropic's API, and the same for customers of AWS, in the regions in which it
// was seen. Its other homes belong to those who bill them (azure, bedrock,
// vertex). Paths as Claude Code 2.1 and Anthropic's SDKs of 2026 send them.
var anthropic = &Provider{
	Name: "anthropic",
	Domains: []string{
		"api.anthropic.com",
		"aws-external-anthropic.us-east-1.api.aws",
		"aws-external-anthropic.us-west-2.api.aws",
		"aws-external-anthropic.eu-west-1.api.aws",
	},
	Prefixes: []Prefix{{"/anthropic", "https://api.anthropic.com"}},
	Rules: []Rule{
		free("", `/v1/messages/count_tokens/?$`, "count_tokens"),
		free("", `/v1/messages/cache_touch/?$`, "cache_keepalive"), // Claude Code, every 30 s: nothing is generated
		results(`/v1/(messages/)?batches/[^/]+/results/?$`, "batch_results"),
		free("", `/v1/(messages/)?batches(/|$)`, "batch_admin"),
		billable("POST", `/v1/messages/?$`, "messages"),
		billable("POST", `^/v1/complete/?$`, ""), // the old text completions: no usage, and no terminal event that is known

		free("", `^/v1/models(/|$)`, "models"),
		free("", `^/v1/(files|skills)(/|$)`, "files"),
		free("", `^/v1/organizations(/|$)`, "reports"), // hold sums of tokens
		free("", `^/v1/(metrics|logs|traces)/?$`, "telemetry"),
		free("", `^/api/(event_logging|eval)/`, "telemetry"),
		free("", `^/api/`, "account"),
	},
}
