package provider

import "github.com/wiremeter/wiremeter/usage"

// The API, and what a ChatGPT login gives Codex: the same provider, whose
// responses read the same. chatgpt.com is also a web site; only what its
// codex paths serve is an agent's.
var openai = &Provider{
	Name:    "openai",
	Domains: []string{"api.openai.com", "chatgpt.com"},
	Prefixes: []Prefix{
		{"/openai", "https://api.openai.com"},
		{"/chatgpt", "https://chatgpt.com"},
	},
	Rules: []Rule{
		free("", `/responses/input_tokens/?$`, "count_tokens"),
		free("", `^/v1/batches(/|$)`, "batch_admin"),

		billable(WebSocket, `/responses(/ws)?/?$`, "responses"),
		billable(WebSocket, `/realtime/?$`, "realtime"),
		billable(WebSocket, `/live/sessions(/[^/]+)?/?$`, ""),

		fetched(`/responses/(resp|rs|gen)[-_A-Za-z0-9]+/?$`, "responses"),

		billable("POST", `/chat/completions/?$`, "chat"),
		billable("POST", `/completions/?$`, "chat").as(usage.Completion),
		billable("POST", `/embeddings/?$`, "chat").as(usage.Embed),
		billable("POST", `/responses/compact/?$`, "responses").as(usage.Compact),
		billable("POST", `/responses/?$`, "responses"),
		billable("POST", `^/v1/decisions/?$`, "responses"), // classification; usage as in responses
		billable("POST", `/codex/memories/trace_summarize/?$`, "responses"),
		billable("POST", `/images/(generations|edits|variations)/?$`, "media").as(usage.Image),
		billable("POST", `^/v1/audio/(transcriptions|translations|speech)/?$`, "media").as(usage.Audio),
		billable("POST", `^/v1/threads(/[^/]+)?/runs/?$`, ""),

		free("POST", `/responses/[^/]+/cancel/?$`, "cancel"),
		free("", `/models(/|$)`, "models"),
		results(`^/v1/files/[^/]+/content/?$`, "files"),
		free("", `^/v1/files(/|$)`, "files"),
		free("", `^/v1/moderations/?$`, "moderation"), // free of charge
		free("", `^/v1/organization/`, "reports"),
		free("", `/analytics-events(/|$)`, "telemetry"),
		free("", `/otlp/`, "telemetry"),
		free("", `^/backend-api/wham/`, "account"), // rate limits in per cent
	},
}
