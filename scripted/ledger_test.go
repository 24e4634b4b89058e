package scripted_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/wiremeter/wiremeter/scripted"
	"github.com/wiremeter/wiremeter/usage"
)

// calls are every wire format, in one piece and in a stream.
var calls = map[string]struct {
	call
	events int // of the stream when the model says a text; 0: no stream
}{
	"messages":                    {call{url: anthropic, body: document}, 0},
	"messages, streamed":          {call{url: anthropic, body: stream}, 8},
	"chat":                        {call{url: openai + "chat/completions", body: document}, 0},
	"chat, streamed":              {call{url: openai + "chat/completions", body: usageStream}, 5},
	"chat, asked as OpenRouter":   {call{url: openai + "chat/completions", body: `{"model":"m-1","stream":true,"usage":{"include":true}}`}, 5},
	"chat, not asked for usage":   {call{url: openai + "chat/completions", body: stream}, 4},
	"responses":                   {call{url: openai + "responses", body: document}, 0},
	"responses, streamed":         {call{url: openai + "responses", body: stream}, 6},
	"responses of Codex":          {call{url: codex, body: stream}, 6},
	"compaction":                  {call{url: codex + "/compact", body: document}, 0},
	"generate":                    {call{url: gemini + "generateContent", body: `{}`}, 0},
	"generate, streamed":          {call{url: gemini + "streamGenerateContent?alt=sse", body: `{}`}, 2},
	"generate of Code Assist":     {call{url: codeAssist + "generateContent", body: document}, 0},
	"generate of Code Assist too": {call{url: codeAssist + "streamGenerateContent?alt=sse", body: document}, 2},
}

// scripts that every call can be answered by.
var scripts = map[string]scripted.Script{
	"plain":             {},
	"without usage":     {NoUsage: true},
	"long":              {Text: strings.Repeat("länger, ", 1000)},
	"gzip":              {Coding: "gzip"},
	"br, in bytes":      {Coding: "br", Chop: 1},
	"a tool":            {Tool: &scripted.Tool{Name: "Bash", Input: `{"command":"echo \"usage\" ünd mehr"}`}},
	"refused: limit":    {Refuse: http.StatusTooManyRequests},
	"refused: overload": {Refuse: 529},
	"refused: key":      {Refuse: http.StatusUnauthorized},
}

// TestTheLedgerIsWhatIsRead: what wiremeter's own parsers, which share nothing
// with the provider, make of an answer is what the ledger says of it.
func TestTheLedgerIsWhatIsRead(t *testing.T) {
	for _, isH2 := range []bool{false, true} {
		p := open(t, scripted.Options{})
		agent := agentOf(t, p, isH2)
		for callName, c := range calls {
			c.header = http.Header{"Accept-Encoding": {"gzip, br"}}
			for name, script := range scripts {
				checkLedger(t, fmt.Sprintf("%s, %s, h2 %v", callName, name, isH2), p, agent, c.call, script)
			}
			for n := 1; n < c.events; n++ {
				what := fmt.Sprintf("%s, %d of %d events, h2 %v", callName, n, c.events, isH2)
				checkLedger(t, what+", cut", p, agent, c.call, scripted.Script{CutAfter: n})
				checkLedger(t, what+", cut, gzip", p, agent, c.call, scripted.Script{CutAfter: n, Coding: "gzip"})
				checkLedger(t, what+", cut, no usage", p, agent, c.call, scripted.Script{CutAfter: n, NoUsage: true})
				checkLedger(t, what+", error", p, agent, c.call, scripted.Script{ErrorAfter: n})
				checkLedger(t, what+", error, no usage", p, agent, c.call, scripted.Script{ErrorAfter: n, NoUsage: true})
			}
		}
	}
}

