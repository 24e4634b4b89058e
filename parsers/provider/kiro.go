package provider

// Kiro and Amazon Q Developer. Their protocol names the operation in a header,
// X-Amz-Target, or in a path of its own. Most regions have no such host; others
// are a line each. There is no prefix: requests are signed for their host.
var kiro = &Provider{
	Name: "kiro",
	Domains: []string{
		"q.us-east-1.amazonaws.com", "q.eu-central-1.amazonaws.com",
		"codewhisperer.us-east-1.amazonaws.com",
		"runtime.us-east-1.kiro.dev", "runtime.eu-central-1.kiro.dev",
	},
	Rules: []Rule{
		billable("POST", `^/([A-Za-z]+\.)?(GenerateAssistantResponse|generateAssistantResponse|SendMessage|SendMessageStreaming|sendMessageStreaming)$`, "kiro"),
		billable("POST", `^/([A-Za-z]+\.)?(GenerateTaskAssistPlan|GenerateCodeFromCommands|StartTaskAssistCodeGeneration|StartCodeAnalysis)$`, ""),
		free("POST", `^/([A-Za-z]+\.)?[gG]enerate(Completions|Recommendations)$`, "tab_completion"),
		free("POST", `^/([A-Za-z]+\.)?[sS]endTelemetryEvent$`, "telemetry"),
		free("POST", `^/([A-Za-z]+\.)?[lL]istAvailableModels$`, "models"),
		free("POST", `^/([A-Za-z]+\.)?([gG]et|[lL]ist)`, "account"),
	},
}
