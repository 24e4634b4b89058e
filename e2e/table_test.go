//go:build e2e

package e2e

import (
	"slices"

	"github.com/wiremeter/wiremeter/scripted"
	"github.com/wiremeter/wiremeter/usage"
)

// agent is a real program: how to ask it something, and what its rows say.
type agent struct {
	name    string // of its tests, and of its row in docs/agents.md
	source  string // the package that it comes in
	command []string
	env     []string
	files   map[string]string // in its home
	tool    scripted.Tool     // that it runs a command with

	transport  string   // of its calls
	codings    []string // that it accepts, as it says
	is         string   // the agent of its rows; empty: nothing tells
	hasVersion bool
	hasSession bool
	anonymous  usage.Purpose // of calls that do not tell their session; another may have told it
	leaves     bool          // with its last call unanswered, if it likes
	perhaps    usage.Purpose // of calls that it does not always make before it ends
}

// What an agent is told: "say hi", as the one argument that is so.
const prompt = "say hi"

var claude = agent{
	name: "Claude Code", source: "@anthropic-ai/claude-code",
	command: []string{"claude", "-p", prompt, "--allowedTools", "Bash"},
	env: []string{"ANTHROPIC_API_KEY=sk-ant-dummy", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1",
		"DISABLE_AUTOUPDATER=1", "CLAUDE_CODE_MAX_RETRIES=3"},
	tool:      scripted.Tool{Name: "Bash", Input: `{"command":"echo hi","description":"say hi"}`},
	transport: "h1", codings: []string{"br", "deflate", "gzip", "zstd"},
	is: "claude-code", hasVersion: true, hasSession: true,
}

