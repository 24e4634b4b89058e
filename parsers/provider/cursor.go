package provider

import "github.com/wiremeter/wiremeter/usage"

// Cursor's editor, command line and SDK, as seen of @cursor/sdk 1.0.32; the
// others' paths by what is published of them until September 2026. A server
// hands out the agents' hosts, until now of api5 and api5lat. Login, tab
// completion and the index of the user's files have hosts of their own, which
// cost no tokens that anybody states: they stay closed.
//
// The one base URL that the SDK takes stands for two origins.
var cursor = &Provider{
	Name: "cursor",
	Domains: []string{
		"api2.cursor.sh",
		"api2direct.cursor.sh",
		"api2geo.cursor.sh",
		"api5.cursor.sh",
		"api5lat.cursor.sh",
		"api.cursor.com",
	},
	Prefixes: []Prefix{
		{"/cursor", "https://api2.cursor.sh"},
		{"/cursor/v1", "https://api.cursor.com/v1"},
		{"/cursor/teams", "https://api.cursor.com/teams"},
	},
	Rules: []Rule{
		billable("POST", `^/agent\.v1\.AgentService/Run(SSE)?$`, "cursor"),
		billable("POST", `^/agent\.v1\.AgentService/RunPoll$`, ""), // hexadecimal in messages of its own; never seen
		billable(WebSocket, `^/agent/v1/run/?$`, "cursor_socket"),
		free("POST", `^/aiserver\.v1\.BidiService/BidiAppend$`, "request_half").in("cursor"),
		free("", `^/agent\.v1\.AgentService/`, "agent_admin"),

		billable("POST", `^/aiserver\.v1\.ChatService/StreamUnifiedChatWithTools(SSE)?$`, "cursor_chat"),
		billable("POST", `^/aiserver\.v1\.ChatService/WarmStreamUnifiedChatWithTools$`, "").as(usage.Prewarm),
		billable("POST", `^/aiserver\.v1\.ChatService/Stream`, ""),
		billable("POST", `^/aiserver\.v1\.(CmdKService|InferenceService)/Stream`, ""),
		free("POST", `^/aiserver\.v1\.AiService/Stream(Cpp|NextCursorPrediction)$`, "tab_completion"),
		billable("POST", `^/aiserver\.v1\.AiService/Stream(Chat|Composer|Edit|Generate)`, ""),
		{Method: "POST", Path: shape(`^/aiserver\.v1\.BackgroundComposerService/StreamConversation(SSE)?$`), Class: Fetch, Dialect: "cursor_conversation"},
		billable("POST", `^/aiserver\.v1\.BackgroundComposerService/StreamInteractionUpdates(SSE)?$`, ""), // told again without a key: it would count twice

		{Method: "GET", Path: shape(`^/v1/agents/(?P<session>[^/]+)/runs/(?P<response>[^/]+)/stream/?$`), Class: Fetch, Dialect: "cursor_cloud"},
		free("POST", `^/v1/agents(/[^/]+/runs)?/?$`, "cloud_start").in("cursor_start"),
		free("", `^/v1/agents/[^/]+/usage/?$`, "reports"),
		free("", `^/v1/agents(/|$)`, "cloud_admin"),
		free("", `^/teams/`, "reports"),
		free("", `^/v1/models/?$`, "models"),
		free("", `^/auth/`, "account"),
		free("POST", `^/aiserver\.v1\.DashboardService/GetFilteredUsageEvents$`, "reports").in("cursor_events"),
		free("", `^/aiserver\.v1\.DashboardService/Get(FilteredUsageEvents|AggregatedUsageEvents|TokenUsage|CurrentPeriodUsage)$`, "reports"),
		free("", `^/aiserver\.v1\.(DashboardService|AuthService|ServerConfigService)/`, "account"),
		free("", `^/aiserver\.v1\.(AnalyticsService|MetricsService)/`, "telemetry"),
		free("", `^/aiserver\.v1\.(RepositoryService|FileSyncService|CppService)/`, "files"),
	},
}
