package dialect

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/wiremeter/wiremeter/parsers/framing"
	"github.com/wiremeter/wiremeter/usage"
)

// Of members that have the same name the last is read, as agents do it: in the
// root, in the usage object, in its details.
func TestOfSeveralMembersTheLastHolds(t *testing.T) {
	for name, test := range map[string]struct {
		dialect string
		o       Options
		frames  string // a line each
		want    string
	}{
		"messages": {"messages", Options{}, `{"id":"x","id":"i","model":"x","model":"m","stop_reason":"x","stop_reason":"end","usage":{"input_tokens":90},` +
			`"usage":{"input_tokens":90,"input_tokens":1,"cache_read_input_tokens":90,"cache_read_input_tokens":2,"output_tokens":90,"output_tokens":6,` +
			`"cache_creation":{"ephemeral_5m_input_tokens":90},"cache_creation":{"ephemeral_5m_input_tokens":90,"ephemeral_5m_input_tokens":3,"ephemeral_1h_input_tokens":90,"ephemeral_1h_input_tokens":4},` +
			`"output_tokens_details":{"thinking_tokens":90},"output_tokens_details":{"thinking_tokens":90,"thinking_tokens":5},` +
			`"cache_creation_input_tokens":90,"cache_creation_input_tokens":7}}`,
			`i m end {"input":1,"cache_read":2,"cache_write_5m":3,"cache_write_1h":4,"cache_write_other":null,"output":6,"reasoning":5}`},
		"messages, streamed": {"messages", Options{IsStream: true}, `{"type":"message_start","message":{"id":"x"},"message":{"id":"i","model":"x","model":"m","usage":{"input_tokens":90},"usage":{"input_tokens":1}}}
{"type":"message_delta","delta":{"stop_reason":"x"},"delta":{"stop_reason":"x","stop_reason":"end"},"usage":{"output_tokens":90},"usage":{"output_tokens":90,"output_tokens":6}}
{"type":"message_stop"}`, `i m end {"input":1,"cache_read":null,"cache_write_5m":null,"cache_write_1h":null,"cache_write_other":null,"output":6,"reasoning":null}`},
		"chat": {"chat", Options{}, `{"id":"x","id":"i","model":"x","model":"m","choices":[{"finish_reason":"x"}],"choices":[{"finish_reason":"x","finish_reason":"end"}],"error":{"type":"x"},"error":null,` +
			`"usage":{"prompt_tokens":90},"usage":{"prompt_tokens":90,"prompt_tokens":10,"completion_tokens":90,"completion_tokens":6,"total_tokens":90,"total_tokens":16,` +
			`"prompt_tokens_details":{"cached_tokens":90},"prompt_tokens_details":{"cached_tokens":90,"cached_tokens":2,"cache_write_tokens":90,"cache_write_tokens":3},` +
			`"completion_tokens_details":{"reasoning_tokens":90},"completion_tokens_details":{"reasoning_tokens":90,"reasoning_tokens":5}}}`,
			`i m end {"input":5,"cache_read":2,"cache_write_5m":null,"cache_write_1h":null,"cache_write_other":3,"output":6,"reasoning":5}`},
		"chat, last without": {"chat", Options{}, `{"id":"i","model":"m","usage":{"prompt_tokens":90},"usage":null}`,
			`i m  {"input":null,"cache_read":null,"cache_write_5m":null,"cache_write_1h":null,"cache_write_other":null,"output":null,"reasoning":null}`},
		"chat in choices": {"chat", Options{}, `{"id":"i","model":"m","choices":[{"usage":{"prompt_tokens":90},"usage":{"prompt_tokens":1}}]}`,
			`i m  {"input":1,"cache_read":null,"cache_write_5m":null,"cache_write_1h":null,"cache_write_other":null,"output":null,"reasoning":null}`},
		"responses": {"responses", Options{}, `{"id":"x","id":"i","model":"x","model":"m","status":"failed","status":"end","error":{"type":"x"},"error":null,"usage":{"input_tokens":90,"output_tokens":90},` +
			`"usage":{"input_tokens":90,"input_tokens":10,"output_tokens":90,"output_tokens":6,"total_tokens":90,"total_tokens":16,` +
			`"input_tokens_details":{"cached_tokens":90},"input_tokens_details":{"cached_tokens":90,"cached_tokens":2,"cache_write_tokens":90,"cache_write_tokens":3},` +
			`"output_tokens_details":{"reasoning_tokens":90},"output_tokens_details":{"reasoning_tokens":90,"reasoning_tokens":5}}}`,
			`i m end {"input":5,"cache_read":2,"cache_write_5m":null,"cache_write_1h":null,"cache_write_other":3,"output":6,"reasoning":5}`},
		"responses, streamed": {"responses", Options{IsStream: true}, `{"type":"response.completed","response":{"id":"x"},"response":{"id":"i","model":"m","status":"end","usage":{"input_tokens":1},"usage":null}}`,
			`i m end {"input":null,"cache_read":null,"cache_write_5m":null,"cache_write_1h":null,"cache_write_other":null,"output":null,"reasoning":null}`},
		"generate": {"generate", Options{}, `{"responseId":"x","responseId":"i","modelVersion":"x","modelVersion":"m","candidates":[{"finishReason":"x","finishReason":"end"}],"error":{"code":1},"error":null,` +
			`"usageMetadata":{"promptTokenCount":90},"usageMetadata":{"promptTokenCount":90,"promptTokenCount":3,"cachedContentTokenCount":90,"cachedContentTokenCount":2,` +
			`"candidatesTokenCount":90,"candidatesTokenCount":1,"thoughtsTokenCount":90,"thoughtsTokenCount":5,"totalTokenCount":90,"totalTokenCount":9}}`,
			`i m end {"input":1,"cache_read":2,"cache_write_5m":null,"cache_write_1h":null,"cache_write_other":null,"output":6,"reasoning":5}`},
		"generate, wrapped": {"generate", Options{}, `{"traceId":"x","traceId":"i","response":{"modelVersion":"x"},"response":{"modelVersion":"m","usageMetadata":{"promptTokenCount":90},"usageMetadata":{"promptTokenCount":0,"candidatesTokenCount":6}}}`,
			`i m  {"input":0,"cache_read":null,"cache_write_5m":null,"cache_write_1h":null,"cache_write_other":null,"output":6,"reasoning":null}`},
		"realtime": {"realtime", Options{}, `{"type":"session.created","session":{"model":"x"},"session":{"model":"x","model":"m"}}
{"type":"response.done","response":{"id":"x"},"response":{"id":"x","id":"i","status":"x","status":"end","usage":{"input_tokens":90},"usage":{"input_tokens":90,"input_tokens":3,"output_tokens":90,"output_tokens":6,` +
			`"input_token_details":{"cached_tokens":90},"input_token_details":{"cached_tokens":90,"cached_tokens":2}}}}`,
			`i m end {"input":1,"cache_read":2,"cache_write_5m":null,"cache_write_1h":null,"cache_write_other":null,"output":6,"reasoning":null}`},
		"live": {"live", Options{}, `{"usageMetadata":{"promptTokenCount":90},"usageMetadata":{"promptTokenCount":90,"promptTokenCount":1,"responseTokenCount":90,"responseTokenCount":6}}`,
			`   {"input":1,"cache_read":null,"cache_write_5m":null,"cache_write_1h":null,"cache_write_other":null,"output":6,"reasoning":null}`},
	} {
		var resp usage.Response
		isEnded := false
		m := New(test.dialect, test.o)
		for line := range strings.SplitSeq(test.frames, "\n") {
			resp, isEnded = m.Observe(framing.Frame{Data: []byte(line)})
		}
		tokens, err := json.Marshal(resp.Tokens)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join([]string{resp.ID, resp.Model, resp.StopReason, string(tokens)}, " "); got != test.want || !isEnded || resp.Error != "" || resp.IsDoubtful {
			t.Errorf("%s:\ngot  %s, ended %v, error %q, doubtful %v\nwant %s", name, got, isEnded, resp.Error, resp.IsDoubtful, test.want)
		}
	}
}

func TestOfSeveralMembersOfARequestTheLastHolds(t *testing.T) {
	q, ok := ReadRequest([]byte(`{"model":"x","model":"m","stream":false,"stream":true,"metadata":{"user_id":"x","user_id":"{\"session_id\":\"x\",\"session_id\":\"s\"}"}}`))
	if want := (Request{Model: "m", IsStream: true, SessionID: "s"}); q != want || !ok {
		t.Errorf("got %+v", q)
	}
}
