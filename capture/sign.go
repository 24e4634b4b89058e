package capture

import (
	"maps"
	"slices"
	"strings"

	"github.com/wiremeter/wiremeter/usage"
)

// sign is by what an agent can be told on the wire, and where it says more.
type sign struct {
	agent      string
	userAgents []string // prefixes, up to the version
	fields     []trait  // that no other agent sends
	versions   []string // headers that hold the version, where the User-Agent does not

	sessions  []string // headers that hold the session's id, the most telling first
	parents   []string // that of the session that started this one
	subagents []string
	turns     []string
	group     string // a header whose value sessions share that belong together
	titles    string // what stands before the id of the session that a title is for
	isKeyed   bool   // prompt_cache_key is the session's id
	keyPrefix string // what stands before it there
}

// trait is a header with the beginning of its value.
type trait struct{ name, prefix string }

// signs were seen on the wire, those of the agents in the tests with the
// versions that are pinned there; those of VS Code's Copilot, Roo, Crush, Goose
// and Aider are from their source. Where several would fit the first does.
var signs = []sign{
	{
		agent: "claude-code", userAgents: []string{"claude-cli/", "claude-code/"}, fields: []trait{{"X-Claude-Code-Session-Id", ""}},
		sessions: []string{"X-Claude-Code-Session-Id"}, subagents: []string{"X-Claude-Code-Agent-Id"}, turns: []string{"X-Claude-Code-Prompt-Id"},
	},
	{
		agent: "codex", userAgents: []string{"codex_exec/", "codex_cli_rs/", "codex-tui/", "codex_vscode/", "codex_sdk_ts/"},
		fields: []trait{{"X-Codex-Turn-Metadata", ""}, {"Originator", "codex"}}, versions: []string{"Version"},
		sessions: []string{"Session-Id", "Session_id"}, parents: []string{"X-Codex-Parent-Thread-Id"}, isKeyed: true,
	},
	{
		agent: "copilot-chat", userAgents: []string{"GitHubCopilotChat/"}, fields: []trait{{"Copilot-Integration-Id", "vscode-chat"}},
		sessions: []string{"Vscode-Sessionid"}, subagents: []string{"X-Parent-Agent-Id"}, turns: []string{"X-Interaction-Id"},
	},
	{
		agent: "opencode", userAgents: []string{"opencode/"}, fields: []trait{{"X-Opencode-Session", ""}, {"Originator", "opencode"}},
		sessions: []string{"X-Opencode-Session", "X-Session-Id", "X-Session-Affinity", "Session-Id"}, parents: []string{"X-Parent-Session-Id"}, isKeyed: true,
	},
	{
		agent: "kilo", userAgents: []string{"kilo/latest/", "kilo/", "Kilo-Code/"},
		fields:   []trait{{"X-Kilocode-Taskid", ""}, {"X-Kilocode-Projectid", ""}, {"X-Title", "Kilo Code"}},
		sessions: []string{"X-Session-Id", "X-Session-Affinity", "X-Kilocode-Taskid"}, parents: []string{"X-Parent-Session-Id"}, isKeyed: true, titles: "title-",
	},
	{
		agent: "cline", userAgents: []string{"Cline/"}, versions: []string{"X-Client-Version"},
		fields:   []trait{{"X-Client-Type", "cline"}, {"Http-Referer", "https://cline.bot"}, {"X-Title", "Cline"}},
		sessions: []string{"X-Task-Id"},
	},
	{
		agent: "roo", userAgents: []string{"RooCode/", "roo-code/"}, fields: []trait{{"X-Roo-Task-Id", ""}, {"X-Title", "Roo Code"}, {"Originator", "roo-code"}},
		sessions: []string{"X-Roo-Task-Id", "Session_id", "Session-Id"},
	},
	{agent: "gemini-cli", userAgents: []string{"GeminiCLI-tui/", "GeminiCLI/"}, fields: []trait{{"X-Gemini-Api-Privileged-User-Id", ""}}},
	{agent: "qwen-code", userAgents: []string{"QwenCode/"}, fields: []trait{{"X-Dashscope-Useragent", "QwenCode/"}}, isKeyed: true, keyPrefix: "qwen-code:"},
	{
		agent: "kimi-code", userAgents: []string{"kimi-code-cli/", "KimiCLI/"}, fields: []trait{{"X-Msh-Platform", "kimi"}},
		versions: []string{"X-Msh-Version"}, isKeyed: true,
	},
	{agent: "pi", userAgents: []string{"pi ("}, fields: []trait{{"Originator", "pi"}}, sessions: []string{"Session_id", "Session-Id", "X-Session-Id"}, isKeyed: true},
	{
		agent: "droid", userAgents: []string{"factory-cli/"}, fields: []trait{{"X-Factory-Client", ""}}, versions: []string{"X-Client-Version"},
		sessions: []string{"X-Session-Id"}, isKeyed: true,
	},
	{
		agent: "grok", userAgents: []string{"grok-shell/"}, fields: []trait{{"X-Grok-Session-Id", ""}},
		sessions: []string{"X-Grok-Session-Id"}, group: "X-Grok-Conv-Group-Id",
	},
	{
		agent: "amp", fields: []trait{{"X-Amp-Client-Application", ""}, {"X-Amp-Client-Type", ""}, {"X-Amp-Client-Version", ""}},
		versions: []string{"X-Amp-Client-Version"},
	},
	{agent: "auggie", userAgents: []string{"augment.cli/"}}, // its X-Request-Session-Id is of the process; the body has the session
	{agent: "crush", userAgents: []string{"Charm-Crush/"}, fields: []trait{{"X-Crush-Id", ""}}},
	{agent: "goose", userAgents: []string{"goose/"}, fields: []trait{{"Goose-Session-Id", ""}}, sessions: []string{"Goose-Session-Id"}},
	{agent: "aider", userAgents: []string{"aider/", "Aider/"}, fields: []trait{{"X-Title", "Aider"}, {"Http-Referer", "https://aider.chat"}}},
	{agent: "zed", userAgents: []string{"Zed/"}},
	// With a provider of the user's own it has the User-Agent of its libraries,
	// and these; others send them too, under names of their own.
	{
		agent: "copilot-cli", userAgents: []string{"copilot/"}, fields: []trait{{"Copilot-Integration-Id", "copilot-developer-cli"}, {"X-Interaction-Type", "conversation-"}},
		sessions: []string{"X-Client-Session-Id"}, subagents: []string{"X-Parent-Agent-Id"}, turns: []string{"X-Interaction-Id"},
	},
}

