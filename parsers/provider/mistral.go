package provider

import (
	"slices"

	"github.com/wiremeter/wiremeter/usage"
)

// Mistral's API, and Codestral's with keys of its own. Paths as Mistral's SDK of
// 2026 sends them.
var mistral = &Provider{
	Name:    "mistral",
	Domains: []string{"api.mistral.ai", "codestral.mistral.ai"},
	Prefixes: []Prefix{
		{"/mistral", "https://api.mistral.ai"},
		{"/codestral", "https://codestral.mistral.ai"},
	},
	Rules: slices.Concat([]Rule{
		billable("POST", `/fim/completions/?$`, "chat").as(usage.Completion),
		billable("POST", `/agents/completions/?$`, "chat"),
		billable("POST", `/conversations(/[^/]+(/restart)?)?/?$`, ""), // connectors' tokens beside the usage: how they add up is not known
		billable("POST", `/ocr/?$`, ""),
	}, chatPaths, mediaPaths, adminPaths),
}
