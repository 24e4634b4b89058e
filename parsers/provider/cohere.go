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
		billable("POST", `^/v[12]/embed/?$`, "cohere").as(usage.Embed),
		billable("POST", `^/v[12]/rerank/?$`, "cohere"), // billed by the search
		billable("POST", `^/v[12]/(chat|generate|classify|summarize)/?$`, ""),
	}, chatPaths, adminPaths),
}
