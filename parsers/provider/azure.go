package provider

import (
	"slices"

	"github.com/wiremeter/wiremeter/usage"
)

// Azure OpenAI and AI Foundry. A resource has a host of its own below these
// names, which serve nothing but APIs; those of Azure's other services there
// match no rule. A path or a request names a deployment: which model served it
// the response says. There is no prefix, since every resource is an origin.
//
// What an API management instance (azure-api.net) stands for only its owner
// knows.
var azure = &Provider{
	Name: "azure",
	Domains: []string{
		"openai.azure.com",
		"services.ai.azure.com",
		"cognitiveservices.azure.com",
		"openai.azure.us",
	},
	Rules: slices.Concat([]Rule{
		billable(WebSocket, `/responses/?$`, "responses"),
		billable(WebSocket, `/realtime/?$`, "realtime"),
		fetched(`^/openai/(v1/)?responses/resp[-_A-Za-z0-9]+/?$`, "responses"),

		billable("POST", `/deployments/(?P<model>[^/]+)/chat/completions/?$`, "chat"),
		billable("POST", `/deployments/(?P<model>[^/]+)/completions/?$`, "chat").as(usage.Completion),
		billable("POST", `/deployments/(?P<model>[^/]+)/embeddings/?$`, "chat").as(usage.Embed),
		billable("POST", `/deployments/(?P<model>[^/]+)/images/(generations|edits)/?$`, "media").as(usage.Image),
		billable("POST", `/deployments/(?P<model>[^/]+)/audio/(transcriptions|translations|speech)/?$`, "media").as(usage.Audio),
		billable("POST", `^/openai/(v1/)?threads(/[^/]+)?/runs/?$`, ""),
		free("POST", `/responses/[^/]+/cancel/?$`, "cancel"),
	}, chatPaths, responsesPaths, messagesPaths, mediaPaths, adminPaths),
}
