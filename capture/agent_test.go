package capture

import (
	"encoding/base64"
	"reflect"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/wiremeter/wiremeter/usage"
)

const (
	engine    = "/home/ada/engine"
	aCommit   = "a7f06c49028afaad12e800df5a3ee805ba4f6ca1"
	codexTurn = `{"session_id":"s","thread_id":"s","agent_name":"/root","turn_id":"t","request_kind":"turn","workspaces":{"` + engine +
		`":{"associated_remote_urls":{"origin":"https://ada:secret@git.example/ada/engine.git"},"latest_git_commit_hash":"` + aCommit + `"}}}`
)

// aToken is what Codex sends of a login, with nothing true in it.
var aToken = "Bearer eyJhbGciOiJI." + base64.RawURLEncoding.EncodeToString([]byte(
	`{"https://api.openai.com/profile":{"email":"ada@example.com"},"https://api.openai.com/auth":{"chatgpt_plan_type":"plus"}}`)) + ".c2lnbmF0dXJl"

// from is a request with these headers, in pairs.
func from(host, path, body string, header ...string) exchange {
	h := usage.Header{}
	for i := 0; i < len(header); i += 2 {
		h[header[i]] = append(h[header[i]], header[i+1])
	}
	return exchange{host: host, path: path, header: h, request: []byte(body), status: 500}
}

