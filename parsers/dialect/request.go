package dialect

import (
	"strings"

	"github.com/tidwall/gjson"
)

// Request is what the body of a request says of itself, in any dialect. Empty
// and false mean unsaid.
type Request struct {
	Model        string
	IsStream     bool
	IsBackground bool   // the response will be fetched later
	IsPrewarm    bool   // nothing is to be generated: a cache is to be filled
	IsCompact    bool   // a conversation is to be made shorter
	SessionID    string // the agent's, where it puts it into the body
	GroupID      string // the agent's id of what it asks for, the same in every attempt
	CacheTTL     string // "5m" or "1h": the one cache lifetime that is asked for
}

// ReadRequest reads all but the CacheTTL from a request's body, or from a
// skeleton of it that keeps objects to a depth of two. It returns false when
// that is not an object.
func ReadRequest(body []byte) (Request, bool) {
	var q Request
	if !gjson.ValidBytes(body) {
		return q, false
	}
	root := gjson.ParseBytes(body)
	root.ForEach(func(key, v gjson.Result) bool {
		switch key.Str {
		case "model":
			q.Model = strings.TrimPrefix(word(v), "models/")
		case "stream":
			q.IsStream = v.Type == gjson.True
		case "background":
			q.IsBackground = v.Type == gjson.True
		case "generate": // false: Codex fills a cache ahead of a turn
			q.IsPrewarm = v.Type == gjson.False
		case "metadata":
			keepLast(&q.SessionID, claudeSession(last(v, "user_id")))
		case "setup": // Google's live
			keepLast(&q.Model, strings.TrimPrefix(word(last(v, "model")), "models/"))
		case "request": // Gemini CLI with a Google login
			keepLast(&q.SessionID, word(last(v, "session_id")))
		}
		return true
	})
	return q, root.IsObject()
}

// claudeSession takes the session from the user id that Claude Code makes up:
// JSON in a string; in older versions words joined by underscores.
func claudeSession(userID gjson.Result) string {
	if gjson.Valid(userID.Str) {
		return word(last(gjson.Parse(userID.Str), "session_id"))
	}
	if _, id, ok := strings.Cut(word(userID), "_session_"); ok {
		return id
	}
	return ""
}
