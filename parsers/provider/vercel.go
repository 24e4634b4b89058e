package provider

import (
	"slices"

	"github.com/wiremeter/wiremeter/usage"
)

// Vercel's AI Gateway: OpenAI's and Anthropic's paths, and those of Vercel's own
// AI SDK.
var vercel = &Provider{
	Name:     "vercel",
	Domains:  []string{"ai-gateway.vercel.sh"},
	Prefixes: []Prefix{{"/vercel", "https://ai-gateway.vercel.sh"}},
	Rules: slices.Concat([]Rule{
		billable("POST", `^/v[34]/ai/language-model/?$`, "vercel"),
		billable("POST", `^/v[0-9]+/ai/language-model/?$`, ""),
		billable("POST", `^/v[0-9]+/ai/embedding-model/?$`, "").as(usage.Embed),
		billable("POST", `^/v[0-9]+/ai/(image|video|speech|transcription|reranking)-model/?$`, ""),
		free("", `^/v[0-9]+/(ai/)?(credits|generation|report|config)(/|$)`, "reports"),
	}, chatPaths, responsesPaths, messagesPaths, mediaPaths, adminPaths),
}
