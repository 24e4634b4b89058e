package provider

import "slices"

// Factory's gateway, as Droid 0.225 asks it: each vendor in its own dialect,
// behind a letter. Where a user has a key of their own, Droid asks the vendor and
// reports to Factory what it used: that is counted where it was used.
var factory = &Provider{
	Name:     "factory",
	Domains:  []string{"api.factory.ai", "app.factory.ai"},
	Prefixes: []Prefix{{"/factory", "https://api.factory.ai"}},
	Rules: slices.Concat([]Rule{
		free("", `^/api/llm/custom/usage/?$`, "telemetry"),
		free("", `^/api/llm/failed-requests/?$`, "telemetry"),
		billable(WebSocket, `^/api/llm/o/v1/responses(/ws)?/?$`, "responses"),
		billable("POST", `^/api/llm/g/v1/generate/?$`, "generate"),
	}, chatPaths, responsesPaths, messagesPaths, []Rule{
		billable("POST", `^/api/llm/[a-z]/v1/`, ""), // another vendor
		free("", `^/api/(cli|sessions|feature-flags|billing|connectors)(/|$)`, "account"),
	}),
}
