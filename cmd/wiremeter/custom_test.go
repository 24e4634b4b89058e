package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/wiremeter/wiremeter/certs"
	"github.com/wiremeter/wiremeter/parsers"
	"github.com/wiremeter/wiremeter/scripted"
	"github.com/wiremeter/wiremeter/usage"
)

const chatCall = `{"model":"gpt-5.6","messages":[{"role":"user","content":"say hi"}]}`

// openHouseWith is a house with this configuration.
func openHouseWith(t *testing.T, config string) *house {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, configFile), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	h, err := openHouse(dir)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// post sends the body and returns what is answered.
func post(t *testing.T, client *http.Client, url, body string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestCustomProvider: a gateway that the configuration names is metered on every
// way in; so is a host that nobody has named, where it can be seen.
func TestCustomProvider(t *testing.T) {
	provider, err := scripted.Open(scripted.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer shut(t, provider)
	local := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Path != "/v1/chat/completions" {
			_, _ = io.WriteString(w, `{"reply":"hi","usage":{"prompt_tokens":1}}`) // the agent is there
			return
		}
		_, _ = io.WriteString(w, `{"id":"c1","model":"llama","choices":[{"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11}}`)
	}))
	defer local.Close()
	u, err := url.Parse(local.URL)
	if err != nil {
		t.Fatal(err)
	}
	h := openHouseWith(t, fmt.Sprintf(`
[[provider]]
name   = "acme"
hosts  = ["llm.acme.example"]
prefix = "/acme"
origin = "https://llm.acme.example"

[[provider]]
name   = "local"
hosts  = [%q]
prefix = "/local"
origin = %q
`, u.Host, local.URL))
	m, stop := startForTest(t, h, provider)
	agent, direct := newDemoAgent(m).client, &http.Client{}
	post(t, agent, "https://llm.acme.example/v1/chat/completions", chatCall)
	post(t, direct, "http://"+m.addr()+"/acme/v1/chat/completions", chatCall)
	post(t, agent, local.URL+"/v1/chat/completions", chatCall)
	post(t, direct, "http://"+m.addr()+"/local/v1/chat/completions", chatCall)
	post(t, agent, "http://localhost:"+u.Port()+"/v1/chat/completions", chatCall)
	post(t, agent, "http://localhost:"+u.Port()+"/api/chat", `{"message":"hi"}`)
	stop()

	var got []string
	for _, r := range records(t, h) {
		got = append(got, fmt.Sprintf("%s %s %s %s %d", r.Outcome, r.Front, r.Provider, r.Host, *r.Tokens.Input))
	}
	bills := provider.Ledger()
	want := []string{
		fmt.Sprintf("metered forward acme llm.acme.example %d", *bills[0].Response.Tokens.Input),
		fmt.Sprintf("metered reverse acme llm.acme.example %d", *bills[1].Response.Tokens.Input),
		"metered forward local 127.0.0.1 9",
		"metered reverse local 127.0.0.1 9",
		"metered forward other:localhost localhost 9",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	c := coverage(t, h)
	if c.Reasons[usage.Tunnelled]["no_provider"] != 1 || c.Exchanges != m.proxy.Seen() {
		t.Errorf("%d exchanges: %s", m.proxy.Seen(), c)
	}
}

// TestAuthorityOfACustomProvider: one that was made before lacks its host, and
// says so; a new one permits it.
func TestAuthorityOfACustomProvider(t *testing.T) {
	h := openHouseWith(t, "[[provider]]\nname = 'acme'\nhosts = ['llm.acme.example']\n")
	if _, err := certs.OpenAuthority(h.authority(), parsers.BuiltIn().Domains()); err != nil {
		t.Fatal(err)
	}
	show := func() string {
		var out, errs strings.Builder
		if code := run(t.Context(), []string{"ca", "show", "--home", h.dir}, nil, &out, &errs); code != 0 {
			t.Fatal(errs.String())
		}
		return out.String()
	}
	if text := show(); !strings.Contains(text, "lacks        llm.acme.example: run `wiremeter ca renew`\n") {
		t.Error(text)
	}
	var errs strings.Builder
	if code := run(t.Context(), []string{"ca", "renew", "--home", h.dir}, nil, io.Discard, &errs); code != 0 {
		t.Fatal(errs.String())
	}
	if text := show(); strings.Contains(text, "lacks") || !strings.Contains(text, " llm.acme.example\n") {
		t.Error(text)
	}
}
