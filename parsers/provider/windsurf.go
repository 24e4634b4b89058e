package provider

import "github.com/wiremeter/wiremeter/usage"

// Windsurf's editor, formerly Codeium's, and what its makers' command line asks:
// messages of protobuf. What chats is GetChatMessage; completions while typing
// state nothing.
var windsurf = &Provider{
	Name:    "windsurf",
	Domains: []string{"server.codeium.com", "server.self-serve.windsurf.com"},
	Rules: []Rule{
		billable("POST", `^/exa\.api_server_pb\.ApiServerService/GetChatMessage(V2)?$`, "windsurf"),
		billable("POST", `^/exa\.api_server_pb\.ApiServerService/Get(ChatCompletions|StreamingCompletions|StreamingExternalChatCompletions)$`, ""),
		billable("POST", `^/exa\.api_server_pb\.ApiServerService/GetEmbeddings$`, "").as(usage.Embed),
		free("POST", `^/exa\.api_server_pb\.ApiServerService/(GetCompletions|GetStreamingTabCompletions)$`, "tab_completion"),
		free("", `^/exa\.(analytics|product_analytics)_pb\.`, "telemetry"),
		free("", `^/exa\.(auth|user_analytics|seat_management)_pb\.`, "account"),
	},
}
