package scripted_test

import (
	"bufio"
	"net/http"
	"strings"
	"testing"

	"github.com/wiremeter/wiremeter/scripted"
	"github.com/wiremeter/wiremeter/usage"
)

// TestAStreamHangsUntilTheAgentLeaves: what came is there at once, and nothing
// more; the ledger has no more either.
func TestAStreamHangsUntilTheAgentLeaves(t *testing.T) {
	p := open(t, scripted.Options{})
	p.Play(always(scripted.Script{HangAfter: 2}))
	for _, isH2 := range []bool{false, true} {
		resp, err := agentOf(t, p, isH2).Do(call{url: anthropic, body: stream}.request(t))
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(resp.Body)
		for n := 0; n < 2; {
			if !lines.Scan() {
				t.Fatalf("the stream ended after %d events: %v", n, lines.Err())
			}
			if strings.HasPrefix(lines.Text(), "data: ") {
				n++
			}
		}
		resp.Body.Close()
	}
	for _, e := range p.Ledger() {
		if e.Outcome != usage.Interrupted || e.Response.Tokens.Input == nil || e.Response.Tokens.Output != nil {
			t.Errorf("the ledger has %+v", e)
		}
	}
}

func TestAnErrorAndACookieSayWhatTheScriptSays(t *testing.T) {
	p := open(t, scripted.Options{Scenario: always(scripted.Script{Refuse: http.StatusUnauthorized, Text: "no such key", Cookie: "a=b"})})
	for _, url := range []string{anthropic, openai + "chat/completions", openai + "responses", gemini + "generateContent"} {
		h := call{url: url, body: document}.ask(t, agentOf(t, p, true))
		if !strings.Contains(string(h.body), `"message":"no such key"`) || h.Header.Get("Set-Cookie") != "a=b" {
			t.Errorf("%s: %v %s", url, h.Header, h.body)
		}
	}
}
