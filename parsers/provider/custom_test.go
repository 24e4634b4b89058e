package provider

import (
	"slices"
	"strings"
	"testing"

	"github.com/wiremeter/wiremeter/usage"
)

func TestCustom(t *testing.T) {
	r, err := builtIn.With([]Custom{
		{
			Name: "acme", Hosts: []string{"LLM.acme.example", "mine.openai.azure.com", "10.1.2.3:8080"},
			Prefix: "/acme", Origin: "https://llm.acme.example/",
			Paths: map[string]string{"/ask": "generate", "/ask/claude/": "messages"},
		},
		{Name: "here", Hosts: []string{"127.0.0.1:11434", "[::1]:11434", "gpu"}},
		{Name: "there", Prefix: "/there", Origin: "http://127.0.0.1:1234"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		x    usage.Exchange
		want string
	}{
		{usage.Exchange{Host: "llm.acme.example", Path: "/v1/chat/completions"}, "acme chat model"},
		{usage.Exchange{Host: "eu.llm.acme.example", Port: "8443", Path: "/bedrock/model/a/b/converse"}, "acme converse model"},
		{usage.Exchange{Host: "llm.acme.example", Path: "/v1/embeddings"}, "acme chat embed"},
		{usage.Exchange{Host: "llm.acme.example", Path: "/ask"}, "acme generate model"},
		{usage.Exchange{Host: "llm.acme.example", Path: "/ask/claude/v2"}, "acme messages model"},
		{usage.Exchange{Host: "llm.acme.example", Path: "/ask/v1/embed"}, "acme generate embed"},
		{usage.Exchange{Host: "llm.acme.example", Path: "/asking"}, "acme other"},
		{usage.Exchange{Host: "llm.acme.example", Path: "/ask/v1/messages/count_tokens"}, "acme count_tokens"},
		{usage.Exchange{Host: "llm.acme.example", Method: "GET", Path: "/ask"}, "acme get"},
		{usage.Exchange{Host: "llm.acme.example", Path: "/v1/models"}, "acme models"},
		{usage.Exchange{Host: "mine.openai.azure.com", Path: "/openai/v1/responses"}, "acme responses model"},
		{usage.Exchange{Host: "other.openai.azure.com", Path: "/openai/v1/responses"}, "azure responses model"},
		{usage.Exchange{Host: "10.1.2.3", Port: "8080", Path: "/v1/messages"}, "acme messages model"},
		{usage.Exchange{Host: "10.1.2.3", Path: "/v1/messages"}, "other:10.1.2.3 messages model"},
		{usage.Exchange{Host: "127.0.0.1", Port: "11434", Path: "/api/chat"}, "here ollama model"},
		{usage.Exchange{Host: "::1", Port: "11434", Path: "/api/chat"}, "here ollama model"},
		{usage.Exchange{Host: "gpu", Port: "8000", Path: "/v1/completions"}, "here chat completion"},
		{usage.Exchange{Host: "127.0.0.1", Port: "1234", Prefix: "/there", Path: "/v1/responses"}, "there responses model"},
		{usage.Exchange{Host: "127.0.0.1", Port: "1234", Path: "/v1/responses"}, "other:127.0.0.1 responses model"},
		{usage.Exchange{Host: "127.0.0.1", Port: "1234", Path: "/v1/models"}, ""},
		{usage.Exchange{Host: "api.anthropic.com", Prefix: "/anthropic", Path: "/v1/messages"}, "anthropic messages model"},
	} {
		if tt.x.Method == "" {
			tt.x.Method = "POST"
		}
		got, ok := r.Match(tt.x)
		text := strings.Join(slices.DeleteFunc([]string{got.Provider, got.Dialect, string(got.Kind), got.Reason}, func(s string) bool { return s == "" }), " ")
		if text != tt.want || ok != (tt.want != "") {
			t.Errorf("%+v: got %q, want %q", tt.x, text, tt.want)
		}
		if got.IsForeign != strings.HasPrefix(tt.want, Foreign) {
			t.Errorf("%+v: foreign: %v", tt.x, got.IsForeign)
		}
	}
	if d := r.Domains(); !slices.Contains(d, "llm.acme.example") || slices.Contains(d, "gpu") || len(d) != len(builtIn.Domains())+2 {
		t.Errorf("domains: %v", d)
	}
	if r.IsProvider("gpu") || r.IsProvider("10.1.2.3") || !r.IsProvider("llm.acme.example") || builtIn.IsProvider("llm.acme.example") {
		t.Error("a host is decrypted that should not be, or the other way round")
	}
	if !slices.Contains(r.Prefixes(), Prefix{"/acme", "https://llm.acme.example"}) {
		t.Errorf("prefixes: %v", r.Prefixes())
	}
}

func TestCustomErrors(t *testing.T) {
	const ok = "llm.acme.example"
	for _, tt := range []struct {
		c    Custom
		want string
	}{
		{Custom{Hosts: []string{ok}}, `number 2: name "": expected a name of`},
		{Custom{Name: "Acme Inc", Hosts: []string{ok}}, `number 2 ("Acme Inc"): name "Acme Inc": expected a name of`},
		{Custom{Name: "other:x", Hosts: []string{ok}}, `expected a name of`},
		{Custom{Name: "acme"}, `expected hosts, such as ["llm.example.com"], or a prefix with its origin`},
		{Custom{Name: "acme", Hosts: []string{"https://" + ok}}, `hosts: "https://llm.acme.example": expected a DNS name such as`},
		{Custom{Name: "acme", Hosts: []string{""}}, `hosts: "": expected`},
		{Custom{Name: "acme", Hosts: []string{"*.acme.example"}}, `hosts: "*.acme.example": expected`},
		{Custom{Name: "acme", Hosts: []string{ok + ":0"}}, `hosts: "llm.acme.example:0": expected`},
		{Custom{Name: "acme", Hosts: []string{ok + ":"}}, `expected a DNS name`},
		{Custom{Name: "acme", Prefix: "acme", Origin: "http://x:1"}, `prefix "acme": expected one path element, such as /acme`},
		{Custom{Name: "acme", Prefix: "/a/b", Origin: "http://x:1"}, `prefix "/a/b": expected`},
		{Custom{Name: "acme", Prefix: "/wiremeter", Origin: "http://x:1"}, `and none of /wiremeter`},
		{Custom{Name: "acme", Prefix: "/acme"}, `prefix "/acme": expected the origin`},
		{Custom{Name: "acme", Hosts: []string{"ada:secret@" + ok}}, `hosts: "*@llm.acme.example": expected`},
		{Custom{Name: "acme", Origin: "http://ada:secret@x:1"}, `origin "*@x:1": expected a prefix beside it`},
		{Custom{Name: "acme", Origin: "http://x:1"}, `origin "http://x:1": expected a prefix beside it`},
		{Custom{Name: "acme", Prefix: "/acme", Origin: "ftp://x"}, `origin of /acme: expected a URL such as`},
		{Custom{Name: "acme", Prefix: "/acme", Origin: "http://u:SECRET@x"}, `origin of /acme: expected a URL such as`},
		{Custom{Name: "acme", Prefix: "/acme", Origin: "http://x/v1"}, `without a path`},
		{Custom{Name: "acme", Hosts: []string{ok}, Paths: map[string]string{"v1": "chat"}}, `paths: "v1": expected the beginning of a path`},
		{Custom{Name: "openai", Hosts: []string{ok}}, `the name openai is taken by another provider`},
		{Custom{Name: "first", Hosts: []string{ok}}, `the name first is taken`},
		{Custom{Name: "acme", Hosts: []string{"api.openai.com"}}, `the domain api.openai.com is taken`},
		{Custom{Name: "acme", Hosts: []string{"127.0.0.1:1"}}, `the host 127.0.0.1:1 is taken`},
		{Custom{Name: "acme", Prefix: "/openai", Origin: "http://x:1"}, `the prefix /openai is taken`},
	} {
		_, err := builtIn.With([]Custom{{Name: "first", Hosts: []string{"127.0.0.1:1"}}, tt.c})
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%+v:\n got %v\nwant %s", tt.c, err, tt.want)
		}
		if err != nil && strings.Contains(err.Error(), "SECRET") {
			t.Errorf("the error shows a secret: %v", err)
		}
	}
}
