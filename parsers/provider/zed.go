package provider

// Zed's own models. Newer editors ask cloud.zed.dev, which stays closed: their
// other connection to it trusts no authority of a user's.
var zed = &Provider{
	Name:     "zed",
	Domains:  []string{"llm.zed.dev"},
	Prefixes: []Prefix{{"/zed", "https://llm.zed.dev"}},
	Rules: []Rule{
		free("", `/count_tokens/?$`, "count_tokens"),
		billable("POST", `^/completions?/?$`, "zed"),
		billable("POST", `^/(predict_edits|web_search)(/|$)`, ""),
		free("", `^/models/?$`, "models"),
	},
}
