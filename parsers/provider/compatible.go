package provider

import "github.com/wiremeter/wiremeter/usage"

// The paths that many servers have copied from OpenAI and Anthropic, by what a
// server speaks. They hold whatever stands before them (/v1, /openai/v1,
// /api/paas/v4). A table puts its own rules first.
var (
	chatPaths = []Rule{
		billable("POST", `/chat/completions/?$`, "chat"),
		billable("POST", `/completions/?$`, "chat").as(usage.Completion),
		billable("POST", `/embeddings/?$`, "chat").as(usage.Embed),
	}
	responsesPaths = []Rule{
		free("", `/responses/input_tokens/?$`, "count_tokens"),
		billable("POST", `/responses/compact/?$`, "responses").as(usage.Compact),
		billable("POST", `/responses/?$`, "responses"),
	}
	messagesPaths = []Rule{
		free("", `/v1/messages/count_tokens/?$`, "count_tokens"),
		free("", `/v1/messages/cache_touch/?$`, "cache_keepalive"),
		results(`/v1/(messages/)?batches/[^/]+/results/?$`, "batch_results"),
		free("", `/v1/messages/batches(/|$)`, "batch_admin"),
		billable("POST", `/v1/messages/?$`, "messages"),
	}
	mediaPaths = []Rule{
		billable("POST", `/images/(generations|edits|variations)/?$`, "media").as(usage.Image),
		billable("POST", `/audio/(transcriptions|translations|speech)/?$`, "media").as(usage.Audio),
		billable("POST", `/rerank/?$`, ""), // billed by the search
	}
	adminPaths = []Rule{
		free("", `/batches(/|$)`, "batch_admin"),
		results(`/files/[^/]+/content/?$`, "files"),
		free("", `/files(/|$)`, "files"),
		free("", `/moderations/?$`, "moderation"),
		free("", `/models(/|$)`, "models"),
	}
)
