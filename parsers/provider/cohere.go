package provider

import (
	"slices"

	"github.com/wiremeter/wiremeter/usage"
)

// Cohere's API, version 2, and OpenAI's paths below /compatibility.
var cohere = &Provider{
	Name:     "cohere",
	Domains:  []string{"api.cohere.ai", "api.cohere.com"},
	Prefixes: []Prefix{{"/cohere", "https://api.cohere.com"}},
	Rules: slices.Concat([]Rule{
		free("", `^/v[12]/(tokenize|detokenize)/?$`, "count_tokens"),
		free("", `^/v[12]/check-api-key/?$`, "account"),
		billable("POST", `^/v2/chat/?$`, "cohere"),
		billable("POST", `^/v[12]/embed/?$`, "").as(usage.Embed),
		billable("POST", `^/v[12]/(chat|generate|rerank|classify|summarize)/?$`, ""),
	}, chatPaths, adminPaths),
}
