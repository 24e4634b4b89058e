package parsers

import (
	"bytes"
	"encoding/base64"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"

	"github.com/wiremeter/wiremeter/parsers/framing"
	"github.com/wiremeter/wiremeter/usage"
)

// wire makes an event stream of lines, each of which is an event's name and its
// payload.
func wire(t testing.TB, lines string) string {
	t.Helper()
	var b bytes.Buffer
	for line := range strings.SplitSeq(lines, "\n") {
		name, payload, _ := strings.Cut(line, " ")
		m := eventstream.Message{Payload: []byte(payload)}
		kind, header := "event", ":event-type"
		switch what, isException := strings.CutPrefix(name, framing.Exception); {
		case isException:
			kind, header, name = "exception", ":exception-type", what
		case name == "chunk":
			m.Payload = []byte(`{"bytes":"` + base64.StdEncoding.EncodeToString(m.Payload) + `"}`)
		}
		m.Headers.Set(":message-type", eventstream.StringValue(kind))
		m.Headers.Set(header, eventstream.StringValue(name[:min(len(name), maxHeader)]))
		if err := eventstream.NewEncoder().Encode(&b, m); err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}

// maxHeader is the longest name that a header can hold.
const maxHeader = 1<<15 - 1

// fuzzEvents fuzzes what stands in events whose checksums are right.
func fuzzEvents(f *testing.F, dialect string, seeds ...string) {
	for _, s := range seeds {
		f.Add(s, uint16(7))
	}
	f.Fuzz(func(t *testing.T, lines string, size uint16) {
		body := wire(t, lines)
		checkReading(t, dialect, body, int(size)+1)
		checkReading(t, dialect, lines, int(size)+1) // as one that is not streamed, or nothing
	})
}

func checkReading(t *testing.T, dialect, body string, size int) {
	t.Helper()
	resp, state := readAll(dialect, "", body, len(body)+1)
	again, stateAgain := readAll(dialect, "", body, size)
	if !reflect.DeepEqual(resp, again) || state != stateAgain {
		t.Fatalf("in pieces of %d: %+v, %d; whole: %+v, %d", size, again, stateAgain, resp, state)
	}
	checkResponse(t, resp)
}

func FuzzConverse(f *testing.F) {
	fuzzEvents(f, "converse",
		"messageStart {\"role\":\"assistant\"}\nmessageStop {\"stopReason\":\"end_turn\"}\nmetadata {\"usage\":{\"inputTokens\":18,\"outputTokens\":40,\"totalTokens\":58}}",
		"messageStart {}\nmetadata {\"usage\":{\"cacheReadInputTokenCount\":3,\"cacheWriteInputTokens\":400,\"cacheDetails\":[{\"ttl\":\"1h\",\"inputTokens\":400}]},\"serviceTier\":{\"type\":\"flex\"}}",
		"messageStart {}\nexception:throttlingException {\"message\":\"no\"}",
		`{"stopReason":"end_turn","usage":{"inputTokens":18,"outputTokens":40,"totalTokens":58,"cacheWriteInputTokens":9}}`)
}

func FuzzInvoke(f *testing.F) {
	fuzzEvents(f, "invoke",
		"chunk {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"usage\":{\"input_tokens\":3}}}\nchunk {\"type\":\"message_delta\",\"usage\":{\"output_tokens\":9}}\n"+
			"chunk {\"type\":\"message_stop\",\"amazon-bedrock-invocationMetrics\":{\"inputTokenCount\":3,\"outputTokenCount\":9}}",
		"chunk {\"messageStart\":{}}\nchunk {\"messageStop\":{\"stopReason\":\"end_turn\"}}\nchunk {\"metadata\":{\"usage\":{\"inputTokens\":18,\"outputTokens\":40}}}",
		"chunk {\"generation\":\"x\",\"prompt_token_count\":8,\"generation_token_count\":1}\nexception:modelStreamErrorException {}",
		"chunk {\"outputs\":[]}\nchunk {\"amazon-bedrock-invocationMetrics\":{\"inputTokenCount\":3}}",
		"chunk {\"choices\":[{\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":3}}",
		`{"inputTextTokenCount":8,"results":[{"tokenCount":12,"completionReason":"FINISH"}]}`)
}

// A wrong checksum says that the bytes are not those that were sent: what was
// said until then is kept, and no more is believed.
func TestWrongChecksum(t *testing.T) {
	whole := wire(t, "messageStart {}\nmessageStop {\"stopReason\":\"end_turn\"}\nmetadata {\"usage\":{\"inputTokens\":18,\"outputTokens\":40}}")
	for at := range whole {
		wrong := []byte(whole)
		wrong[at] ^= 1
		resp, state := readAll("converse", awsEventStream, string(wrong), 7)
		if state == Complete || resp.Tokens.Input != nil {
			t.Fatalf("with byte %d wrong: state %d, %+v", at, state, resp)
		}
	}
}

func TestContentTypeOfAnEventStream(t *testing.T) {
	body := wire(t, "metadata {\"usage\":{\"inputTokens\":18,\"outputTokens\":40}}")
	for contentType, isStream := range map[string]bool{"application/vnd.amazon.eventstream": true, "Application/vnd.Amazon.Eventstream; x=y": true, "application/octet-stream": true, "": true} {
		r := NewReader(Route{Dialect: "converse", Class: Billable}, Request{}, usage.Header{"Content-Type": {contentType}})
		r.Write([]byte(body))
		if resp, state := r.Close(); state != Complete || *resp.Tokens.Input != 18 || r.IsStream() != isStream {
			t.Errorf("%q: state %d, %+v, stream %v", contentType, state, resp, r.IsStream())
		}
	}
	if _, state := readAll("converse", awsEventStream, "", 1); state != Cut {
		t.Errorf("an empty stream: state %d", state)
	}
	if resp, state := readAll("converse", awsEventStream, `{"usage":{"inputTokens":18}}`, 1); state != Complete || *resp.Tokens.Input != 18 {
		t.Errorf("a document under a stream's name: state %d, %+v", state, resp)
	}
	if _, state := readAll("converse", awsEventStream, "sorry, not today", 1); state != Garbled {
		t.Errorf("a text under a stream's name: state %d", state)
	}
}
