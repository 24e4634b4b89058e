package provider

import (
	"slices"
	"strings"
	"testing"
)

func TestByHost(t *testing.T) {
	tests := map[string]string{
		"api.anthropic.com":                            "anthropic",
		"API.Anthropic.com.":                           "anthropic",
		"eu.api.openai.com":                            "openai",
		"chatgpt.com":                                  "openai",
		"api2.cursor.sh":                               "cursor",
		"agentn.global.api5.cursor.sh":                 "cursor",
		"agentn.global.api5lat.cursor.sh":              "cursor",
		"autopush-cloudcode-pa.sandbox.googleapis.com": "gemini",

		"api.individual.githubcopilot.com":       "copilot",
		"us-east-1.api.x.ai":                     "xai",
		"coding-intl.dashscope.aliyuncs.com":     "alibaba",
		"any.openai.azure.com":                   "azure",
		"europe-west1-aiplatform.googleapis.com": "vertex",
		"aiplatform.eu.rep.googleapis.com":       "vertex",

		"":                        "",
		"com":                     "",
		"anthropic.com":           "",
		"notapi.anthropic.com":    "",
		"api.anthropic.com.evil":  "",
		"evilchatgpt.com":         "",
		"www.googleapis.com":      "",
		"127.0.0.1":               "",
		"cursor.sh":               "",
		"api4.cursor.sh":          "",
		"repo42.cursor.sh":        "",
		"authenticator.cursor.sh": "",
		"api.anthropic.com..":     "",
		strings.Repeat("a.", 999): "",

		"api.github.com": "",
		"copilot-telemetry.githubusercontent.com": "",
		"mcp.z.ai":                     "",
		"chat.mistral.ai":              "",
		"huggingface.co":               "",
		"vercel.com":                   "",
		"www.perplexity.ai":            "",
		"oss-cn-hangzhou.aliyuncs.com": "",
		"any.blob.core.windows.net":    "",
		"management.azure.com":         "",
		"login.microsoftonline.com":    "",
		"storage.googleapis.com":       "",
		"oauth2.googleapis.com":        "",
		"registry.ollama.ai":           "",
	}
	for host, want := range tests {
		got := ""
		if p := builtIn.ByHost(host); p != nil {
			got = p.Name
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", host, got, want)
		}
	}
}

func TestTakenTwicePanics(t *testing.T) {
	one := &Provider{Name: "one", Domains: []string{"one.test"}, Prefixes: []Prefix{{"/one", "https://one.test"}}}
	for what, other := range map[string]*Provider{
		"name":   {Name: "one"},
		"domain": {Name: "two", Domains: []string{"one.test"}},
		"prefix": {Name: "two", Prefixes: []Prefix{{"/one", "https://two.test"}}},
	} {
		func() {
			defer func() {
				if v, _ := recover().(string); !strings.Contains(v, what) {
					t.Errorf("%s taken twice: panic %q", what, v)
				}
			}()
			newRegistry([]*Provider{one, other})
		}()
	}
}

func TestTablesAreWellFormed(t *testing.T) {
	if !slices.IsSorted(builtIn.Domains()) || !slices.IsSorted(builtIn.Names()) {
		t.Error("names or domains are not sorted")
	}
	for _, p := range all {
		for _, d := range p.Domains {
			if d != strings.ToLower(d) || strings.ContainsAny(d, ":/* ") || !strings.Contains(d, ".") {
				t.Errorf("%s: %q is no DNS name in lower case", p.Name, d)
			}
		}
		for _, x := range p.Prefixes {
			host, ok := strings.CutPrefix(x.Origin, "https://")
			host, path, _ := strings.Cut(host, "/")
			if !ok || !slices.Contains(p.Domains, host) {
				t.Errorf("%s: the origin %q is none of its domains over https", p.Name, x.Origin)
			}
			above := strings.TrimSuffix(x.Prefix, "/"+path)
			isBelow := path != "" && slices.ContainsFunc(p.Prefixes, func(y Prefix) bool { return y.Prefix == above })
			if strings.Count(above, "/") != 1 || x.Prefix[0] != '/' || path != "" && !isBelow {
				t.Errorf("%s: the prefix %q is neither one path element nor below another with the path of its origin", p.Name, x.Prefix)
			}
		}
		for _, r := range p.Rules {
			if hasReason := r.Class == NotBillable || r.Dialect == "batch"; hasReason != (r.Reason != "") {
				t.Errorf("%s: %s has class %d and reason %q", p.Name, r.Path, r.Class, r.Reason)
			}
		}
	}
}

