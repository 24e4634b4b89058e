package provider

import "slices"

// Paths as xAI's API reference of 2026 lists them. In chat completion_tokens
// leaves reasoning out, as the total shows; in responses output_tokens has it.
var xai = &Provider{
	Name:     "xai",
	Domains:  []string{"api.x.ai"},
	Prefixes: []Prefix{{"/xai", "https://api.x.ai"}},
	Rules: slices.Concat([]Rule{
		free("", `/tokenize-text/?$`, "count_tokens"),
		free("GET", `/chat/deferred-completion/[^/]+/?$`, "deferred"), // shown as often as it is asked for
		free("", `/(api-key|language-models|embedding-models|image-generation-models)(/|$)`, "models"),
	}, chatPaths, responsesPaths, messagesPaths, mediaPaths, adminPaths),
}
