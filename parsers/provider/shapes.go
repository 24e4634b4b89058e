package provider

import (
	"slices"

	"github.com/wiremeter/wiremeter/usage"
)

// Foreign begins the name of a provider that no table knows; its host follows.
const Foreign = "other:"

// The paths by which a server shows what it speaks, whoever it is and whatever
// stands before them: a gateway, a model on this machine. The first that matches
// wins.
var (
	freeShapes = []Rule{
		free("", `/v1/messages/count_tokens/?$`, "count_tokens"),
		free("", `/v1/messages/cache_touch/?$`, "cache_keepalive"),
		free("", `/v1/(messages/)?batches(/[^/]+)?(/cancel)?/?$`, "batch_admin"),
		free("", `/responses/input_tokens/?$`, "count_tokens"),
		free("POST", `/responses/[^/]+/cancel/?$`, "cancel"),
		free("", `:(countTokens|computeTokens)$`, "count_tokens"),
		free("", `/models/count-tokens(@[^:/]+)?:rawPredict$`, "count_tokens"),
		free("", `/model/.+/count-tokens$`, "count_tokens"),
		free("", `/guardrail/`, "guardrail"),
		free("POST", `/(de)?tokenize/?$`, "count_tokens"), // vLLM, llama.cpp
	}
	billableShapes = []Rule{
		results(`/v1/(messages/)?batches/[^/]+/results/?$`, "batch_results"),
		billable(WebSocket, `/responses(/ws)?/?$`, "responses"),
		billable(WebSocket, `/realtime/?$`, "realtime"),
		billable(WebSocket, `\.(GenerativeService|LlmBidiService)[./]BidiGenerateContent(Constrained)?$`, "live"),

		fetched(`/responses/(resp|rs|gen)[-_A-Za-z0-9]+/?$`, "responses"),

		billable("POST", `/v1/messages/?$`, "messages"),
		billable("POST", `/publishers/anthropic/models/(?P<model>[^/:]+):(rawPredict|streamRawPredict)$`, "messages"),
		billable("POST", `/publishers/mistralai/models/(?P<model>[^/:]+):(rawPredict|streamRawPredict)$`, "chat"),
		billable("POST", `/deployments/(?P<model>[^/]+)/chat/completions/?$`, "chat"),
		billable("POST", `/(chat|fim|agents)/completions/?$`, "chat"),
		billable("POST", `/completions/?$`, "chat").as(usage.Completion),
		billable("POST", `/responses/compact/?$`, "responses").as(usage.Compact),
		billable("POST", `/responses/?$`, "responses"),
		billable("POST", `/embeddings/?$`, "chat").as(usage.Embed),
		billable("POST", `/v1internal:(generateContent|streamGenerateContent)$`, "generate"),
		billable("POST", `/(models|tunedModels|endpoints)/(?P<model>[^/:]+):(generateContent|streamGenerateContent)$`, "generate"),
		billable("POST", `/models/(?P<model>[^/:]+):(embedContent|batchEmbedContents)$`, "generate").as(usage.Embed),
		billable("POST", `/model/(?P<model>.+)/invoke(-with-response-stream)?$`, "invoke"),
		billable("POST", `/model/(?P<model>.+)/converse(-stream)?$`, "converse"),
		billable("POST", `/api/(chat|generate)/?$`, "ollama"),
		billable("POST", `/api/embed/?$`, "ollama").as(usage.Embed),
		billable("POST", `/api/v1/chat/?$`, "lmstudio"),
		billable("POST", `/(completion|infill)/?$`, "llamacpp").as(usage.Completion),
		billable("POST", `/interactions/?$`, "interactions"),
		billable("POST", `/images/(generations|edits|variations)/?$`, "media").as(usage.Image),
		billable("POST", `/audio/(transcriptions|translations|speech)/?$`, "media").as(usage.Audio),
		billable("POST", `/v[12]/chat/?$`, "cohere"),
		billable("POST", `/v[12]/embed/?$`, "cohere").as(usage.Embed),
		billable("POST", `/api/v1/services/aigc/(text|multimodal)-generation/generation/?$`, "dashscope"),
		billable("POST", `/v[0-9]+/ai/language-model/?$`, "vercel"),
	}

	stranger = &Provider{Rules: slices.Concat(freeShapes, billableShapes)}
)

// foreign finds the route of an exchange with a host that no table knows: only
// what may be billable has one.
func foreign(host, method, path string) (Route, bool) {
	r := stranger.Route(method, path)
	if r.Class == NotBillable {
		return Route{}, false
	}
	r.Provider, r.IsForeign = Foreign+host, true
	return r, true
}
