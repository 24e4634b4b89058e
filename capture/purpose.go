package capture

import (
	"strings"

	"github.com/wiremeter/wiremeter/parsers"
	"github.com/wiremeter/wiremeter/usage"
)

// wish is a header by which an agent says what it wants of a request.
type wish struct {
	header string
	// purposes by the value; "*" is any that is not there.
	purposes map[string]usage.Purpose
	isOfAll  bool // it holds for all requests on a WebSocket, not only the first
}

// wishes are Claude Code's, Codex's, Copilot's and opencode's, the most telling
// first.
var wishes = []wish{
	{"X-Claude-Code-Compaction", map[string]usage.Purpose{"*": usage.Compaction}, false},
	{"X-Claude-1p-Request-Class", map[string]usage.Purpose{"summary-extraction": usage.Title}, false},
	{"X-Claude-Code-Request-Class", map[string]usage.Purpose{
		"main": usage.Main, "subagent": usage.Subagent, "workflow": usage.Subagent, "compaction": usage.Compaction, "*": usage.Auxiliary,
	}, false},
	{"X-Claude-1p-Request-Class", map[string]usage.Purpose{"main": usage.Main, "blocking-subagent": usage.Subagent, "*": usage.Auxiliary}, false},
	{"X-Openai-Subagent", map[string]usage.Purpose{
		"review": usage.Subagent, "collab_spawn": usage.Subagent, "compact": usage.Compaction, "*": usage.Auxiliary,
	}, true},
	{"X-Interaction-Type", map[string]usage.Purpose{
		"conversation-user": usage.Main, "conversation-agent": usage.Main, "conversation-subagent": usage.Subagent, "*": usage.Auxiliary,
	}, false},
	{"X-Parent-Session-Id", map[string]usage.Purpose{"*": usage.Subagent}, true},
}

// purposeOf is what the agent wants. A title or a summary that a sub-agent's
// session asks for is one; what the body says holds for its own turn.
func purposeOf(x usage.Exchange, q parsers.Request) usage.Purpose {
	switch {
	case q.IsPrewarm:
		return usage.Warmup
	case q.IsCompact:
		return usage.Compaction
	case q.Purpose != "" && q.Purpose != usage.Main:
		return q.Purpose
	}
	for _, w := range wishes {
		value := x.Header.First(w.header)
		if value == "" || x.Transport == usage.WebSocket && !w.isOfAll {
			continue
		}
		p, ok := w.purposes[value]
		if !ok {
			p = w.purposes["*"]
		}
		if p != "" {
			return p
		}
	}
	switch {
	case strings.HasPrefix(x.Header.First("X-Grok-Conv-Id"), "turn-summary-"):
		return usage.Auxiliary
	case x.Header.First("X-Grok-Turn-Idx") != "" && x.Header.First("X-Grok-Session-Id") != "":
		return usage.Main
	}
	return q.Purpose
}
