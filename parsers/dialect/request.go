package dialect

import (
	"strings"

	"github.com/tidwall/gjson"

	"github.com/wiremeter/wiremeter/usage"
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
	CacheKey     string // prompt_cache_key: of some agents the session's id
	Asker
}

// ReadRequest reads all but the CacheTTL and what stands in the text from a
// request's body, or from a skeleton of it that keeps objects to a depth of two.
// It returns false when that is not an object.
func ReadRequest(body []byte) (Request, bool) {
	var q Request
	if !gjson.ValidBytes(body) {
		return q, false
	}
	root := gjson.ParseBytes(body)
	root.ForEach(func(key, v gjson.Result) bool {
		if read, ok := requestFields[key.Str]; ok {
			read(&q, v)
		}
		return true
	})
	return q, root.IsObject()
}

var requestFields = map[string]func(*Request, gjson.Result){
	"model":            func(q *Request, v gjson.Result) { q.Model = strings.TrimPrefix(word(v), "models/") },
	"stream":           func(q *Request, v gjson.Result) { q.IsStream = v.Type == gjson.True },
	"background":       func(q *Request, v gjson.Result) { q.IsBackground = v.Type == gjson.True },
	"prompt_cache_key": func(q *Request, v gjson.Result) { q.CacheKey = word(v) },
	"metadata":         readMetadata,
	"client_metadata":  readClientMetadata,
	// False: Codex fills a cache ahead of a turn.
	"generate": func(q *Request, v gjson.Result) { q.IsPrewarm = v.Type == gjson.False },
	// Google's live.
	"setup": func(q *Request, v gjson.Result) {
		keepLast(&q.Model, strings.TrimPrefix(word(last(v, "model")), "models/"))
	},
	// Gemini CLI with a Google login.
	"request":        func(q *Request, v gjson.Result) { keepLast(&q.SessionID, word(last(v, "session_id"))) },
	"user_prompt_id": func(q *Request, v gjson.Result) { q.TurnID = word(v) },
	// Copilot, in each message on a WebSocket.
	"headers": func(q *Request, v gjson.Result) {
		v.ForEach(func(key, v gjson.Result) bool {
			if strings.EqualFold(key.Str, "x-interaction-type") {
				q.Purpose = copilotPurpose(word(v))
			}
			return true
		})
	},
	"initiator": func(q *Request, v gjson.Result) {
		if w := word(v); q.Purpose == "" && (w == "user" || w == "agent") {
			q.Purpose = usage.Main
		}
	},
	// Cline, by way of OpenRouter.
	"session_id": func(q *Request, v gjson.Result) { keepFirst(&q.SessionID, word(v)) },
	// Kiro and Amazon Q.
	"conversationState": func(q *Request, v gjson.Result) { keepFirst(&q.SessionID, word(last(v, "conversationId"))) },
	// Augment.
	"conversation_id":      func(q *Request, v gjson.Result) { keepFirst(&q.SessionID, word(v)) },
	"root_conversation_id": func(q *Request, v gjson.Result) { q.ParentID = word(v) },
	"turn_id":              func(q *Request, v gjson.Result) { keepFirst(&q.TurnID, word(v)) },
	// Zed.
	"thread_id": func(q *Request, v gjson.Result) { keepFirst(&q.SessionID, word(v)) },
}