var codex = agent{
	name: "Codex", source: "@openai/codex",
	command:   []string{"codex", "exec", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox", prompt},
	env:       []string{"OPENAI_API_KEY=sk-dummy", "CODEX_API_KEY=sk-dummy"},
	tool:      scripted.Tool{Name: "exec_command", Input: `{"cmd":"echo hi"}`},
	transport: "h2",
	is:        "codex", hasVersion: true, hasSession: true,
}

var gemini = agent{
	name: "Gemini CLI", source: "@google/gemini-cli",
	command: []string{"gemini", "--yolo", "-m", "gemini-2.5-pro", "-p", prompt},
	env:     []string{"GEMINI_API_KEY=dummy", "GEMINI_CLI_TRUST_WORKSPACE=true"},
	files: map[string]string{".gemini/settings.json": `{"security":{"auth":{"selectedType":"gemini-api-key"}},"privacy":{"usageStatisticsEnabled":false},` +
		`"telemetry":{"enabled":false},"general":{"enableAutoUpdate":false,"disableAutoUpdate":true}}`},
	tool:      scripted.Tool{Name: "run_shell_command", Input: `{"command":"echo hi","description":"say hi"}`},
	transport: "h1", codings: []string{"br", "deflate", "gzip"},
	is: "gemini-cli", hasVersion: true,
}

// copilot asks GitHub's backend, with a token of GitHub's.
var copilot = agent{
	name: "GitHub Copilot CLI", source: "@github/copilot",
	command:   []string{"copilot", "--allow-all-tools", "--model", "gpt-5.4", "-p", prompt},
	env:       []string{"COPILOT_GITHUB_TOKEN=gho_dummy"},
	tool:      scripted.Tool{Name: "bash", Input: `{"command":"echo hi","description":"say hi"}`},
	transport: "h1", codings: []string{"br", "deflate", "gzip", "zstd"},
	is: "copilot-cli", hasVersion: true, hasSession: true,
}

// copilots is the same with a provider of one's own, whose client it then uses.
var copilots = agent{
	name: "GitHub Copilot CLI, own provider", source: "@github/copilot",
	command: []string{"copilot", "--allow-all-tools", "-p", prompt},
	env: []string{"COPILOT_PROVIDER_TYPE=openai", "COPILOT_PROVIDER_BASE_URL=https://api.openai.com/v1", "COPILOT_PROVIDER_API_KEY=sk-dummy",
		"COPILOT_PROVIDER_WIRE_API=responses", "COPILOT_MODEL=gpt-5.4"},
	tool:      copilot.tool,
	transport: "h1", codings: copilot.codings,
	is: "copilot-cli",
}

var opencode = agent{
	name: "opencode", source: "opencode-linux-x64",
	command:   []string{"opencode", "run", "--model", "anthropic/claude-sonnet-4-5", prompt},
	env:       []string{"ANTHROPIC_API_KEY=sk-ant-dummy"},
	tool:      scripted.Tool{Name: "bash", Input: `{"command":"echo hi","description":"say hi"}`},
	transport: "h1", codings: []string{"br", "deflate", "gzip", "zstd"},
	is: "opencode", hasVersion: true, hasSession: true,
}

// kilo asks Kilo's gateway; kilos a provider with a key of one's own.
var kilo = agent{
	name: "Kilo CLI", source: "@kilocode/cli-linux-x64",
	command:   []string{"kilo", "run", "--auto", "--model", "kilo/anthropic/claude-sonnet-4.5", prompt},
	env:       []string{"KILO_API_KEY=dummy"},
	tool:      scripted.Tool{Name: "bash", Input: `{"command":"echo hi","description":"say hi"}`},
	transport: "h1", codings: []string{"br", "deflate", "gzip", "zstd"},
	is: "kilo", hasVersion: true, hasSession: true, perhaps: usage.Title,
}

var kilos = kilo.but("Kilo CLI, own provider", []string{"kilo", "run", "--auto", "--model", "anthropic/claude-sonnet-4-5", prompt}, "ANTHROPIC_API_KEY=sk-ant-dummy")

// cline asks Cline's gateway; clines a provider with a key of one's own, whose
// client it then uses.
var cline = agent{
	name: "Cline CLI", source: "cline",
	command:   []string{"cline", "-P", "cline", "-m", "anthropic/claude-sonnet-4.5", prompt},
	env:       []string{"CLINE_API_KEY=dummy"},
	tool:      scripted.Tool{Name: "run_commands", Input: `{"commands":["echo hi"]}`},
	transport: "h1", codings: []string{"br", "deflate", "gzip", "zstd"},
	is: "cline", hasVersion: true, hasSession: true,
}

var clines = func() agent {
	a := cline.but("Cline CLI, own provider", []string{"cline", "-P", "anthropic", "-m", "claude-sonnet-4-5", prompt}, "ANTHROPIC_API_KEY=sk-ant-dummy")
	a.hasVersion, a.hasSession = false, false
	return a
}()

// droid asks Factory's gateway; droids a model of one's own.
var droid = agent{
	name: "Droid", source: "@factory/cli-linux-x64",
	command:   []string{"droid", "exec", "--auto", "high", "--model", "gpt-5.4", prompt},
	env:       []string{"FACTORY_API_KEY=fk-dummy"},
	tool:      scripted.Tool{Name: "Execute", Input: `{"summary":"Say hi to the terminal","command":"echo hi","riskLevelReason":"none","riskLevel":"low"}`},
	transport: "h1", codings: []string{"br", "deflate", "gzip", "zstd"},
	is: "droid", hasVersion: true, hasSession: true,
}

var droids = func() agent {
	a := droid.but("Droid, own model", []string{"droid", "exec", "--auto", "high", "--model", "custom:gpt-0", prompt}, droid.env...)
	a.files = map[string]string{".factory/settings.json": `{"customModels":[{"model":"gpt-5.4","displayName":"gpt","provider":"openai",` +
		`"baseUrl":"https://api.openai.com/v1","apiKey":"sk-dummy"}]}`}
	return a
}()

// auggie's responses have no id and name no model.
var auggie = agent{
	name: "auggie", source: "@augmentcode/auggie",
	command:   []string{"auggie", "--print", "--instruction", prompt},
	env:       []string{`AUGMENT_SESSION_AUTH={"accessToken":"dummy","tenantURL":"https://scripted.api.augmentcode.com/","scopes":["read","write"]}`},
	tool:      scripted.Tool{Name: "launch-process", Input: `{"command":"echo hi","wait":true,"max_wait_seconds":10,"cwd":"/tmp"}`},
	transport: "h1", codings: []string{"br", "deflate", "gzip"},
	is: "auggie", hasVersion: true, hasSession: true,
}

// qwen makes a second call at its end, which keeps what is worth remembering.
var qwen = agent{
	name: "Qwen Code", source: "@qwen-code/qwen-code",
	command: []string{"qwen", "--yolo", "-m", "qwen3-coder-plus", "-p", prompt},
	env:     []string{"OPENAI_API_KEY=sk-dummy", "OPENAI_BASE_URL=https://dashscope.aliyuncs.com/compatible-mode/v1"},
	files: map[string]string{".qwen/settings.json": `{"security":{"auth":{"selectedType":"openai"}},"privacy":{"usageStatisticsEnabled":false},` +
		`"general":{"enableAutoUpdate":false}}`},
	tool:      scripted.Tool{Name: "run_shell_command", Input: `{"command":"echo hi","is_background":false}`},
	transport: "h1", codings: []string{"br", "deflate", "gzip"},
	is: "qwen-code", hasVersion: true, hasSession: true,
}

var kimi = agent{
	name: "Kimi Code", source: "@moonshot-ai/kimi-code",
	command: []string{"kimi", "-p", prompt},
	files: map[string]string{".kimi-code/config.toml": "default_model = 'k'\n[providers.moonshot]\ntype = 'kimi'\nbase_url = 'https://api.moonshot.ai/v1'\napi_key = 'sk-dummy'\n" +
		"[models.k]\nprovider = 'moonshot'\nmodel = 'kimi-k2'\nmax_context_size = 131072\n"},
	tool:      scripted.Tool{Name: "Bash", Input: `{"command":"echo hi"}`},
	transport: "h1", codings: []string{"br", "deflate", "gzip"},
	is: "kimi-code", hasVersion: true, hasSession: true,
}

var pi = agent{
	name: "Pi", source: "@earendil-works/pi-coding-agent",
	command:   []string{"pi", "--provider", "openai", "--model", "gpt-5.4", "-p", prompt},
	env:       []string{"OPENAI_API_KEY=sk-dummy"},
	tool:      scripted.Tool{Name: "bash", Input: `{"command":"echo hi","timeout":10}`},
	transport: "h1", codings: []string{"br", "deflate", "gzip", "zstd"},
	is: "pi", hasSession: true,
}

var continued = agent{
	name: "Continue CLI", source: "@continuedev/cli",
	command: []string{"cn", "--auto", "-p", prompt},
	env:     []string{"CONTINUE_TELEMETRY_ENABLED=0"},
	files: map[string]string{".continue/config.yaml": "name: test\nversion: 0.0.1\nschema: v1\nmodels:\n" +
		"  - {name: m, provider: anthropic, model: claude-sonnet-4-5, apiKey: sk-ant-dummy, roles: [chat]}\n"},
	tool:      scripted.Tool{Name: "Bash", Input: `{"command":"echo hi"}`},
	transport: "h1", codings: []string{"br", "deflate", "gzip"},
	is: "continue",
}

// grok makes a call for the session's title, and one for a summary of the turn.
var grok = agent{
	name: "Grok CLI", source: "@xai-official/grok-linux-x64",
	command:   []string{"grok", "--always-approve", "-p", prompt},
	env:       []string{"XAI_API_KEY=xai-dummy"},
	tool:      scripted.Tool{Name: "run_terminal_command", Input: `{"command":"echo hi","description":"say hi"}`},
	transport: "h2", codings: []string{"br", "deflate", "gzip"}, anonymous: usage.Title, leaves: true, perhaps: usage.Auxiliary,
	is: "grok", hasVersion: true, hasSession: true,
}

var all = []agent{
	claude, codex, gemini, copilot, opencode, kilo, cline, qwen, kimi, pi, continued, droid, grok, auggie,
}

// but is the same agent, asked otherwise.
func (a agent) but(name string, command []string, env ...string) agent {
	a.name, a.command, a.env = name, command, env
	return a
}

// claudish is Copilot with a model that it asks for in another dialect.
var claudish = copilot.but("GitHub Copilot CLI, Claude", []string{"copilot", "--allow-all-tools", "--model", "claude-sonnet-4.5", "-p", prompt}, copilot.env...)

// login is Codex with a login to ChatGPT.
var login = func() agent {
	a := codex.but("Codex, ChatGPT login", codex.command)
	a.files = map[string]string{".codex/auth.json": chatGPTLogin()}
	return a
}()

// variants are driven for what they tell, and for what must not be kept.
var variants = slices.Concat(all, []agent{copilots, claudish, kilos, clines, droids, login})
