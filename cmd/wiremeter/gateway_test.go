package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/wiremeter/wiremeter/scripted"
	"github.com/wiremeter/wiremeter/usage"
)

// newGateway is one on this machine that asks the provider through the proxy,
// and passes each piece of the answer on as it comes. One that renames gives
// the answers ids of its own.
func newGateway(t *testing.T, renames bool) (gateway *httptest.Server, upstream **http.Client) {
	t.Helper()
	upstream = new(*http.Client)
	gateway = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/own/") { // a model of its own
			_, _ = io.WriteString(w, `{"id":"own","model":"llama","choices":[],"usage":{"prompt_tokens":5,"completion_tokens":5}}`) // the agent is there
			return
		}
		ask, err := http.NewRequestWithContext(r.Context(), http.MethodPost, "https://api.openai.com"+r.URL.Path, r.Body)
		if err != nil {
			t.Error(err)
			return
		}
		resp, err := (*upstream).Do(ask)
		if err != nil {
			t.Error(err)
			return
		}
		defer resp.Body.Close()
		w.Header().Set("Content-Type", resp.Header.Get("Content-Type"))
		piece := make([]byte, 512)
		for {
			n, err := resp.Body.Read(piece)
			text := piece[:n]
			if renames {
				text = bytes.ReplaceAll(text, []byte("scripted"), []byte("renamed"))
			}
			_, _ = w.Write(text) // an agent that has left shows in the test
			_ = http.NewResponseController(w).Flush()
			if err != nil {
				return
			}
		}
	}))
	t.Cleanup(gateway.Close)
	return gateway, upstream
}

// TestGatewayOnThisMachine: what passes through here twice, on the way to a
// gateway and from it to the provider, counts once, also when many ask at once
// and their answers say the same.
func TestGatewayOnThisMachine(t *testing.T) {
	for name, renames := range map[string]bool{"keeps ids": false, "renames": true} {
		t.Run(name, func(t *testing.T) {
			provider, err := scripted.Open(scripted.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer shut(t, provider)
			gateway, upstream := newGateway(t, renames)
			h := openHouseWith(t, fmt.Sprintf("[[provider]]\nname = 'gate'\nprefix = '/gate'\norigin = %q\n", gateway.URL))
			m, stop := startForTest(t, h, provider)
			*upstream = newDemoAgent(m).client
			const each = 12
			agent, base := &http.Client{Transport: new(http.Transport)}, "http://"+m.addr()
			var all sync.WaitGroup
			for i := range each {
				body := chatCall
				if i%2 == 1 {
					body = `{"stream":true,"stream_options":{"include_usage":true},` + chatCall[1:]
				}
				for _, url := range []string{base + "/gate/v1/chat/completions", base + "/openai/v1/chat/completions", base + "/gate/own/v1/chat/completions"} {
					all.Go(func() { post(t, agent, url, body) })
				}
			}
			all.Wait()
			agent.CloseIdleConnections() // a server waits for connections that were made and not used
			(*upstream).CloseIdleConnections()
			stop()

			counts, sum := make(map[string]int), int64(0)
			for _, r := range records(t, h) {
				counts[strings.TrimSpace(fmt.Sprintln(r.Outcome, r.Provider, r.Model, r.Hop))]++
				if r.Hop != usage.Gateway && r.Provider == "openai" {
					sum += *r.Tokens.Input + *r.Tokens.CacheRead + *r.Tokens.Output
				}
			}
			want := map[string]int{
				"metered gate gpt-5.6 gateway": each, "metered openai gpt-5.6": 2 * each, "metered gate llama": each,
			}
			if fmt.Sprint(counts) != fmt.Sprint(want) {
				t.Errorf("got %v, want %v", counts, want)
			}
			billed := int64(0)
			for _, e := range provider.Ledger() {
				billed += *e.Response.Tokens.Input + *e.Response.Tokens.CacheRead + *e.Response.Tokens.Output
			}
			if sum != billed || len(provider.Ledger()) != 2*each {
				t.Errorf("%d tokens are counted, %d were billed in %d calls", sum, billed, len(provider.Ledger()))
			}
			if c := coverage(t, h); c.Exchanges != m.proxy.Seen() {
				t.Errorf("%d exchanges were seen: %s", m.proxy.Seen(), c)
			}
		})
	}
}
