package provider

import "slices"

// xAI's API, and what a Grok login gives Grok's own command line. Paths as xAI's
// API reference of 2026 lists them. In chat completion_tokens
// leaves reasoning out, as the total shows; in responses output_tokens has it.
var xai = &Provider{
	Name:     "xai",
	Domains:  []string{"api.x.ai", "cli-chat-proxy.grok.com"},
	Prefixes: []Prefix{{"/xai", "https://api.x.ai"}},
	Rules: slices.Concat([]Rule{
		free("", `/tokenize-text/?$`, "count_tokens"),
		fetched(`/chat/deferred-completion/[^/]+/?$`, "chat"),
		free("", `/(api-key|language-models|embedding-models|image-generation-models)(/|$)`, "models"),
	}, chatPaths, responsesPaths, messagesPaths, mediaPaths, adminPaths),
}
