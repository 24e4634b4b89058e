package scripted_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"

	"github.com/wiremeter/wiremeter/scripted"
)

const (
	bedrock       = "https://bedrock-runtime.us-east-1.amazonaws.com/model/us.anthropic.claude-opus-5-v1%3A0/"
	bedrockStream = bedrock + "invoke-with-response-stream"
	bedrockBody   = `{"anthropic_version":"bedrock-2023-05-31"}`
)

// TestBedrocksLedgerIsWhatIsRead is TestTheLedgerIsWhatIsRead for events that
// are not server-sent.
func TestBedrocksLedgerIsWhatIsRead(t *testing.T) {
	p := open(t, scripted.Options{})
	agent := agentOf(t, p, false)
	for _, url := range []string{bedrock + "invoke", bedrockStream} {
		for name, script := range scripts {
			checkLedger(t, url+", "+name, p, agent, call{url: url, body: bedrockBody}, script)
		}
	}
	for n := 1; n < 8; n++ {
		for _, silent := range []bool{false, true} {
			what := fmt.Sprintf("%d events, no usage %v", n, silent)
			c := call{url: bedrockStream, body: bedrockBody}
			checkLedger(t, what+", cut", p, agent, c, scripted.Script{CutAfter: n, NoUsage: silent, Chop: 7})
			checkLedger(t, what+", error", p, agent, c, scripted.Script{ErrorAfter: n, NoUsage: silent})
		}
	}
}

// TestBedrocksStream: what AWS's own decoder takes from it is the messages
// dialect, with the counts once more in the last event.
func TestBedrocksStream(t *testing.T) {
	p := open(t, scripted.Options{})
	agent := agentOf(t, p, true)
	h := call{url: bedrockStream, body: bedrockBody}.ask(t, agent)
	got := decodeAll(t, h.body)
	if len(got) != 8 || !strings.HasPrefix(got[0], `chunk {"message":{`) || !strings.Contains(got[7], `"amazon-bedrock-invocationMetrics":{`) {
		t.Errorf("got %s", strings.Join(got, "\n"))
	}
	if contentType := h.Header.Get("Content-Type"); contentType != "application/vnd.amazon.eventstream" {
		t.Errorf("content type %q", contentType)
	}
	p.Play(always(scripted.Script{ErrorAfter: 2}))
	got = decodeAll(t, call{url: bedrockStream, body: bedrockBody}.ask(t, agent).body)
	if len(got) != 3 || got[2] != `throttlingException {"message":"so says the script"}` {
		t.Errorf("got %s", strings.Join(got, "\n"))
	}
	p.Play(always(scripted.Script{Refuse: http.StatusTooManyRequests}))
	h = call{url: bedrock + "invoke", body: bedrockBody}.ask(t, agent)
	if name, _, _ := strings.Cut(h.Header.Get("X-Amzn-Errortype"), ":"); h.StatusCode != http.StatusTooManyRequests || name != "ThrottlingException" {
		t.Errorf("refused with %d, %q", h.StatusCode, name)
	}
}

// decodeAll returns the name and the content of each event.
func decodeAll(t *testing.T, body []byte) (all []string) {
	t.Helper()
	r, d := bytes.NewReader(body), eventstream.NewDecoder()
	for r.Len() > 0 {
		m, err := d.Decode(r, nil)
		if err != nil {
			t.Fatalf("after %d events: %v", len(all), err)
		}
		if name := m.Headers.Get(":exception-type"); name != nil {
			all = append(all, name.String()+" "+string(m.Payload))
			continue
		}
		var wrapper struct{ Bytes string }
		if err := json.Unmarshal(m.Payload, &wrapper); err != nil {
			t.Fatal(err)
		}
		inner, err := base64.StdEncoding.DecodeString(wrapper.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, m.Headers.Get(":event-type").String()+" "+string(inner))
	}
	return all
}
