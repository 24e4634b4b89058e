package provider

import "github.com/wiremeter/wiremeter/usage"

// The Gemini API (with an API key) and Code Assist (with a Google login, as in
// Gemini CLI), with the sandboxes of the latter.
var gemini = &Provider{
	Name: "gemini",
	Domains: []string{
		"generativelanguage.googleapis.com",
		"cloudcode-pa.googleapis.com",
		"daily-cloudcode-pa.googleapis.com",
		"autopush-cloudcode-pa.googleapis.com",
		"cloudcode-pa.sandbox.googleapis.com",
		"daily-cloudcode-pa.sandbox.googleapis.com",
		"autopush-cloudcode-pa.sandbox.googleapis.com",
	},
	Prefixes: []Prefix{
		{"/gemini", "https://generativelanguage.googleapis.com"},
		{"/codeassist", "https://cloudcode-pa.googleapis.com"},
	},
	Rules: []Rule{
		free("", `:(countTokens|computeTokens)$`, "count_tokens"),
		billable(WebSocket, `\.GenerativeService[./]BidiGenerateContent(Constrained)?$`, "live"),

		billable("POST", `^/v1internal:(generateContent|streamGenerateContent)$`, "generate"),
		billable("POST", `/(models|tunedModels)/(?P<model>[^/:]+):(generateContent|streamGenerateContent)$`, "generate"),
		billable("POST", `/models/(?P<model>[^/:]+):(embedContent|batchEmbedContents)$`, "generate").as(usage.Embed),
		billable("POST", `/openai/chat/completions/?$`, "chat"),
		billable("POST", `/openai/embeddings/?$`, "chat").as(usage.Embed),
		billable("POST", `/interactions/?$`, "interactions"),
		fetched(`/interactions/[^/]+/?$`, "interactions"),

		free("", `:(asyncBatchEmbedContent|batchGenerateContent)$`, "batch_admin"),
		free("", `/batches(/|$)`, "batch_admin"),
		free("", `^/v1internal:(recordCodeAssistMetrics|recordClientEvent)$`, "telemetry"),
		free("", `^/v1internal:(loadCodeAssist|onboardUser|listExperiments|fetchAdminControls)$`, "account"),
		free("", `^/v1internal:retrieveUserQuota$`, "quota"),
		free("", `^/v1internal:fetchAvailableModels$`, "models"),
		free("", `/cachedContents(/|$)`, "cache_admin"), // holds a usageMetadata that bills by the hour
		free("", `/files(/|$)`, "files"),
		free("", `/(models|tunedModels)(/[^/:]+)?/?$`, "models"),
	},
}
