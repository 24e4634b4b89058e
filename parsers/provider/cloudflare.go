package provider

import (
	"slices"

	"github.com/wiremeter/wiremeter/usage"
)

// Cloudflare's AI Gateway, which passes a vendor's own paths on behind an
// account, a gateway and the vendor's name, and Workers AI, whose models
// Cloudflare serves itself: below the same API as all else that Cloudflare does,
// of which nothing is read. What a gateway shows again from its cache was billed
// before. Paths as Cloudflare documents them in 2026.
var cloudflare = &Provider{
	Name:    "cloudflare",
	Domains: []string{"gateway.ai.cloudflare.com", "api.cloudflare.com"},
	Prefixes: []Prefix{
		{"/cloudflare", "https://gateway.ai.cloudflare.com"},
		{"/workers-ai", "https://api.cloudflare.com"},
	},
	Rules: slices.Concat([]Rule{
		free("", `:(countTokens|computeTokens)$`, "count_tokens"),
		free("", `/model/.+/count-tokens$`, "count_tokens"),
		free("", `/guardrail/`, "guardrail"),
		free("", `^/client/v4/accounts/[^/]+/ai-gateway(/|$)`, "account"),
		free("", `^/client/v4/accounts/[^/]+/ai/(models|finetunes|tomarkdown|authors|tasks)(/|$)`, "models"),

		billable("POST", `/ai/run/(?P<model>@?[^?]*(bge|embed)[^?]*)$`, "chat").as(usage.Embed),
		billable("POST", `/ai/run/(?P<model>@?[^?]+)$`, "chat"),
		billable("POST", `^/v1/[^/]+/[^/]+/workers-ai/(?P<model>@[^?]+)$`, "chat"),
		billable("POST", `/(models|tunedModels|endpoints)/(?P<model>[^/:]+):(generateContent|streamGenerateContent)$`, "generate"),
		billable("POST", `/models/(?P<model>[^/:]+):(embedContent|batchEmbedContents)$`, "generate").as(usage.Embed),
		billable("POST", `/model/(?P<model>[^/]+)/converse(-stream)?$`, "converse"),
		billable("POST", `/model/(?P<model>[^/]+)/invoke(-with-response-stream)?$`, "invoke"),
		billable("POST", `/cohere/v[12]/chat/?$`, "cohere"),
		billable("POST", `/cohere/v[12]/embed/?$`, "cohere").as(usage.Embed),
	}, chatPaths, responsesPaths, messagesPaths, mediaPaths, adminPaths, []Rule{
		billable("POST", `^/v1/[^/]+/[^/]+/?$`, "any"), // a list of vendors to try, one of which answers
	}),
}
