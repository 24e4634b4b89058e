package parsers

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/wiremeter/wiremeter/usage"
)

// codexTurn is a turn's metadata as Codex 0.169 sends it, in a header and in the
// body; it is longer than a kilobyte.
var codexTurn = `{"installation_id":"i","session_id":"s","thread_id":"s","agent_name":"/root","turn_id":"t","request_kind":"turn","padding":"` +
	strings.Repeat("x", 1100) + `","workspaces":{"/home/ada/engine":{"associated_remote_urls":{"origin":"https://git.example/ada/engine.git"},` +
	`"latest_git_commit_hash":"a7f06c49028afaad12e800df5a3ee805ba4f6ca1","has_changes":false}},"model":"gpt-6.1-sol"}`

var codexAsked = Request{SessionID: "s", Asker: Asker{
	TurnID: "t", Purpose: usage.Main, Root: "/home/ada/engine", Remote: "https://git.example/ada/engine.git", Commit: "a7f06c49028afaad12e800df5a3ee805ba4f6ca1",
}}

func quoted(s string) string {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(text)
}

func TestCodexTurn(t *testing.T) {
	child := codexAsked
	child.SubagentID, child.Purpose, child.ParentID = "c", usage.Subagent, "s"
	for text, want := range map[string]Request{
		codexTurn: codexAsked,
		strings.Replace(codexTurn, `"thread_id":"s"`, `"thread_id":"c","parent_thread_id":"s"`, 1): child,
		`{"request_kind":"prewarm","turn_id":""}`:                                                  {Asker: Asker{Purpose: usage.Warmup}},
		`{"request_kind":"compact_auto"}`:                                                          {Asker: Asker{Purpose: usage.Compaction}},
		`{"request_kind":"memory"}`:                                                                {Asker: Asker{Purpose: usage.Auxiliary}},
		`{"session_id":"please write a poem"}`:                                                     {},
		`please`:                                                                                   {},
		``:                                                                                         {},
	} {
		if got := ReadCodexTurn(text); got != want {
			t.Errorf("%.60q: got %+v, want %+v", text, got, want)
		}
	}
}

