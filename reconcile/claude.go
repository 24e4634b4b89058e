package reconcile

import (
	"context"
	"encoding/json"
	"path/filepath"
	"time"

	"github.com/wiremeter/wiremeter/usage"
)

func claudeLogs(env func(string) string, home string) []string {
	if dir := env("CLAUDE_CONFIG_DIR"); dir != "" {
		return []string{filepath.Join(dir, "projects")}
	}
	return []string{filepath.Join(home, ".claude", "projects"), filepath.Join(home, ".config", "claude", "projects")}
}

// claudeLine is what Claude Code 2.1.330 writes, and earlier ones, which left out
// some. Its counts are the provider's.
type claudeLine struct {
	Type      string
	Timestamp time.Time
	SessionID string
	Message   struct {
		ID    string
		Model string
		Usage *struct {
			Input      *int64 `json:"input_tokens"`
			CacheWrite *int64 `json:"cache_creation_input_tokens"`
			CacheRead  *int64 `json:"cache_read_input_tokens"`
			Output     *int64 `json:"output_tokens"`
			Details    struct {
				Thinking *int64 `json:"thinking_tokens"`
			} `json:"output_tokens_details"`
		}
	}
	Wiremeter json.RawMessage // a transcript of ours
}

// synthetic is the model of what Claude Code says itself, an error for example.
const synthetic = "<synthetic>"

// readClaude: a response has a line for each block of its content, each with the
// usage as far as it was known.
func readClaude(ctx context.Context, s source, tell func(Call)) error {
	return lines(ctx, s, [][]byte{[]byte(`"usage"`)}, func(l *claudeLine) {
		u := l.Message.Usage
		if l.Type != "assistant" || u == nil || l.Message.Model == synthetic || l.Wiremeter != nil {
			return
		}
		tell(Call{
			ID: l.Message.ID, SessionID: l.SessionID, Model: l.Message.Model, At: l.Timestamp,
			Tokens: usage.Tokens{Input: u.Input, CacheRead: u.CacheRead, CacheWriteOther: u.CacheWrite, Output: u.Output, Reasoning: u.Details.Thinking},
		})
	})
}
