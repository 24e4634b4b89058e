package dialect

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/wiremeter/wiremeter/usage"
)

// CursorHook is what Cursor tells a hook of the user's when a turn has ended.
// Empty means unsaid.
type CursorHook struct {
	usage.Response        // Error is "aborted" or "error" where the turn ended so
	ModelRequested string // "default" leaves the choice to Cursor
	ConversationID string
	GenerationID   string // of the turn; the SDK's is the conversation's
	Version        string // Cursor's
	Dir            string // of the workspace, where there is one alone
	User           string // the address that is logged in
}

// CursorHooks are the hooks that Cursor tells counts, by their names in
// hooks.json. Both have those of the whole turn; where both are told of one, the
// second comes last.
var CursorHooks = []string{"afterAgentResponse", "stop"}

// ReadCursorHook reads what such a hook finds on its standard input: one object
// of JSON, on Windows behind a byte order mark. So seen of the command line of
// June 2026; older versions have no counts. The input includes what was cached,
// as at the end of a turn on the wire. Nothing is read but ids, counts, and who asked
// where: beside them stands the answer's text. It returns false for what is
// not of such a hook.
func ReadCursorHook(stdin []byte) (CursorHook, bool) {
	stdin = bytes.TrimPrefix(stdin, []byte("\xef\xbb\xbf"))
	if !gjson.ValidBytes(stdin) {
		return CursorHook{}, false
	}
	root := gjson.ParseBytes(stdin)
	if event := root.Get("hook_event_name").Str; !slices.Contains(CursorHooks, event) {
		return CursorHook{}, false
	}
	h := CursorHook{
		ModelRequested: firstWord(root.Get("model_id"), root.Get("model")),
		ConversationID: firstWord(root.Get("conversation_id"), root.Get("session_id")),
		GenerationID:   word(root.Get("generation_id")),
		Version:        word(root.Get("cursor_version")),
		User:           word(root.Get("user_email")),
	}
	if roots := root.Get("workspace_roots").Array(); len(roots) == 1 {
		h.Dir = strings.Clone(roots[0].Str)
	}
	if h.StopReason = word(root.Get("status")); h.StopReason == "aborted" || h.StopReason == "error" {
		h.Error = h.StopReason
	}
	if h.ModelRequested != autoModel {
		h.Model = h.ModelRequested
	}
	if s := readHookCounts(root); !s.isNothing() { // what says nothing but zeros does not know
		h.Tokens, h.Rule, h.IsDoubtful = s.tokens()
		h.Rule, h.Raw = hookRule(h.Rule), object(member{"hook", s.raw})
	}
	return h, h.ConversationID != ""
}

func readHookCounts(root gjson.Result) cursorCounts {
	var s cursorCounts
	var told []member
	for i, n := range s.places() {
		if *n = count(root.Get(cursorNames[i])); *n != nil {
			told = append(told, member{cursorNames[i], strconv.AppendInt(nil, **n, 10)})
		}
	}
	s.raw = object(told...)
	return s
}