// cursors are Cursor's programs by their own word for their kind; all of them
// have the User-Agent of their HTTP library. What else there is of them (acp,
// cloud, extension …) is "cursor".
var cursors = map[string]string{
	"ide": "cursor-ide", "cli": "cursor-cli", "interactive": "cursor-cli", "sdk": "cursor-sdk",
}

// Agents lists those that can be told from other programs, in alphabetical order.
func Agents() []string {
	var all []string
	for i := range signs {
		all = append(all, signs[i].agent)
	}
	all = slices.Concat(all, slices.Collect(maps.Values(cursors)), slices.Collect(maps.Values(programs)))
	slices.Sort(all)
	return slices.Compact(all)
}

// nobody is the sign of an agent that is not known.
var nobody sign

// recognise finds the sign that the head of a request carries.
func recognise(h usage.Header) (s *sign, version string) {
	if agent, version := cursor(h); agent != "" {
		return bySign(agent), version
	}
	userAgent := h.First("User-Agent")
	for i := range signs {
		if version, ok := signs[i].version(userAgent); ok {
			return &signs[i], version
		}
	}
	for i := range signs {
		for _, f := range signs[i].fields {
			if v, ok := h[f.name]; ok && len(v) > 0 && strings.HasPrefix(v[0], f.prefix) {
				return &signs[i], first(h, signs[i].versions)
			}
		}
	}
	return &nobody, ""
}

// bySign returns the sign of an agent that is told by something else.
func bySign(agent string) *sign {
	for i := range signs {
		if signs[i].agent == agent {
			return &signs[i]
		}
	}
	return &sign{agent: agent}
}

// cursor returns which of Cursor's programs asks, and its version as it says
// ("sdk-1.0.32"), or "".
func cursor(h usage.Header) (agent, version string) {
	kind, version := h.First("X-Cursor-Client-Type"), h.First("X-Cursor-Client-Version")
	if kind == "" && version == "" {
		return "", ""
	}
	if agent = cursors[kind]; agent == "" {
		agent = "cursor"
	}
	return agent, version
}

func (s *sign) version(userAgent string) (string, bool) {
	for _, prefix := range s.userAgents {
		rest, ok := strings.CutPrefix(userAgent, prefix)
		switch {
		case !ok:
			continue
		case strings.HasSuffix(prefix, "("): // the system stands there, and no version
			return "", true
		}
		if end := strings.IndexAny(rest, " /("); end >= 0 {
			rest = rest[:end]
		}
		return rest, true
	}
	return "", false
}