func TestRequest(t *testing.T) {
	long := `[` + strings.Repeat(`{"role":"user","content":"some words \"model\":\"no\" `+strings.Repeat("x", 2000)+`"},`, 5000) + `{}]`
	control := func(ttl string) string {
		return `{"type":"text","text":"x","cache_control":{"type":"ephemeral"` + ttl + `}}`
	}
	tests := []struct {
		name, body string
		want       Request
	}{
		{"empty object", `{}`, Request{}},
		{"all", `{"model":"m","stream":true,"background":true,"generate":false}`, Request{Model: "m", IsStream: true, IsBackground: true, IsPrewarm: true}},
		{"none of it", `{"model":null,"stream":false,"background":"true","generate":true}`, Request{}},
		{"after 10 MB", `{"messages":` + long + `,"model":"m","stream":true}`, Request{Model: "m", IsStream: true}},
		{"not where it belongs", `{"messages":[{"model":"no","stream":true}],"metadata":{"model":"no"}}`, Request{}},
		{"text for a model", `{"model":"please write a poem"}`, Request{}},
		{"resource name", `{"model":"models/gemini-3-flash"}`, Request{Model: "gemini-3-flash"}},
		{"Claude Code", `{"metadata":{"user_id":"{\"device_id\":\"d\",\"account_uuid\":\"u\",\"session_id\":\"s-1\"}"}}`, Request{SessionID: "s-1", Asker: Asker{AccountID: "u"}}},
		{"older Claude Code", `{"metadata":{"user_id":"user_a_account__session_s-2"}}`, Request{SessionID: "s-2"}},
		{"someone's user id", `{"metadata":{"user_id":"jane@example.com"}}`, Request{}},
		{"Code Assist", `{"model":"m","request":{"session_id":"s-3","contents":[{"session_id":"no"}]}}`, Request{Model: "m", SessionID: "s-3"}},
		{"cache key", `{"prompt_cache_key":"k"}`, Request{CacheKey: "k"}},
		{"older Claude Code, logged in", `{"metadata":{"user_id":"user_a_account_u-1_session_s-2"}}`, Request{SessionID: "s-2", Asker: Asker{AccountID: "u-1"}}},
		{"Kimi Code", `{"metadata":{"user_id":"session_4"}}`, Request{SessionID: "session_4"}},
		{"Qwen Code", `{"metadata":{"sessionId":"s-5","promptId":"s-5########0"}}`, Request{SessionID: "s-5", Asker: Asker{TurnID: "s-5########0", Purpose: usage.Main}}},
		{"Qwen Code's memory", `{"metadata":{"sessionId":"s","promptId":"s#managed-auto-memory-extractor-1#0"}}`,
			Request{SessionID: "s", Asker: Asker{TurnID: "s#managed-auto-memory-extractor-1#0", SubagentID: "managed-auto-memory-extractor-1", Purpose: usage.Auxiliary}}},
		{"Code Assist's prompt", `{"user_prompt_id":"p","request":{"session_id":"s"}}`, Request{SessionID: "s", Asker: Asker{TurnID: "p"}}},
		{"Codex", `{"client_metadata":{"session_id":"s","turn_id":"t","x-codex-turn-metadata":` + quoted(codexTurn) + `}}`, codexAsked},
		{"Copilot on a WebSocket", `{"type":"response.create","initiator":"agent","headers":{"X-Interaction-Type":"conversation-subagent"}}`, Request{Asker: Asker{Purpose: usage.Subagent}}},
		{"Copilot without them", `{"type":"response.create","initiator":"agent"}`, Request{Asker: Asker{Purpose: usage.Main}}},
		{"Codex, two workspaces", `{"client_metadata":{"x-codex-turn-metadata":"{\"workspaces\":{\"/a\":{},\"/b\":{}}}"}}`, Request{}},
		{"lifetime unsaid", `{"system":[` + control("") + `]}`, Request{CacheTTL: "5m"}},
		{"one hour", `{"system":[` + control(`,"ttl":"1h"`) + `,` + control(`, "ttl" : "1h"`) + `]}`, Request{CacheTTL: "1h"}},
		{"five minutes", `{"system":[` + control(`,"ttl":"5m"`) + `]}`, Request{CacheTTL: "5m"}},
		{"both", `{"system":[` + control(`,"ttl":"1h"`) + `,` + control("") + `]}`, Request{}},
		{"in text only", `{"system":"\"cache_control\":{\"ttl\":\"1h\"}"}`, Request{}},
	}
	for _, tt := range tests {
		for _, size := range []int{len(tt.body), 1, 1000} {
			r := NewRequestReader("")
			for rest := tt.body; rest != ""; {
				n := min(size, len(rest))
				r.Write([]byte(rest[:n]))
				rest = rest[n:]
			}
			if got, ok := r.Close(); got != tt.want || !ok {
				t.Errorf("%s, in pieces of %d: got %+v, %v", tt.name, size, got, ok)
			}
		}
	}
}

func TestUnreadableRequest(t *testing.T) {
	for _, body := range []string{"", "[]", "no", `{"model":"m"`, `{"model":"m",}`, strings.Repeat(`{"a":`, 5000), `"m"`} {
		r := NewRequestReader("")
		r.Write([]byte(body))
		if got, ok := r.Close(); ok || got.Model != "" {
			t.Errorf("%.40q: got %+v, %v", body, got, ok)
		}
	}
}

func FuzzRequest(f *testing.F) {
	for _, e := range load(f) {
		f.Add(string(e.requestBody), uint16(3))
	}
	f.Fuzz(func(t *testing.T, body string, size uint16) {
		whole := readRequest([]byte(body), len(body)+1)
		if got := readRequest([]byte(body), int(size)+1); got != whole {
			t.Fatalf("in pieces of %d: %+v, whole: %+v", size+1, got, whole)
		}
		if strings.ContainsAny(whole.Model+whole.SessionID, " \n") || len(whole.Model) > 256 || len(whole.SessionID) > 256 {
			t.Fatalf("%+v", whole)
		}
	})
}

func BenchmarkRequest(b *testing.B) {
	body := []byte(`{"model":"m","messages":[` + strings.Repeat(`{"role":"user","content":[{"type":"text","text":"some words\nand \"quotes\" in lines of\ncode that agents send over and over again\n"}]},`, 2000) + `{}],"stream":true}`)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		r := NewRequestReader("")
		r.Write(body)
		if q, _ := r.Close(); !q.IsStream {
			b.Fatal("not read")
		}
	}
}
