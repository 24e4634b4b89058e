package capture

import (
	"cmp"
	"strings"

	"github.com/wiremeter/wiremeter/parsers"
	"github.com/wiremeter/wiremeter/usage"
)

// sign is by what an agent can be told on the wire.
type sign struct {
	agent      string
	userAgents []string // prefixes, up to the version
	sessions   []string // headers that hold the session's id, the most telling first
}

// signs were seen on the wire of Claude Code 2.1, Codex 0.144 to 0.169 and
// Gemini CLI 0.61. Gemini CLI names its session in the body only, and only
// with a Google login.
var signs = []sign{
	{"claude-code", []string{"claude-cli/", "claude-code/"}, []string{"X-Claude-Code-Session-Id"}},
	{"codex", []string{"codex_exec/", "codex_cli_rs/", "codex-tui/", "codex_vscode/", "codex_sdk_ts/"}, []string{"Session-Id", "Session_id"}},
	{"gemini-cli", []string{"GeminiCLI-tui/", "GeminiCLI/"}, nil},
}

// cursors are Cursor's programs by their own word for their kind; all of them
// have the User-Agent of their HTTP library. What else there is of them (acp,
// cloud, extension …) is "cursor".
var cursors = map[string]string{
	"ide": "cursor-ide", "cli": "cursor-cli", "interactive": "cursor-cli", "sdk": "cursor-sdk",
}

// cursor returns which of Cursor's programs asks, and its version as it says
// ("sdk-1.0.32"), or "".
func cursor(h usage.Header) (agent, version string) {
	kind, version := h.First("X-Cursor-Client-Type"), h.First("X-Cursor-Client-Version")
	if kind == "" && version == "" {
		return "", ""
	}
	return cmp.Or(cursors[kind], "cursor"), version
}

// attribute says who asked, by what the exchange itself tells, in its own words.
func attribute(x usage.Exchange, q parsers.Request) usage.Attribution {
	a := usage.Attribution{Run: x.Run, UserAgent: x.Header.First("User-Agent"), SessionID: q.SessionID}
	a.Agent, a.AgentVersion = cursor(x.Header)
	for _, s := range signs {
		version, ok := s.version(a.UserAgent)
		if !ok {
			continue
		}
		a.Agent, a.AgentVersion = s.agent, version
		if id := name(first(x.Header, s.sessions)); id != "" {
			a.SessionID = id
		}
	}
	return a
}

func (s sign) version(userAgent string) (string, bool) {
	for _, prefix := range s.userAgents {
		if rest, ok := strings.CutPrefix(userAgent, prefix); ok {
			if end := strings.IndexAny(rest, " /("); end >= 0 {
				rest = rest[:end]
			}
			return rest, true
		}
	}
	return "", false
}