// An agent's base URL may end in a slash, and methods other than POST make
// nothing.
func TestRoute(t *testing.T) {
	tests := []struct {
		host, method, path string
		class              Class
		reason, model      string
	}{
		{"api.anthropic.com", "POST", "/v1/messages/", Billable, "", ""},
		{"api.anthropic.com", "OPTIONS", "/v1/messages", NotBillable, "get", ""},
		{"api.anthropic.com", "HEAD", "/api/hello", NotBillable, "account", ""},
		{"api.anthropic.com", "POST", "/v1/messagesx", NotBillable, "other", ""},
		{"api.openai.com", "POST", "/v1/responses/", Billable, "", ""},
		{"api.openai.com", "GET", "/v1/responses/resp_0a-B_9", Fetch, "", ""},
		{"api.openai.com", "POST", "/v1/responses/resp_0a", NotBillable, "other", ""},
		{"generativelanguage.googleapis.com", "POST", "/v1/models/gemini-3-pro:streamGenerateContent", Billable, "", "gemini-3-pro"},
		{"generativelanguage.googleapis.com", "POST", "/v1beta/models/a/b:generateContent", NotBillable, "other", ""},
		{"generativelanguage.googleapis.com", "POST", "/v1beta/models/not a name:generateContent", Billable, "", ""},
		{"generativelanguage.googleapis.com", "POST", "/v1beta/models/n\u00e4me:generateContent", Billable, "", ""},
		{"generativelanguage.googleapis.com", "POST", "/v1beta/models/" + strings.Repeat("m", 257) + ":generateContent", Billable, "", ""},
		{"api2.cursor.sh", "POST", "/agent.v1.AgentService/RunSSE", Billable, "", ""},
		{"api2.cursor.sh", WebSocket, "/agent/v1/run", Billable, "", ""},
		{"api2.cursor.sh", "POST", "/aiserver.v1.BidiService/BidiAppend", NotBillable, "request_half", ""},
		{"api2.cursor.sh", "POST", "/agent.v1.AgentService/NameAgent", NotBillable, "agent_admin", ""},
		{"api2.cursor.sh", "POST", "/aiserver.v1.AiService/StreamCpp", NotBillable, "tab_completion", ""},
		{"api2.cursor.sh", "POST", "/aiserver.v1.CmdKService/StreamCmdK", Billable, "", ""},
		{"res.openai.azure.com", "POST", "/openai/deployments/d/chat/completions", Billable, "", "d"},
		{"res.openai.azure.com", WebSocket, "/openai/realtime", Billable, "", ""},
		{"res.openai.azure.com", "GET", "/openai/v1/responses/resp_0a", Fetch, "", ""},
		{"res.openai.azure.com", "GET", "/openai/v1/responses", NotBillable, "get", ""},
		{"aiplatform.googleapis.com", "POST", "/v1/projects/p/locations/global/endpoints/42:generateContent", Billable, "", "42"},
		{"aiplatform.googleapis.com", "POST", "/v1/projects/p/locations/global/endpoints/42:serverStreamingPredict", Billable, "", "42"},
		{"aiplatform.googleapis.com", WebSocket, "/ws/google.cloud.aiplatform.v1.LlmBidiService/BidiGenerateContent", Billable, "", ""},
		{"aiplatform.googleapis.com", "POST", "/v1/projects/p/locations/global/publishers/anthropic/models/count-tokens@20250929:rawPredict", NotBillable, "count_tokens", ""},
		{"api.githubcopilot.com", WebSocket, "/responses", Billable, "", ""},
		{"api.x.ai", "GET", "/v1/responses/resp_0a", NotBillable, "get", ""},
		{"opencode.ai", "POST", "/zen/v1/models/gemini-3-pro:countTokens", NotBillable, "count_tokens", ""},
		{"api.cursor.com", "GET", "/v1/agents/bc-1/runs/run-1/stream", Fetch, "", ""},
		{"api.cursor.com", "POST", "/v1/agents/bc-1/runs", NotBillable, "cloud_start", ""},
		{"api.cursor.com", "GET", "/v1/agents/bc-1/usage", NotBillable, "reports", ""},
	}
	for _, tt := range tests {
		got := builtIn.ByHost(tt.host).Route(tt.method, tt.path)
		if got.Class != tt.class || got.Reason != tt.reason || got.Model != tt.model {
			t.Errorf("%s %s: got %+v", tt.method, tt.path, got)
		}
		if (got.Class == NotBillable) == (got.Kind != "") {
			t.Errorf("%s %s: kind %q", tt.method, tt.path, got.Kind)
		}
	}
}
