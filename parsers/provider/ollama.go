package provider

import (
	"slices"

	"github.com/wiremeter/wiremeter/usage"
)

// Ollama's cloud, which shares its host with the web site. What an Ollama on
// this machine serves is nobody's to bill; it asks the cloud under the same
// paths.
var ollama = &Provider{
	Name:     "ollama",
	Domains:  []string{"ollama.com"},
	Prefixes: []Prefix{{"/ollama", "https://ollama.com"}},
	Rules: slices.Concat([]Rule{
		billable("POST", `^/api/(chat|generate)/?$`, "ollama"),
		billable("POST", `^/api/(embed|embeddings)/?$`, "ollama").as(usage.Embed),
		billable("POST", `^/api/web_(search|fetch)/?$`, ""), // billed by the request
		free("", `^/api/(tags|show|ps|pull|push|create|copy|delete|version|blobs)(/|$)`, "models"),
		free("", `^/api/me/?$`, "account"),
	}, chatPaths, responsesPaths, messagesPaths, adminPaths),
}
