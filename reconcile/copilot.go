package reconcile

import (
	"context"
	"path/filepath"
	"time"

	"github.com/wiremeter/wiremeter/usage"
)

func copilotLogs(env func(string) string, home string) []string {
	return below(env("COPILOT_HOME"), home, ".copilot", "session-state")
}

func isEvents(path string) bool { return filepath.Base(path) == "events.jsonl" }

// copilotLine is what Copilot CLI 1.0.102 writes. Those up to about 1.0.80 have
// only the output, at the message.
type copilotLine struct {
	Type      string
	Timestamp time.Time
	Data      struct {
		SessionID string
		Model     string
		CallID    string `json:"apiCallId"`
		Output    *int64 `json:"outputTokens"`
		Usage     *struct {
			Model      string
			CallID     string `json:"apiCallId"`
			Input      *int64 `json:"inputTokens"`
			CacheRead  *int64 `json:"cacheReadTokens"`
			CacheWrite *int64 `json:"cacheWriteTokens"`
			Output     *int64 `json:"outputTokens"`
			Reasoning  *int64 `json:"reasoningTokens"`
		}
	}
}

var copilotWords = [][]byte{[]byte(`"session.usage_record"`), []byte(`"session.start"`), []byte(`"assistant.message"`)}

// readCopilot: the input includes what was read from a cache and written to one,
// whatever the provider's own counts do.
func readCopilot(ctx context.Context, s source, tell func(Call)) error {
	session := filepath.Base(filepath.Dir(s.path))
	return lines(ctx, s, copilotWords, func(l *copilotLine) {
		call := Call{SessionID: session, At: l.Timestamp}
		switch u := l.Data.Usage; {
		case l.Type == "session.start" && l.Data.SessionID != "":
			session = l.Data.SessionID
			return
		case l.Type == "session.usage_record" && u != nil:
			call.ID, call.Model = u.CallID, u.Model
			call.Tokens = usage.Tokens{Input: less(u.Input, u.CacheRead, u.CacheWrite), CacheRead: u.CacheRead, CacheWriteOther: u.CacheWrite, Output: u.Output, Reasoning: u.Reasoning}
		case l.Type == "assistant.message" && l.Data.Output != nil:
			call.ID, call.Model = l.Data.CallID, l.Data.Model
			call.Tokens = usage.Tokens{Output: l.Data.Output}
		default:
			return
		}
		tell(call)
	})
}
