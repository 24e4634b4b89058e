package scripted_test

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/wiremeter/wiremeter/parsers/coding"
	"github.com/wiremeter/wiremeter/scripted"
)

func always(s scripted.Script) scripted.Scenario {
	return func(scripted.Call) scripted.Script { return s }
}

func events(body []byte) int { return bytes.Count(body, []byte("data: ")) }

func TestAStreamIsCutOrFailsAfterSoManyEvents(t *testing.T) {
	p := open(t, scripted.Options{})
	for _, isH2 := range []bool{false, true} {
		agent := agentOf(t, p, isH2)
		for name, c := range calls {
			for n := 1; n <= c.events+1; n++ {
				p.Play(always(scripted.Script{CutAfter: n}))
				if h := c.ask(t, agent); events(h.body) != min(n, c.events) || (h.err != nil) != (n < c.events) {
					t.Errorf("%s cut after %d of %d: %d came, then %v", name, n, c.events, events(h.body), h.err)
				}
				want := n + 1
				if n >= c.events {
					want = c.events
				}
				p.Play(always(scripted.Script{ErrorAfter: n}))
				h := c.ask(t, agent)
				if hasError := bytes.Contains(h.body, []byte("event: error\n")); events(h.body) != want || h.err != nil || hasError != (n < c.events) {
					t.Errorf("%s failed after %d of %d: %d came, then %v", name, n, c.events, events(h.body), h.err)
				}
			}
		}
	}
}

func TestARefusalIsOfItsDialect(t *testing.T) {
	p := open(t, scripted.Options{})
	agent := agentOf(t, p, true)
	const said = `"message":"so says the script"`
	for url, want := range map[string]string{
		anthropic:                        `{"error":{` + said + `,"type":"overloaded_error"},"type":"error"}`,
		openai + "chat/completions":      `{"error":{` + said + `,"type":"overloaded_error"},"type":"error"}`,
		openai + "responses":             `{"code":"overloaded_error","error":{` + said + `,"type":"overloaded_error"},` + said + `,"type":"error"}`,
		gemini + "streamGenerateContent": `{"error":{"code":529,` + said + `,"status":"overloaded_error"}}`,
	} {
		p.Play(always(scripted.Script{Refuse: 529}))
		h := call{url: url, body: stream}.ask(t, agent)
		if h.StatusCode != 529 || string(h.body) != want || h.Header.Get("Retry-After") != "0" || h.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s: %d %v\n%s\nwant\n%s", url, h.StatusCode, h.Header, h.body, want)
		}
	}
	p.Play(always(scripted.Script{Refuse: http.StatusUnauthorized}))
	if h := (call{url: anthropic, body: stream}).ask(t, agent); h.StatusCode != http.StatusUnauthorized || h.Header.Get("Retry-After") != "" {
		t.Errorf("%d %v", h.StatusCode, h.Header)
	}
}

// TestCodings: an answer has the coding if the agent takes it, and ends as the
// coding ends, even if it was to be cut later than it is long.
func TestCodings(t *testing.T) {
	p := open(t, scripted.Options{})
	agent := agentOf(t, p, true)
	for _, name := range []string{"gzip", "deflate", "br", "zstd"} {
		for _, body := range []string{document, stream} {
			for _, accepted := range []string{"", "identity", name, "x, " + name} {
				p.Play(always(scripted.Script{Coding: name, CutAfter: 100, Text: "spoken"}))
				h := call{url: anthropic, body: body, header: http.Header{"Accept-Encoding": {accepted}}}.ask(t, agent)
				want := ""
				if strings.HasSuffix(accepted, name) {
					want = name
				}
				if got := h.Header.Get("Content-Encoding"); got != want {
					t.Errorf("%s where %q is accepted: got %q", name, accepted, got)
				}
				r, err := coding.NewReader(want, bytes.NewReader(h.body))
				if err != nil {
					t.Fatal(err)
				}
				plain, err := io.ReadAll(r)
				if err != nil || h.err != nil || !bytes.Contains(plain, []byte("spo")) || want != "" && bytes.Contains(h.body, []byte(`"role"`)) {
					t.Errorf("%s where %q is accepted: %v, %v\n%q\nof %q", name, accepted, err, h.err, plain, h.body)
				}
			}
		}
	}
}

func TestEventsOfACodedStreamCanBeReadOneByOne(t *testing.T) {
	p := open(t, scripted.Options{})
	for _, name := range []string{"gzip", "deflate", "br", "zstd"} {
		p.Play(always(scripted.Script{Coding: name, CutAfter: 1}))
		h := call{url: anthropic, body: stream, header: http.Header{"Accept-Encoding": {name}}}.ask(t, agentOf(t, p, true))
		r, err := coding.NewReader(name, bytes.NewReader(h.body))
		if err != nil {
			t.Fatal(err)
		}
		plain, err := io.ReadAll(r)
		if !errors.Is(err, io.ErrUnexpectedEOF) || events(plain) != 1 || !bytes.HasSuffix(plain, []byte("\n\n")) {
			t.Errorf("%s: %v after %q", name, err, plain)
		}
	}
}