// agents are requests as the agents send them, and who is told by them. Headers
// and bodies are cut down to what matters.
var agents = map[string]struct {
	exchange
	want usage.Attribution
}{
	"claude-code": {from("", "", `{"messages":[{"content":"\n - Primary working directory: `+engine+`\n - Is"}],"metadata":{"user_id":"{\"account_uuid\":\"u\",\"session_id\":\"s\"}"}}`,
		"User-Agent", "claude-cli/2.1.330 (external, sdk-cli)", "X-Claude-Code-Session-Id", "s", "X-Claude-Code-Prompt-Id", "p",
		"X-Claude-Code-Request-Class", "main", "X-Claude-1p-Request-Class", "main", "X-Api-Key", aKey),
		usage.Attribution{Agent: "claude-code", AgentVersion: "2.1.330", SessionID: "s", TurnID: "p", Purpose: usage.Main, Dir: engine, User: "u", Plan: usage.PayPerUse}},
	"claude-code, logged in": {from("", "", "{}", "User-Agent", "claude-cli/2.1.330 (external, cli)", "Authorization", "Bearer sk-ant-oat01-AbCdEf",
		"Anthropic-Beta", "claude-code-20250219,oauth-2025-04-20"),
		usage.Attribution{Agent: "claude-code", AgentVersion: "2.1.330", Plan: usage.Subscription}},
	"claude-code's title": {from("", "", "{}", "User-Agent", "claude-cli/2.1.330 (external, cli)", "X-Claude-Code-Session-Id", "s",
		"X-Claude-Code-Request-Class", "auxiliary", "X-Claude-1p-Request-Class", "summary-extraction"),
		usage.Attribution{Agent: "claude-code", AgentVersion: "2.1.330", SessionID: "s", Purpose: usage.Title}},
	"claude-code's compaction": {from("", "", "{}", "User-Agent", "claude-cli/2.1.330 (external, cli)", "X-Claude-Code-Compaction", "manual", "X-Claude-Code-Request-Class", "main"),
		usage.Attribution{Agent: "claude-code", AgentVersion: "2.1.330", Purpose: usage.Compaction}},
	"claude-code's sub-agent": {from("", "", "{}", "User-Agent", "claude-cli/2.1.330 (external, cli)", "X-Claude-Code-Session-Id", "s", "X-Claude-Code-Agent-Id", "a1"),
		usage.Attribution{Agent: "claude-code", AgentVersion: "2.1.330", SessionID: "s", SubagentID: "a1", Purpose: usage.Subagent}},
	"claude-code on bedrock": {from("bedrock-runtime.us-east-1.amazonaws.com", "/model/x/invoke", "{}", "User-Agent", "claude-cli/2.1.330 (external, sdk-cli)", "X-Claude-Code-Session-Id", "s"),
		usage.Attribution{Agent: "claude-code", AgentVersion: "2.1.330", SessionID: "s", Plan: usage.PayPerUse}},
	"codex": {from("chatgpt.com", "/backend-api/codex/responses", `{"prompt_cache_key":"s","input":[{"text":"<environment_context>\n  <cwd>`+engine+`/cmd</cwd>"}]}`,
		"User-Agent", "codex_exec/0.169.0 (Debian 12.0.0; x86_64) xterm (codex_exec; 0.169.0)", "Session-Id", "s", "Thread-Id", "s", "Originator", "codex_exec",
		"X-Codex-Turn-Metadata", codexTurn, "Authorization", aToken),
		usage.Attribution{Agent: "codex", AgentVersion: "0.169.0", SessionID: "s", TurnID: "t", Purpose: usage.Main, Dir: engine + "/cmd",
			Repository: "git.example/ada/engine", Project: "engine", Commit: aCommit, User: "ada@example.com", Plan: usage.Subscription}},
	"codex's sub-agent, by root": {from("api.openai.com", "/v1/responses", "{}", "User-Agent", "codex_cli_rs/0.169.0 (x)", "Session-Id", "s", "X-Codex-Parent-Thread-Id", "s",
		"X-Openai-Subagent", "collab_spawn", "X-Codex-Turn-Metadata", strings.Replace(codexTurn, `"thread_id":"s"`, `"thread_id":"c"`, 1)),
		usage.Attribution{Agent: "codex", AgentVersion: "0.169.0", SessionID: "s", ParentSessionID: "s", SubagentID: "c", TurnID: "t", Purpose: usage.Subagent, Dir: engine,
			Repository: "git.example/ada/engine", Project: "engine", Commit: aCommit, Plan: usage.PayPerUse}},
	"copilot-cli": {from("api.individual.githubcopilot.com", "/chat/completions", `{"messages":[{"content":"* Current working directory: `+engine+`\n* Git"}]}`,
		"User-Agent", "copilot/1.0.102 (linux v24.20.0) term/unknown client/github/cli", "X-Client-Session-Id", "s", "X-Interaction-Id", "t", "X-Interaction-Type", "conversation-user",
		"Copilot-Integration-Id", "copilot-developer-cli", "X-Github-Repository-Nwo", "ada/engine", "X-Github-Repository-Host", "github.com"),
		usage.Attribution{Agent: "copilot-cli", AgentVersion: "1.0.102", SessionID: "s", TurnID: "t", Purpose: usage.Main, Dir: engine,
			Repository: "github.com/ada/engine", Project: "engine", Plan: usage.Subscription}},
	"copilot-cli, own provider": {from("api.openai.com", "/v1/chat/completions", "{}", "User-Agent", "OpenAI/JS 5.20.1", "X-Initiator", "agent", "X-Interaction-Type", "conversation-subagent",
		"X-Github-Repository-Nwo", "__no_repository__"),
		usage.Attribution{Agent: "copilot-cli", Purpose: usage.Subagent, Plan: usage.PayPerUse}},
	"copilot-chat": {from("api.githubcopilot.com", "/chat/completions", "{}", "User-Agent", "GitHubCopilotChat/0.42.0", "Vscode-Sessionid", "s", "X-Interaction-Type", "conversation-agent"),
		usage.Attribution{Agent: "copilot-chat", AgentVersion: "0.42.0", SessionID: "s", Purpose: usage.Main, Plan: usage.Subscription}},
	"gemini-cli, logged in": {from("cloudcode-pa.googleapis.com", "/v1internal:generateContent", `{"model":"m","user_prompt_id":"t","request":{"session_id":"s"},"text":"- **Workspace Directories:**\n  - `+engine+`\n"}`,
		"User-Agent", "GeminiCLI-tui/0.61.0/gemini-2.5-pro (linux; x64; terminal) google-api-nodejs-client/10.9.0"),
		usage.Attribution{Agent: "gemini-cli", AgentVersion: "0.61.0", SessionID: "s", TurnID: "t", Dir: engine, Plan: usage.Subscription}},
	"gemini-cli's router": {from("generativelanguage.googleapis.com", "/v1beta/models/m:generateContent", `{"systemInstruction":{"parts":[{"text":"\nYou are a specialized Task Routing AI."}]}}`,
		"User-Agent", "GeminiCLI-tui/0.61.0/gemini-2.5-pro (linux; x64; terminal)"),
		usage.Attribution{Agent: "gemini-cli", AgentVersion: "0.61.0", Purpose: usage.Router, Plan: usage.PayPerUse}},
	"opencode's sub-agent": {from("", "", `{"system":"<env>\n  Working directory: `+engine+`\n  Workspace"}`, "User-Agent", "opencode/1.18.33 ai-sdk/provider-utils/4 runtime/bun/1.3.14",
		"X-Session-Id", "ses_2", "X-Session-Affinity", "ses_2", "X-Parent-Session-Id", "ses_1", "X-Api-Key", aKey),
		usage.Attribution{Agent: "opencode", AgentVersion: "1.18.33", SessionID: "ses_2", ParentSessionID: "ses_1", Purpose: usage.Subagent, Dir: engine, Plan: usage.PayPerUse}},
	"opencode's title": {from("", "", `{"system":"You are a title generator. You output"}`, "User-Agent", "opencode/1.18.33", "X-Session-Id", "ses_1"),
		usage.Attribution{Agent: "opencode", AgentVersion: "1.18.33", SessionID: "ses_1", Purpose: usage.Title}},
	"opencode's zen": {from("opencode.ai", "/zen/v1/messages", "{}", "User-Agent", "opencode/1.18.33", "X-Opencode-Session", "ses_1", "X-Opencode-Project", "p"),
		usage.Attribution{Agent: "opencode", AgentVersion: "1.18.33", SessionID: "ses_1"}},
	"kilo": {from("", "", `{"system":"You are Kilo, a highly skilled"}`, "User-Agent", "kilo/latest/7.7.9/cli ai-sdk/provider-utils/4", "X-Session-Id", "ses_1"),
		usage.Attribution{Agent: "kilo", AgentVersion: "7.7.9", SessionID: "ses_1", Purpose: usage.Main}},
	"kilo on openai": {from("api.openai.com", "/v1/responses", `{"input":[{"content":"You are Kilo, a highly skilled"},{"content":"<environment_details>\nWorking directory: `+engine+`\nWorkspace root folder"}]}`,
		"User-Agent", "opencode/7.7.9", "Session-Id", "ses_1", "Originator", "opencode"),
		usage.Attribution{Agent: "kilo", AgentVersion: "7.7.9", SessionID: "", Purpose: usage.Main, Dir: engine, Plan: usage.PayPerUse}},
	"kilo's gateway": {from("openrouter.ai", "/api/v1/chat/completions", "{}", "User-Agent", "Kilo-Code/7.7.9 x", "X-Kilocode-Taskid", "ses_1", "X-Kilocode-Projectid", "engine"),
		usage.Attribution{Agent: "kilo", AgentVersion: "7.7.9", SessionID: "ses_1", Project: "engine", Plan: usage.PayPerUse}},
	"cline": {from("", "", `{"system":"You are Cline, an AI coding agent","messages":[{"content":"4. Working Directory: `+engine+`\n</env>"}]}`, "User-Agent", "ai-sdk/anthropic/4.0.42 ai-sdk/provider-utils/4"),
		usage.Attribution{Agent: "cline", Purpose: usage.Main, Dir: engine}},
	"cline's gateway": {from("openrouter.ai", "/api/v1/chat/completions", `{"session_id":"s"}`, "User-Agent", "Bun/1", "X-Client-Type", "cline-cli", "X-Client-Version", "3.0.65", "X-Task-Id", "t"),
		usage.Attribution{Agent: "cline", AgentVersion: "3.0.65", SessionID: "t", Plan: usage.PayPerUse}},
	"roo": {from("openrouter.ai", "/api/v1/chat/completions", "{}", "User-Agent", "RooCode/3.30.0", "X-Title", "Roo Code", "X-Roo-Task-Id", "t"),
		usage.Attribution{Agent: "roo", AgentVersion: "3.30.0", SessionID: "t", Plan: usage.PayPerUse}},
	"qwen-code's memory": {from("dashscope.aliyuncs.com", "/compatible-mode/v1/chat/completions", `{"metadata":{"sessionId":"s","promptId":"s#managed-auto-memory-extractor-1#0"},"messages":[{"content":"I'm currently working in the directory: `+engine+`\nHere"}]}`,
		"User-Agent", "QwenCode/0.24.4 (linux; x64)"),
		usage.Attribution{Agent: "qwen-code", AgentVersion: "0.24.4", SessionID: "s", SubagentID: "managed-auto-memory-extractor-1", TurnID: "s#managed-auto-memory-extractor-1#0", Purpose: usage.Auxiliary, Dir: engine, Plan: usage.PayPerUse}},
	"qwen-code elsewhere": {from("api.openai.com", "/v1/chat/completions", `{"prompt_cache_key":"qwen-code:s"}`, "User-Agent", "QwenCode/0.24.4 (linux; x64)"),
		usage.Attribution{Agent: "qwen-code", AgentVersion: "0.24.4", SessionID: "s", Plan: usage.PayPerUse}},
	"kimi-code": {from("api.moonshot.ai", "/v1/chat/completions", "{\"prompt_cache_key\":\"session_1\",\"messages\":[{\"content\":\"The current working directory is `"+engine+"`.\"}]}", "User-Agent", "kimi-code-cli/2.1.0", "X-Msh-Platform", "kimi_code_cli"),
		usage.Attribution{Agent: "kimi-code", AgentVersion: "2.1.0", SessionID: "session_1", Dir: engine, Plan: usage.PayPerUse}},
	"pi": {from("api.openai.com", "/v1/responses", `{"prompt_cache_key":"s","input":[{"content":"x\n<cwd>\n`+engine+`\n</cwd>"}]}`, "User-Agent", "pi (linux 6.18; x64)", "Session_id", "s"),
		usage.Attribution{Agent: "pi", SessionID: "s", Dir: engine, Plan: usage.PayPerUse}},
	"pi on bedrock": {from("bedrock-runtime.us-east-1.amazonaws.com", "/model/x/converse-stream", `{"system":[{"text":"You are an expert coding assistant operating inside pi, a coding"},{"text":"<cwd>\n`+engine+`\n</cwd>"}]}`, "User-Agent", "aws-sdk-js/3"),
		usage.Attribution{Agent: "pi", Purpose: usage.Main, Dir: engine, Plan: usage.PayPerUse}},
	"droid": {from("api.openai.com", "/v1/responses", `{"prompt_cache_key":"s","safety_identifier":"s","input":[{"content":"% pwd\n`+engine+`\n% ls"}]}`, "User-Agent", "factory-cli/0.225.2"),
		usage.Attribution{Agent: "droid", AgentVersion: "0.225.2", SessionID: "s", Dir: engine, Plan: usage.PayPerUse}},
	"continue": {from("", "", `{"system":"You are an agent in the Continue CLI. Given\n<env>\nWorking directory: `+engine+`\nIs directory a git repo"}`, "User-Agent", "node-fetch", "X-Api-Key", aKey),
		usage.Attribution{Agent: "continue", Purpose: usage.Main, Dir: engine, Plan: usage.PayPerUse}},
	"grok": {from("api.x.ai", "/v1/responses", `{"instructions":"Workspace Path: `+engine+`\nToday's date"}`, "User-Agent", "grok-shell/1.0.41 (linux; x86_64)", "X-Grok-Session-Id", "s", "X-Grok-Conv-Id", "turn-summary-1"),
		usage.Attribution{Agent: "grok", AgentVersion: "1.0.41", SessionID: "s", Purpose: usage.Auxiliary, Dir: engine, Plan: usage.PayPerUse}},
	"grok's main": {from("api.x.ai", "/v1/responses", `{}`, "User-Agent", "grok-shell/1.0.41 (linux; x86_64)", "X-Grok-Session-Id", "s", "X-Grok-Conv-Id", "s", "X-Grok-Turn-Idx", "1"),
		usage.Attribution{Agent: "grok", AgentVersion: "1.0.41", SessionID: "s", Purpose: usage.Main, Plan: usage.PayPerUse}},
	"grok's title": {from("api.x.ai", "/v1/responses", `{"instructions":"You are tasked with generating the session title"}`, "User-Agent", "grok-shell/1.0.41 (linux; x86_64)", "X-Grok-Session-Id", "", "X-Grok-Conv-Group-Id", "g"),
		usage.Attribution{Agent: "grok", AgentVersion: "1.0.41", Purpose: usage.Title, Plan: usage.PayPerUse}},
	"kilo's title": {from("", "", "{}", "User-Agent", "kilo/latest/7.7.9/cli ai-sdk/provider-utils/4", "X-Session-Id", "title-ses_1"),
		usage.Attribution{Agent: "kilo", AgentVersion: "7.7.9", SessionID: "ses_1", Purpose: usage.Title}},
	"auggie": {from("t.api.augmentcode.com", "/chat-stream", `{"conversation_id":"c","root_conversation_id":"c","turn_id":"t","nodes":[{"ide_state_node":{"workspace_folders":[{"repository_root":"`+engine+`"}]}}]}`,
		"User-Agent", "augment.cli/0.36.0 (commit x)/noninteractive", "X-Request-Session-Id", "p"),
		usage.Attribution{Agent: "auggie", AgentVersion: "0.36.0", SessionID: "c", ParentSessionID: "", TurnID: "t", Dir: engine, Plan: usage.Subscription}},
	"auggie's child": {from("t.api.augmentcode.com", "/chat-stream", `{"conversation_id":"c","root_conversation_id":"r","turn_id":"t","nodes":[{"ide_state_node":{"workspace_folders":[{"repository_root":"`+engine+`"}]}}]}`,
		"User-Agent", "augment.cli/0.36.0 (commit x)/noninteractive", "X-Request-Session-Id", "p"),
		usage.Attribution{Agent: "auggie", AgentVersion: "0.36.0", SessionID: "c", ParentSessionID: "r", TurnID: "t", Dir: engine, Plan: usage.Subscription}},
	"crush": {from("", "", `{"system":"<env>\nWorking directory: `+engine+`\nIs directory"}`, "User-Agent", "Charm-Crush/0.9.0 (https://charm.land/crush)"),
		usage.Attribution{Agent: "crush", AgentVersion: "0.9.0", Dir: engine}},
	"cursor-sdk": {from("", "", "{}", "User-Agent", "connect-es/2", "X-Cursor-Client-Type", "sdk", "X-Cursor-Client-Version", "sdk-1.0.32"),
		usage.Attribution{Agent: "cursor-sdk", AgentVersion: "sdk-1.0.32"}},
	"nobody known": {from("", "", `{"messages":[{"content":"Working directory: /home/ada/secret\n"}],"prompt_cache_key":"k"}`, "User-Agent", "curl/7.88.1", "Session-Id", "not ours to read"),
		usage.Attribution{}},
	"nobody":                  {from("", "", ""), usage.Attribution{}},
	"a directory with a key":  {from("", "", `{"x":"\n - Primary working directory: /home/`+aKey+`\n - Is"}`, "User-Agent", "claude-cli/2 (x)"), usage.Attribution{Agent: "claude-code", AgentVersion: "2"}},
	"sentences in its place":  {from("", "", "{}", "User-Agent", "claude-cli/2 (x)", "X-Claude-Code-Session-Id", aText, "X-Claude-Code-Agent-Id", aText, "X-Claude-Code-Prompt-Id", aKey), usage.Attribution{Agent: "claude-code", AgentVersion: "2"}},
	"a token that is no JSON": {from("chatgpt.com", "/backend-api/codex/responses", "{}", "Authorization", "Bearer eyJhbGciOiJI.eyJh.x"), usage.Attribution{Plan: usage.Subscription}},
}

// TestWhoAsked: agents are told by what they send; others stay unknown.
func TestWhoAsked(t *testing.T) {
	for name, c := range agents {
		s := new(shelf)
		c.play(t, New(s, zerolog.Nop()), s)
		if len(s.records) != 1 {
			t.Errorf("%s: %+v", name, s)
			continue
		}
		got := s.records[0].Attribution
		for d, from := range got.Sources {
			if from != usage.FromWire || *dimension(&got, d) == "" {
				t.Errorf("%s: %s is from %s", name, d, from)
			}
		}
		got.UserAgent, got.Sources = "", nil
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s:\n got %+v\nwant %+v", name, got, c.want)
		}
	}
}
