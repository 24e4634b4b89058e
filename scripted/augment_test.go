package scripted_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/wiremeter/wiremeter/scripted"
)

var augment = call{url: "https://scripted.api.augmentcode.com/chat-stream", body: `{"model":""}`}

// TestAugmentsLedgerIsWhatIsRead is TestTheLedgerIsWhatIsRead for lines.
func TestAugmentsLedgerIsWhatIsRead(t *testing.T) {
	p := open(t, scripted.Options{})
	agent := agentOf(t, p, false)
	for name, script := range scripts {
		if script.Refuse == 0 { // a refusal is a line as well, and is read as a stream
			checkLedger(t, name, p, agent, augment, script)
		}
	}
	for n := 1; n < 4; n++ {
		for _, silent := range []bool{false, true} {
			what := fmt.Sprintf("%d events, no usage %v", n, silent)
			checkLedger(t, what+", cut", p, agent, augment, scripted.Script{CutAfter: n, NoUsage: silent, Chop: 7})
		}
	}
}

func TestAugmentsLines(t *testing.T) {
	p := open(t, scripted.Options{})
	agent := agentOf(t, p, true)
	body := augment.ask(t, agent).body
	if n := bytes.Count(body, []byte("\n")); n != 4 || !bytes.Contains(body, []byte(`"content":"hi"`)) {
		t.Errorf("%d lines:\n%s", n, body)
	}
	p.Play(always(scripted.Script{Tool: &scripted.Tool{Name: "Bash", Input: `{"command":"ls"}`}}))
	body = augment.ask(t, agent).body
	for _, part := range []string{`"input_json":"{\"command\":\"ls\"}"`, `"tool_name":"Bash"`, `"stop_reason":3`} {
		if !bytes.Contains(body, []byte(part)) {
			t.Errorf("no %s in\n%s", part, body)
		}
	}
}
