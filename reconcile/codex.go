package reconcile

import (
	"context"
	"path/filepath"
	"strings"
	"time"

	"github.com/wiremeter/wiremeter/usage"
)

func codexLogs(env func(string) string, home string) []string {
	return below(env("CODEX_HOME"), home, ".codex", "sessions", "archived_sessions")
}

func isRollout(path string) bool {
	return isJSONL(path) && strings.HasPrefix(filepath.Base(path), "rollout-")
}

// codexLine is what Codex 0.169.0 writes; earlier ones have no token_usage_record,
// and of calls only token_count, without an id.
type codexLine struct {
	Timestamp time.Time
	Type      string
	Payload   struct {
		Type       string
		ID         string
		Model      string
		SessionID  string      `json:"session_id"`
		ResponseID string      `json:"response_id"`
		Usage      *codexUsage // of a token_usage_record
		Info       *struct {   // of a token_count
			Total codexUsage `json:"total_token_usage"`
			Last  codexUsage `json:"last_token_usage"`
		}
	}
}

// codexUsage is that of OpenAI's responses: the input includes what was read from
// a cache and written to one.
type codexUsage struct {
	Input      *int64 `json:"input_tokens"`
	CacheRead  *int64 `json:"cached_input_tokens"`
	CacheWrite *int64 `json:"cache_write_input_tokens"`
	Output     *int64 `json:"output_tokens"`
	Reasoning  *int64 `json:"reasoning_output_tokens"`
}

func (u codexUsage) tokens() usage.Tokens {
	return usage.Tokens{
		Input: less(u.Input, u.CacheRead, u.CacheWrite), CacheRead: u.CacheRead, CacheWriteOther: u.CacheWrite, Output: u.Output, Reasoning: u.Reasoning,
	}
}

var codexWords = [][]byte{[]byte(`"token_usage_record"`), []byte(`"token_count"`), []byte(`"session_meta"`), []byte(`"turn_context"`)}

// readCodex tells the token_count of a file only if it has nothing better. They are
// said again when nothing has changed, which is no call.
func readCodex(ctx context.Context, s source, tell func(Call)) error {
	var session, model string
	var old []Call
	var before usage.Tokens
	hasRecords := false
	err := lines(ctx, s, codexWords, func(l *codexLine) {
		p := &l.Payload
		call := Call{SessionID: session, Model: model, At: l.Timestamp}
		switch {
		case l.Type == "session_meta" && session == "": // a fork repeats that of its origin
			session = p.SessionID
			if session == "" {
				session = p.ID
			}
		case l.Type == "turn_context":
			model = p.Model
		case l.Type == "token_usage_record" && p.Usage != nil:
			hasRecords = true
			call.ID, call.Tokens = p.ResponseID, p.Usage.tokens()
			if p.SessionID != "" {
				call.SessionID = p.SessionID
			}
			tell(call)
		case p.Type == "token_count" && p.Info != nil:
			total := p.Info.Total.tokens()
			if call.Tokens = p.Info.Last.tokens(); isKnown(call.Tokens) && len(differences(total, before)) > 0 || len(old) == 0 {
				old = append(old, call)
			}
			before = total
		}
	})
	if err == nil && !hasRecords {
		for _, call := range old {
			tell(call)
		}
	}
	return err
}
