package reconcile

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/wiremeter/wiremeter/usage"
)

func geminiLogs(env func(string) string, home string) []string {
	if dir := env("GEMINI_CLI_HOME"); dir != "" {
		home = dir
	}
	return []string{filepath.Join(home, ".gemini", "tmp")}
}

// isChat: those of sub-agents are in a folder of the session's, below chats.
func isChat(path string) bool {
	return (isJSONL(path) || filepath.Ext(path) == ".json") && strings.Contains(filepath.ToSlash(path), "/chats/")
}

// geminiLine is what Gemini CLI 0.61.0 writes: a message, or a change of the
// session's with messages in it. Earlier ones had one document with all messages.
type geminiLine struct {
	SessionID string
	Messages  []geminiMessage
	Set       struct{ Messages []geminiMessage } `json:"$set"`
	geminiMessage
}

// geminiMessage: of tokens, input includes cached, and not tool; thoughts are
// beside output.
type geminiMessage struct {
	ID        string
	Type      string
	Timestamp time.Time
	Model     string
	Tokens    *struct{ Input, Output, Cached, Thoughts, Tool *int64 }
}

// readGemini: a message is written again whenever something of it has changed.
func readGemini(ctx context.Context, s source, tell func(Call)) error {
	last := make(map[string]Call)
	var order []string
	var session string
	read := func(l *geminiLine) {
		if l.SessionID != "" {
			session = l.SessionID
		}
		for _, m := range append(append(l.Messages, l.Set.Messages...), l.geminiMessage) {
			if m.Type != "gemini" || m.Tokens == nil {
				continue
			}
			if _, ok := last[m.ID]; !ok {
				order = append(order, m.ID)
			}
			t := m.Tokens
			last[m.ID] = Call{SessionID: session, Model: m.Model, At: m.Timestamp, Tokens: usage.Tokens{
				Input: less(add(t.Input, t.Tool), t.Cached), CacheRead: t.Cached, Output: add(t.Output, t.Thoughts), Reasoning: t.Thoughts,
			}}
		}
	}
	err := geminiLines(ctx, s, read)
	for _, id := range order {
		tell(last[id])
	}
	return err
}

func geminiLines(ctx context.Context, s source, read func(*geminiLine)) error {
	if isJSONL(s.path) {
		return lines(ctx, s, [][]byte{[]byte(`"tokens"`), []byte(`"sessionId"`)}, read)
	}
	text, err := os.ReadFile(s.path)
	if err != nil {
		return err
	}
	var l geminiLine
	if json.Unmarshal(text, &l) != nil {
		s.spoil()
		return nil
	}
	read(&l)
	return errors.Join(ctx.Err())
}
