package provider

// Warp's agent. The API shares its host with the web site.
var warp = &Provider{
	Name:     "warp",
	Domains:  []string{"app.warp.dev"},
	Prefixes: []Prefix{{"/warp", "https://app.warp.dev"}},
	Rules: []Rule{
		billable("POST", `^/ai/multi-agent/?$`, "warp"),
		billable("POST", `^/ai/(generate_[a-z_]+|predict_[a-z_]+|transcribe|relevant_files)/?$`, ""),
		free("", `^/graphql(/|$)`, "account"),
		free("", `^/(analytics|telemetry)(/|$)`, "telemetry"),
	},
}
