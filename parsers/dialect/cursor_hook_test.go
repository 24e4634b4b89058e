package dialect

import (
	"strings"
	"testing"

	"github.com/wiremeter/wiremeter/usage"
)

const stopHook = `{"conversation_id":"c1","generation_id":"g1","model":"claude-4.5-sonnet","session_id":"c1","hook_event_name":"stop","status":"completed","loop_count":0,
"input_tokens":23666,"output_tokens":5,"cache_read_tokens":23617,"cache_write_tokens":47,"cursor_version":"2026.06.24","workspace_roots":["/src"],"user_email":"ada@example.com","transcript_path":null}`

func TestReadCursorHook(t *testing.T) {
	h, ok := ReadCursorHook([]byte("\xef\xbb\xbf" + stopHook))
	if !ok || h.ConversationID != "c1" || h.GenerationID != "g1" || h.Model != "claude-4.5-sonnet" || h.ModelRequested != h.Model || h.Version != "2026.06.24" || h.StopReason != "completed" || h.Error != "" {
		t.Errorf("got %+v, %t", h, ok)
	}
	got := h.Tokens
	if h.Rule != usage.HookInclusive || h.IsDoubtful || *got.Input != 2 || *got.CacheRead != 23617 || *got.CacheWriteOther != 47 || *got.Output != 5 || got.Reasoning != nil {
		t.Errorf("got %s, %t, %+v", h.Rule, h.IsDoubtful, got)
	}
	if want := `{"hook":{"input_tokens":23666,"output_tokens":5,"cache_read_tokens":23617,"cache_write_tokens":47}}`; string(h.Raw) != want {
		t.Errorf("got %s", h.Raw)
	}
}

func TestReadCursorHookForms(t *testing.T) {
	for name, test := range map[string]struct {
		old, new string // in stopHook
		want     string // conversation, model, stop reason, error, rule
	}{
		"as it is":            {"", "", "c1 claude-4.5-sonnet completed - hook_inclusive"},
		"an answer":           {`"stop","status":"completed"`, `"afterAgentResponse","text":"the answer"`, "c1 claude-4.5-sonnet - - hook_inclusive"},
		"stopped":             {`"completed"`, `"aborted"`, "c1 claude-4.5-sonnet aborted aborted hook_inclusive"},
		"failed":              {`"completed"`, `"error"`, "c1 claude-4.5-sonnet error error hook_inclusive"},
		"Auto":                {"claude-4.5-sonnet", "default", "c1 - completed - hook_inclusive"},
		"a model's id":        {`"model":`, `"model_id":"m-1","model":`, "c1 m-1 completed - hook_inclusive"},
		"a name for the eye":  {"claude-4.5-sonnet", "Claude 4.5 Sonnet", "c1 - completed - hook_inclusive"},
		"a session":           {`"conversation_id":"c1"`, `"x":0`, "c1 claude-4.5-sonnet completed - hook_inclusive"},
		"input without cache": {`23666`, `2`, "c1 claude-4.5-sonnet completed - hook_exclusive"},
		"no cache":            {`"cache_read_tokens":23617,"cache_write_tokens":47`, `"x":0`, "c1 claude-4.5-sonnet completed - hook"},
		"no counts":           {`"input_tokens":23666,"output_tokens":5,"cache_read_tokens":23617,"cache_write_tokens":47`, `"x":0`, "c1 claude-4.5-sonnet completed - -"},
		"nothing but zeros":   {`"input_tokens":23666,"output_tokens":5,"cache_read_tokens":23617,"cache_write_tokens":47`, `"input_tokens":0,"output_tokens":0`, "c1 claude-4.5-sonnet completed - -"},
		"no counts but text":  {`"input_tokens":23666,"output_tokens":5,"cache_read_tokens":23617,"cache_write_tokens":47`, `"input_tokens":"all","output_tokens":-1,"cache_read_tokens":1.5`, "c1 claude-4.5-sonnet completed - -"},
		"another hook":        {`"stop"`, `"beforeSubmitPrompt"`, ""},
		"no conversation":     {`"conversation_id":"c1","generation_id":"g1","model":"claude-4.5-sonnet","session_id":"c1"`, `"x":0`, ""},
		"no word":             {`"c1","generation_id":"g1","model":"claude-4.5-sonnet","session_id":"c1"`, `"a secret text"`, ""},
		"cut":                 {`null}`, `null`, ""},
	} {
		h, ok := ReadCursorHook([]byte(strings.Replace(stopHook, test.old, test.new, 1)))
		var got []string
		for _, s := range []string{h.ConversationID, h.Model, h.StopReason, h.Error, string(h.Rule)} {
			if s == "" {
				s = "-"
			}
			got = append(got, s)
		}
		if ok != (test.want != "") || ok && strings.Join(got, " ") != test.want {
			t.Errorf("%s: got %q, %t", name, got, ok)
		}
	}
}

func FuzzReadCursorHook(f *testing.F) {
	f.Add([]byte(stopHook))
	f.Fuzz(func(t *testing.T, stdin []byte) {
		h, ok := ReadCursorHook(stdin)
		if ok && h.ConversationID == "" {
			t.Error("no conversation")
		}
		for _, n := range []*int64{h.Tokens.Input, h.Tokens.Output, h.Tokens.CacheRead, h.Tokens.CacheWriteOther} {
			if n != nil && *n < 0 {
				t.Errorf("got %d", *n)
			}
		}
	})
}
