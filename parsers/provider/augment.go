package provider

import "github.com/wiremeter/wiremeter/usage"

// Augment: a host for each tenant. What chats is chat-stream, as auggie 0.36
// sends it; of what else a model answers (edits, completions while typing) no
// response was ever seen with a count.
var augment = &Provider{
	Name:    "augment",
	Domains: []string{"api.augmentcode.com"},
	Rules: []Rule{
		billable("POST", `^/chat-stream/?$`, "augment"),
		billable("POST", `^/(chat|edit|instruction-stream|smart-paste-stream|prompt-enhancer|next-edit-stream|generate-commit-message-stream)/?$`, ""),
		billable("POST", `^/completion/?$`, "").as(usage.Completion),

		free("", `^/(agents|batch-upload|find-missing|checkpoint-blobs|memorize)(/|$)`, "files"),
		free("", `^/(client-metrics|record-[a-z-]+|report-[a-z-]+|resolve-[a-z-]+)/?$`, "telemetry"),
		free("", `^/get-models/?$`, "models"),
	},
}
