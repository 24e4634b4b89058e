package parsers

import (
	"strings"
	"testing"
)

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
		{"Claude Code", `{"metadata":{"user_id":"{\"device_id\":\"d\",\"session_id\":\"s-1\"}"}}`, Request{SessionID: "s-1"}},
		{"older Claude Code", `{"metadata":{"user_id":"user_a_account__session_s-2"}}`, Request{SessionID: "s-2"}},
		{"someone's user id", `{"metadata":{"user_id":"jane@example.com"}}`, Request{}},
		{"Code Assist", `{"model":"m","request":{"session_id":"s-3","contents":[{"session_id":"no"}]}}`, Request{Model: "m", SessionID: "s-3"}},
		{"cache key is no session", `{"prompt_cache_key":"k"}`, Request{}},
		{"lifetime unsaid", `{"system":[` + control("") + `]}`, Request{CacheTTL: "5m"}},
		{"one hour", `{"system":[` + control(`,"ttl":"1h"`) + `,` + control(`, "ttl" : "1h"`) + `]}`, Request{CacheTTL: "1h"}},
		{"five minutes", `{"system":[` + control(`,"ttl":"5m"`) + `]}`, Request{CacheTTL: "5m"}},
		{"both", `{"system":[` + control(`,"ttl":"1h"`) + `,` + control("") + `]}`, Request{}},
		{"in text only", `{"system":"\"cache_control\":{\"ttl\":\"1h\"}"}`, Request{}},
	}
	for _, tt := range tests {
		for _, size := range []int{len(tt.body), 1, 1000} {
			r := NewRequestReader()
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
		r := NewRequestReader()
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
		r := NewRequestReader()
		r.Write(body)
		if q, _ := r.Close(); !q.IsStream {
			b.Fatal("not read")
		}
	}
}