// chunks are the sizes of the pieces in which an answer stands on the wire.
func chunks(t *testing.T, p *scripted.Provider, body string) (sizes []int, text []byte) {
	t.Helper()
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(p.CAPEM())
	d := tls.Dialer{Config: &tls.Config{RootCAs: roots, ServerName: "api.anthropic.com"}}
	c, err := d.DialContext(t.Context(), "tcp", p.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	r := call{url: anthropic, body: body}.request(t)
	if err := r.Write(c); err != nil {
		t.Fatal(err)
	}
	wire := bufio.NewReader(c)
	for line := ""; line != "\r\n"; {
		if line, err = wire.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
	}
	for {
		line, err := wire.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		size, err := strconv.ParseInt(strings.TrimSpace(line), 16, 32)
		if err != nil || size == 0 {
			return sizes, text
		}
		piece := make([]byte, size+2)
		if _, err := io.ReadFull(wire, piece); err != nil {
			t.Fatal(err)
		}
		sizes, text = append(sizes, int(size)), append(text, piece[:size]...)
	}
}

func TestAnAnswerComesInThePiecesOfItsScript(t *testing.T) {
	for _, body := range []string{stream, document} {
		plain := call{url: anthropic, body: body}.ask(t, agentOf(t, open(t, scripted.Options{}), true)).body
		p := open(t, scripted.Options{HTTP1Only: true, Scenario: always(scripted.Script{Chop: 7})}) // the same bill
		sizes, text := chunks(t, p, body)
		if slices.Max(sizes) != 7 || len(sizes) < len(plain)/7 || !bytes.Equal(text, plain) {
			t.Errorf("pieces of %v\n%s\nwant\n%s", sizes, text, plain)
		}
	}
	if sizes, _ := chunks(t, open(t, scripted.Options{HTTP1Only: true}), stream); len(sizes) != calls["messages, streamed"].events {
		t.Errorf("not chopped: pieces of %v, want one an event", sizes)
	}
}

func TestADripIsAsSlowAsItIsToBe(t *testing.T) {
	const drip = 3 * time.Millisecond
	p := open(t, scripted.Options{Scenario: always(scripted.Script{Drip: drip})})
	started := time.Now()
	h := call{url: anthropic, body: stream}.ask(t, agentOf(t, p, true))
	if took := time.Since(started); took < 8*drip || events(h.body) != 8 || h.err != nil {
		t.Errorf("%d events took %v, %v", events(h.body), took, h.err)
	}
}

func TestTheTextArrives(t *testing.T) {
	p := open(t, scripted.Options{})
	agent := agentOf(t, p, true)
	for _, spoken := range []string{"é", "a", "länger", "日本語"} {
		p.Play(always(scripted.Script{Text: spoken}))
		for name, c := range calls {
			said := ""
			for line := range strings.Lines(string(c.ask(t, agent).body)) {
				said += deltaOf(t, line)
			}
			if c.events > 0 && said != spoken {
				t.Errorf("%s says %q, want %q", name, said, spoken)
			}
		}
	}
}

// deltaOf is the text that a line of a stream adds, in any dialect.
func deltaOf(t *testing.T, line string) string {
	t.Helper()
	data, ok := strings.CutPrefix(strings.TrimSpace(line), "data: {")
	if !ok {
		return ""
	}
	type piece struct{ Text, Content string }
	type generated struct {
		Candidates []struct{ Content struct{ Parts []piece } }
	}
	var e struct {
		Delta    json.RawMessage
		Choices  []struct{ Delta piece }
		Response json.RawMessage
		generated
	}
	if err := json.Unmarshal([]byte("{"+data), &e); err != nil {
		t.Fatal(err)
	}
	var ofResponses string
	var ofMessages piece
	_, _ = json.Unmarshal(e.Delta, &ofResponses), json.Unmarshal(e.Delta, &ofMessages) // it is one of them, or none
	_ = json.Unmarshal(e.Response, &e.generated)
	said := ofResponses + ofMessages.Text
	for _, c := range e.Choices {
		said += c.Delta.Content
	}
	for _, c := range e.Candidates {
		said += c.Content.Parts[0].Text
	}
	return said
}

func TestAToolIsAskedFor(t *testing.T) {
	p := open(t, scripted.Options{Scenario: always(scripted.Script{Tool: &scripted.Tool{Name: "Bash", Input: `{"command":"ls"}`}})})
	agent := agentOf(t, p, true)
	for name, want := range map[string][]string{
		"messages":            {`"stop_reason":"tool_use"`, `"input":{"command":"ls"}`, `"name":"Bash"`},
		"messages, streamed":  {`"stop_reason":"tool_use"`, `"partial_json":"{\"comman"`, `"partial_json":"d\":\"ls\"}"`, `"input":{}`, `"name":"Bash"`},
		"responses":           {`"arguments":"{\"command\":\"ls\"}"`, `"type":"function_call"`, `"name":"Bash"`},
		"responses, streamed": {`"arguments":"{\"command\":\"ls\"}"`, `"type":"function_call"`, `"name":"Bash"`, "event: response.output_item.done"},
		"chat":                {`"finish_reason":"tool_calls"`, `"arguments":"{\"command\":\"ls\"}"`, `"name":"Bash"`},
		"chat, streamed":      {`"finish_reason":"tool_calls"`, `"arguments":"{\"comman"`, `"arguments":"d\":\"ls\"}"`, `"name":"Bash"`},
		"generate, streamed":  {`"functionCall":{"args":{"command":"ls"},"name":"Bash"}`},
	} {
		body := calls[name].ask(t, agent).body
		for _, part := range want {
			if !bytes.Contains(body, []byte(part)) {
				t.Errorf("%s: no %s in\n%s", name, part, body)
			}
		}
	}
}
