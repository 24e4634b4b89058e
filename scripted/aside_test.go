package scripted_test

import (
	"bytes"
	"compress/gzip"
	"crypto/x509"
	"encoding/pem"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/wiremeter/wiremeter/scripted"
	"github.com/wiremeter/wiremeter/usage"
)

// TestWhatCostsNothing: none of it is in the ledger, whatever numbers it holds,
// and wiremeter bills none of it.
func TestWhatCostsNothing(t *testing.T) {
	p := open(t, scripted.Options{})
	agent := agentOf(t, p, true)
	for _, test := range []struct {
		call
		status int
		want   string
	}{
		{call{url: anthropic + "/count_tokens", body: `{}`}, 200, `{"input_tokens":4711}`},
		{call{url: gemini + "countTokens", body: `{}`}, 200, `{"totalTokens":4711}`},
		{call{method: "GET", url: openai + "models"}, 200, `"object":"list"`},
		{call{method: "GET", url: openai + "responses/resp_none"}, 404, `"type":"not_found_error"`},
		{call{method: "GET", url: "https://chatgpt.com/backend-api/wham/accounts/check"}, 200, `"workspace_backend_origin":"https://chatgpt.com"`},
		{call{url: codeAssist + "loadCodeAssist", body: `{}`}, 200, `"id":"standard-tier"`},
		{call{method: "GET", url: "https://api.individual.githubcopilot.com/models"}, 200, `"supported_endpoints":["/responses","ws:/responses"]`},
		{call{method: "GET", url: anthropic}, 404, `"input_tokens":4711`},
		{call{url: "https://api.anthropic.com/other", body: `{}`}, 404, `"input_tokens":4711`},
	} {
		h := test.ask(t, agent)
		if h.StatusCode != test.status || !bytes.Contains(h.body, []byte(test.want)) {
			t.Errorf("%s: %d %s", test.url, h.StatusCode, h.body)
		}
		if s := h.metered(test.call); len(s.records) != 0 || len(s.tallies) != 1 || s.tallies[0].Outcome != usage.NotBillable {
			t.Errorf("%s: read as %+v", test.url, s)
		}
	}
	socket := call{method: "GET", url: openai + "responses", header: http.Header{"Upgrade": {"websocket"}, "Connection": {"Upgrade"}}}
	if h := socket.ask(t, agentOf(t, p, false)); h.StatusCode != http.StatusUpgradeRequired || !bytes.Contains(h.body, []byte("upgrade_required")) {
		t.Errorf("a WebSocket: %d %s", h.StatusCode, h.body)
	}
	if ledger := p.Ledger(); len(ledger) != 0 {
		t.Errorf("the ledger has %+v", ledger)
	}
}

// TestABackgroundResponseIsBilledOnce: when it is shown first, not when it is
// asked for, nor when it is shown again.
func TestABackgroundResponseIsBilledOnce(t *testing.T) {
	p := open(t, scripted.Options{})
	agent := agentOf(t, p, true)
	asked := call{url: openai + "responses", body: `{"model":"m-1","background":true}`}
	if h := asked.ask(t, agent); !bytes.Contains(h.body, []byte(`"status":"queued"`)) || len(p.Ledger()) != 0 {
		t.Errorf("asked: %s, %+v", h.body, p.Ledger())
	}
	poll := call{method: "GET", url: openai + "responses/resp_scripted_1"}
	h := poll.ask(t, agent)
	if s := h.metered(poll); !bytes.Contains(h.body, []byte(`"status":"in_progress"`)) || len(p.Ledger()) != 0 || len(s.records) != 0 {
		t.Errorf("at work: %s, %+v, read as %+v", h.body, p.Ledger(), s)
	}
	for range 3 {
		h := poll.ask(t, agent)
		s := h.metered(poll)
		if len(p.Ledger()) != 1 || len(s.records) != 1 || ofRecord(t, s.records[0]) != ofEntry(t, lastOf(t, p)) {
			t.Fatalf("done: %s, read as %+v\nledger %+v", h.body, s, p.Ledger())
		}
	}
	p.Play(always(scripted.Script{NoUsage: true}))
	asked.ask(t, agent)
	poll.url = openai + "responses/resp_scripted_2"
	for range 3 {
		if s := poll.ask(t, agent).metered(poll); len(s.records) != 0 || len(p.Ledger()) != 1 {
			t.Errorf("done, without usage: read as %+v", s)
		}
	}
}

func TestARequestMayBeCoded(t *testing.T) {
	heard := make(chan scripted.Call, 1)
	p := open(t, scripted.Options{Scenario: func(c scripted.Call) scripted.Script {
		heard <- c
		return scripted.Script{}
	}})
	agent := agentOf(t, p, true)
	var zipped, zst bytes.Buffer
	g := gzip.NewWriter(&zipped)
	z, err := zstd.NewWriter(&zst)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range []io.WriteCloser{g, z} {
		if _, err := io.WriteString(w, stream); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for name, body := range map[string]string{"": stream, "gzip": zipped.String(), "zstd": zst.String()} {
		h := call{url: anthropic, body: body, header: http.Header{"Content-Encoding": {name}}}.ask(t, agent)
		c := <-heard
		if string(c.Body) != stream || !c.IsStream || c.Model != "m-1" || c.Dialect != "messages" || c.Request.URL.Path != "/v1/messages" || events(h.body) != 8 {
			t.Errorf("%q: heard %+v", name, c)
		}
		broken := call{url: anthropic, body: "{" + body, header: http.Header{"Content-Encoding": {name}}}.ask(t, agent)
		if broken.StatusCode != http.StatusBadRequest {
			t.Errorf("%q, broken: %d %s", name, broken.StatusCode, broken.body)
		}
	}
	if h := (call{url: anthropic, body: stream, header: http.Header{"Content-Encoding": {"lzw"}}}).ask(t, agent); h.StatusCode != http.StatusBadRequest || !bytes.Contains(h.body, []byte("lzw")) {
		t.Errorf("lzw: %d %s", h.StatusCode, h.body)
	}
}

func TestTheProviderHasAllItsNames(t *testing.T) {
	p := open(t, scripted.Options{})
	block, rest := pem.Decode(p.CAPEM())
	if block == nil || len(rest) > 0 {
		t.Fatalf("not one certificate: %s", p.CAPEM())
	}
	if ca, err := x509.ParseCertificate(block.Bytes); err != nil || !ca.IsCA {
		t.Errorf("no authority: %v", err)
	}
	var hosts []string
	for _, c := range p.ConnectTo() {
		host, ok := strings.CutSuffix(c, ":443:"+p.Addr())
		if !ok {
			t.Errorf("%q does not lead to %s", c, p.Addr())
		}
		hosts = append(hosts, host)
	}
	if !slices.Equal(hosts, scripted.Hosts) {
		t.Errorf("got %v", hosts)
	}
	for _, host := range hosts { // the agent verifies the name
		if h := (call{method: "GET", url: "https://" + host + "/v1/models"}).ask(t, agentOf(t, p, true)); h.StatusCode != 200 || h.Proto != "HTTP/2.0" {
			t.Errorf("%s: %d, %s", host, h.StatusCode, h.Proto)
		}
	}
	old := open(t, scripted.Options{HTTP1Only: true})
	if h := (call{method: "GET", url: openai + "models"}).ask(t, agentOf(t, old, true)); h.Proto != "HTTP/1.1" {
		t.Errorf("only HTTP/1.1: %s", h.Proto)
	}
}
