package provider

import (
	"slices"

	"github.com/wiremeter/wiremeter/usage"
)

// GitHub Copilot's API. A token names the host of its plan; companies that run
// GitHub under a name of their own have hosts that no table can know. The
// editor's completions while typing have other hosts, which stay closed. Paths
// as VS Code's extension of 2026 sends them.
var copilot = &Provider{
	Name: "copilot",
	Domains: []string{
		"api.githubcopilot.com",
		"api.individual.githubcopilot.com",
		"api.business.githubcopilot.com",
		"api.enterprise.githubcopilot.com",
	},
	Prefixes: []Prefix{{"/copilot", "https://api.githubcopilot.com"}},
	Rules: slices.Concat([]Rule{
		free("", `^/mcp(/|$)`, "mcp"),
		free("", `^/models/session(/|$)`, "models"), // a token for the choice of a model, and the choice
		free("", `^/auto/?$`, "models"),

		billable(WebSocket, `/responses/?$`, "responses"),
		billable("POST", `/chat/completions/?$`, "copilot"),
		billable("POST", `/completions/?$`, "copilot").as(usage.Completion),
		billable("POST", `/embeddings/?$`, "chat").as(usage.Embed),
		billable("POST", `^/agents/`, "copilot"),
	}, responsesPaths, messagesPaths, adminPaths),
}