func checkLedger(t *testing.T, what string, p *scripted.Provider, agent *http.Client, c call, script scripted.Script) {
	t.Helper()
	before := len(p.Ledger())
	p.Play(func(scripted.Call) scripted.Script { return script })
	h := c.ask(t, agent)
	s := h.metered(c)
	if len(p.Ledger()) != before+1 || len(s.records) != 1 || len(s.tallies) != 0 {
		t.Fatalf("%s: %d entries more, read as %+v", what, len(p.Ledger())-before, s)
	}
	e, r := lastOf(t, p), s.records[0]
	if got, want := ofRecord(t, r), ofEntry(t, e); got != want {
		t.Errorf("%s:\nread   %s\nledger %s\n%.2000s", what, got, want, h.body)
	}
	if e.Proto != h.Proto || e.Host != h.Request.URL.Host {
		t.Errorf("%s: %s to %s, the ledger says %s to %s", what, h.Proto, h.Request.URL.Host, e.Proto, e.Host)
	}
}

func ofRecord(t *testing.T, r usage.Record) string {
	t.Helper()
	word := ""
	if r.Status != http.StatusOK {
		r.Model = "" // of a compaction it is the one that was asked for
	}
	if r.Outcome == usage.Failed {
		word = r.Reason
	}
	return fmt.Sprint(r.Outcome, r.Status, r.Path, r.Dialect, r.Streamed, word, r.Response.ID, r.Model, text(t, r.Tokens), r.IsDoubtful)
}

func ofEntry(t *testing.T, e scripted.Entry) string {
	t.Helper()
	r := e.Response
	return fmt.Sprint(e.Outcome, e.Status, e.Path, e.Dialect, e.IsStream, r.Error, r.ID, r.Model, text(t, r.Tokens), r.IsDoubtful)
}

func TestBillsVary(t *testing.T) {
	p := open(t, scripted.Options{})
	agent := agentOf(t, p, true)
	bills := make(map[string]bool)
	for range 3 {
		for _, c := range calls {
			c.ask(t, agent)
			bills[text(t, lastOf(t, p).Response.Tokens)] = true
		}
	}
	if want := 2*len(calls) + 1; len(bills) < want {
		t.Errorf("%d calls, and only %d bills", 3*len(calls), len(bills))
	}
}

func TestCodeAssistWrapsItsResponses(t *testing.T) {
	p := open(t, scripted.Options{})
	agent := agentOf(t, p, true)
	for name, isWrapped := range map[string]bool{"generate": false, "generate, streamed": false, "generate of Code Assist": true, "generate of Code Assist too": true} {
		body := calls[name].ask(t, agent).body
		if bytes.HasPrefix(bytes.TrimPrefix(body, []byte("data: ")), []byte(`{"response":{`)) != isWrapped {
			t.Errorf("%s: %s", name, body)
		}
	}
}

func TestTheLedgerIsInTheOrderOfTheCalls(t *testing.T) {
	p := open(t, scripted.Options{})
	agent := agentOf(t, p, true)
	call{url: openai + "responses", body: `{"background":true}`}.ask(t, agent)
	call{url: anthropic, body: document}.ask(t, agent)
	for range 2 { // the first is billed last
		call{method: "GET", url: openai + "responses/resp_scripted_1"}.ask(t, agent)
	}
	if l := p.Ledger(); len(l) != 2 || l[0].Response.ID != "resp_scripted_1" || l[1].Response.ID != "msg_scripted_2" {
		t.Errorf("got %+v", l)
	}
}

func TestManyAgents(t *testing.T) {
	p := open(t, scripted.Options{Scenario: func(c scripted.Call) scripted.Script {
		return scripted.Script{Text: fmt.Sprintf("<%d of %s>", c.Number, c.Request.Header.Get("X-Agent"))}
	}})
	agent := agentOf(t, p, false)
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			c := call{url: anthropic, body: document, header: http.Header{"X-Agent": {fmt.Sprint(i)}}}
			if h := c.ask(t, agent); !bytes.Contains(h.body, []byte(fmt.Sprintf(" of %d\\u003e", i))) {
				t.Errorf("agent %d got %s", i, h.body)
			}
		})
	}
	all.Wait()
	for i, e := range p.Ledger() {
		if e.Number != i+1 || e.Response.ID != fmt.Sprintf("msg_scripted_%d", i+1) {
			t.Errorf("at %d stands %+v", i, e)
		}
	}
	if n := len(p.Ledger()); n != 20 {
		t.Errorf("%d entries", n)
	}
}
