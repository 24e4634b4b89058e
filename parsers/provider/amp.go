package provider

// Amp. Its loop runs on Amp's servers: the command line starts a thread there and
// hears of it over a WebSocket, in messages that are not known. Until 2025 its
// clients asked vendors through it, in their own dialects. The API shares its
// host with the web site.
var amp = &Provider{
	Name:     "amp",
	Domains:  []string{"ampcode.com"},
	Prefixes: []Prefix{{"/amp", "https://ampcode.com"}},
	Rules: []Rule{
		free("", `^/api/provider/.*/count_tokens/?$`, "count_tokens"),
		free("", `:(countTokens|computeTokens)$`, "count_tokens"),
		free("POST", `^/api/(internal|telemetry|user)(/|$)`, "account"),
		billable(WebSocket, `^/`, ""),
		billable("POST", `^/api/thread-actors(/|$)`, ""), // begins a thread that runs elsewhere
		billable("POST", `^/api/provider/google/.*/(models|endpoints)/(?P<model>[^/:]+):(generateContent|streamGenerateContent)$`, "generate"),
		billable("POST", `^/api/provider/.*/v1/messages/?$`, "messages"),
		billable("POST", `^/api/provider/.*/responses/?$`, "responses"),
		billable("POST", `^/api/provider/.*/chat/completions/?$`, "chat"),
		free("", `^/api/provider/.*/models(/|$)`, "models"),
	},
}
