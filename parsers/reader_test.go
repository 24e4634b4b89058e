package parsers

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/wiremeter/wiremeter/usage"
)

func readAll(dialect, contentType, body string, size int) (usage.Response, State) {
	r := NewReader(Route{Dialect: dialect, Class: Billable}, Request{}, usage.Header{"Content-Type": {contentType}})
	for len(body) > 0 {
		n := min(size, len(body))
		r.Write([]byte(body[:n]))
		body = body[n:]
	}
	return r.Close()
}

func TestStates(t *testing.T) {
	const big = 6 << 20
	tests := []struct {
		name, dialect, contentType, body string
		want                             State
	}{
		{"empty document", "messages", "application/json", "", Silent},
		{"empty stream", "messages", "Text/Event-Stream; charset=utf-8", "\n", Cut},
		{"blank", "chat", "", " \r\n", Silent},
		{"unknown dialect", "none", "application/json", `{"usage":{"input_tokens":1}}`, Garbled},
		{"a scalar", "messages", "application/json", `"input_tokens"`, Garbled},
		{"broken JSON", "messages", "application/json", `{"usage":{"input_tokens":1,}}`, Garbled},
		{"cut JSON", "messages", "application/json", `{"usage":{"input_tokens":1`, Cut},
		{"two documents", "messages", "application/json", `{"usage":{"input_tokens":1}}{"usage":{"input_tokens":2}}`, Garbled},
		{"type unknown, document", "messages", "", `{"usage":{"input_tokens":1}}`, Complete},
		{"type unknown, events", "chat", "text/plain", "data: {\"id\":\"1\",\"choices\":[],\"usage\":{\"prompt_tokens\":1}}\n\ndata: [DONE]\n\n", Complete},
		{"type wrong, document", "chat", "text/event-stream", `{"choices":[],"usage":{"prompt_tokens":1}}`, Complete},
		{"events of another dialect", "messages", "text/event-stream", "data: {\"choices\":[]}\n\ndata: [DONE]\n\n", Garbled},
		{"only comments", "chat", "text/event-stream", ": busy\n\n: busy\n\n", Cut},
		{"too large a document", "chat", "application/json", `{"x":[` + strings.Repeat(`"some text",`, big/12), Garbled},
		{"too large an event before the end", "responses", "text/event-stream",
			"data: {\"type\":\"response.created\"}\n\ndata: {\"type\":\"response.completed\",\"x\":[" + strings.Repeat(`"some text",`, big/12) + "1]}\n\n", Garbled},
		{"too large an event, but the end is there", "messages", "text/event-stream",
			"data: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":1}}}\n\ndata: {\"type\":\"content_block_start\",\"x\":[" + strings.Repeat(`"some text",`, big/12) + "1]}\n\ndata: {\"type\":\"message_stop\"}\n\n", Complete},
	}
	for _, tt := range tests {
		for _, size := range []int{len(tt.body) + 1, 4 << 10} {
			if _, got := readAll(tt.dialect, tt.contentType, tt.body, size); got != tt.want {
				t.Errorf("%s, in pieces of %d: state %d, want %d", tt.name, size, got, tt.want)
			}
		}
	}
}

func TestRawIsTheUsageObject(t *testing.T) {
	start := `{"input_tokens":12,"output_tokens":3}`
	delta := `{"output_tokens":210}`
	stream := "data: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"usage\":" + start + "}}\n\n"
	tests := []struct{ dialect, body, want string }{
		{"messages", `{"usage": ` + start + `, "content": "text"}`, start},
		{"messages", stream, `{"message_start":` + start + `}`},
		{"messages", stream + "data: {\"type\":\"message_delta\",\"usage\":" + delta + "}\n\ndata: {\"type\":\"message_stop\"}\n\n", `{"message_start":` + start + `,"message_delta":` + delta + `}`},
		{"chat", `{"usage": { "prompt_tokens": 1, "vendor": {"x": null} }}`, `{ "prompt_tokens": 1, "vendor": {"x": null} }`},
		{"responses", `{"usage":{"input_tokens":1}}`, `{"input_tokens":1}`},
		{"generate", `{"usageMetadata":{"promptTokenCount":1}}`, `{"promptTokenCount":1}`},
		{"generate", `{"response":{"usageMetadata":{"promptTokenCount":1}},"traceId":"t"}`, `{"promptTokenCount":1}`},
		// What may be something else than usage is not kept, though it is counted.
		{"chat", `{"usage":{"prompt_tokens":1,"x":"` + strings.Repeat("the answer is ", 20) + `"}}`, ""},
		{"chat", `{"usage":{"prompt_tokens":1,"` + strings.Repeat("the answer is ", 20) + `":1}}`, ""},
		{"chat", `{"usage":{"prompt_tokens":1,"x":[` + strings.Repeat("1,", 9<<10) + `1]}}`, ""},
	}
	for _, tt := range tests {
		resp, _ := readAll(tt.dialect, "", tt.body, 1<<20)
		if string(resp.Raw) != tt.want {
			t.Errorf("%s: raw is %.200q, want %q", tt.dialect, resp.Raw, tt.want)
		}
		if resp.Raw != nil && !json.Valid(resp.Raw) {
			t.Errorf("%s: raw is no JSON: %q", tt.dialect, resp.Raw)
		}
		if resp.Tokens.Input == nil {
			t.Errorf("%s: the input was not counted", tt.dialect)
		}
	}
}

// LiteLLM's header is of the whole response, which of a stream nobody knows when
// it begins; and what the body says holds.
func TestCostInHeader(t *testing.T) {
	const chunk = `{"id":"c","choices":[{"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":2}}`
	for _, tt := range []struct{ body, want string }{
		{chunk, "28500"},
		{"data: " + chunk + "\n\ndata: [DONE]\n\n", "null"},
		{strings.Replace(chunk, `{"prompt`, `{"cost":0.5,"prompt`, 1), "500000000"},
		{`{"error":{"type":"x"}}`, "null"},
	} {
		r := NewReader(Route{Dialect: "chat", Class: Billable}, Request{}, usage.Header{"X-Litellm-Response-Cost": {"2.85e-05"}})
		r.Write([]byte(tt.body))
		resp, _ := r.Close()
		if got, _ := json.Marshal(resp.ReportedCost); string(got) != tt.want {
			t.Errorf("%s: got %s, want %s", tt.body, got, tt.want)
		}
	}
}

// Text that stands where a word should is not taken.
func TestNoContentIsTaken(t *testing.T) {
	const secret = "my secret plan"
	for _, dialect := range []string{"messages", "chat", "responses", "generate"} {
		body := strings.ReplaceAll(`{"id":"S","model":"S","modelVersion":"S","responseId":"S","stop_reason":"S","status":"S","service_tier":"S","object":"S",
			"choices":[{"finish_reason":"S","message":{"content":"S"}}],"candidates":[{"finishReason":"S","content":{"parts":[{"text":"S"}]}}],"content":[{"type":"text","text":"S"}],
			"error":{"type":"S","code":"S","status":"S","message":"S"},"incomplete_details":{"reason":"S"},"output":["S"],
			"usage":{"input_tokens":1,"service_tier":"S","iterations":[{"type":"compaction","model":"S"}]}}`, `"S"`, `"`+secret+`"`)
		resp, state := readAll(dialect, "application/json", body, 1<<20)
		resp.Raw = nil // keeps short strings of the usage object on purpose
		if s := fmt.Sprintf("%+v", resp); strings.Contains(s, "secret") || state != Complete {
			t.Errorf("%s: state %d, %s", dialect, state, s)
		}
	}
}

func fuzzDialect(f *testing.F, dialect string) {
	for _, e := range load(f) {
		if e.want.Dialect == dialect && len(e.body) < 16<<10 {
			f.Add(string(e.body), uint16(7))
		}
	}
	f.Fuzz(func(t *testing.T, body string, size uint16) {
		resp, state := readAll(dialect, "", body, len(body)+1)
		again, stateAgain := readAll(dialect, "", body, int(size)+1)
		if !reflect.DeepEqual(resp, again) || state != stateAgain {
			t.Fatalf("in pieces of %d: %+v, %d; whole: %+v, %d", size+1, again, stateAgain, resp, state)
		}
		checkResponse(t, resp)
	})
}

func checkResponse(t *testing.T, resp usage.Response) {
	t.Helper()
	checkTokens(t, resp.Tokens, resp.IsDoubtful)
	for _, p := range resp.Parts {
		checkTokens(t, p.Tokens, true)
	}
	if len(resp.Raw) > 17<<10 || resp.Raw != nil && !json.Valid(resp.Raw) {
		t.Fatalf("raw: %d bytes, %.200q", len(resp.Raw), resp.Raw)
	}
	if c := resp.ReportedCost; c != nil && *c < 0 || resp.WebSearches != nil && *resp.WebSearches < 0 {
		t.Fatalf("a cost or searches below zero: %+v", resp)
	}
	for _, s := range []string{resp.ID, resp.Model, resp.ServiceTier, resp.Speed, resp.Geo, resp.StopReason, resp.Error} {
		if len(s) > 256 || strings.ContainsAny(s, " \n\t") {
			t.Fatalf("%.300q is no word", s)
		}
	}
}

func checkTokens(t *testing.T, tokens usage.Tokens, isDoubtful bool) {
	t.Helper()
	v := reflect.ValueOf(tokens)
	for i := range v.NumField() {
		if n := v.Field(i).Interface().(*int64); n != nil && *n < 0 {
			t.Fatalf("%s is %d", v.Type().Field(i).Name, *n)
		}
	}
	if out := tokens.Output; !isDoubtful && out != nil && tokens.Reasoning != nil && *tokens.Reasoning > *out {
		t.Fatalf("reasoning is %d of an output of %d", *tokens.Reasoning, *out)
	}
}

func FuzzMessages(f *testing.F)  { fuzzDialect(f, "messages") }
func FuzzChat(f *testing.F)      { fuzzDialect(f, "chat") }
func FuzzResponses(f *testing.F) { fuzzDialect(f, "responses") }
func FuzzGenerate(f *testing.F)  { fuzzDialect(f, "generate") }

func FuzzAny(f *testing.F)          { fuzzDialect(f, "any") }
func FuzzAugment(f *testing.F)      { fuzzDialect(f, "augment") }
func FuzzInteractions(f *testing.F) { fuzzDialect(f, "interactions") }
func FuzzLlamacpp(f *testing.F)     { fuzzDialect(f, "llamacpp") }
func FuzzLmstudio(f *testing.F)     { fuzzDialect(f, "lmstudio") }
func FuzzMedia(f *testing.F)        { fuzzDialect(f, "media") }
func FuzzWarp(f *testing.F)         { fuzzDialect(f, "warp") }
func FuzzWindsurf(f *testing.F)     { fuzzDialect(f, "windsurf") }
func FuzzZed(f *testing.F)          { fuzzDialect(f, "zed") }

func FuzzKiro(f *testing.F) {
	fuzzEvents(f, "kiro", `messageMetadataEvent {"conversationId":"k","utteranceId":"u"}
assistantResponseEvent {"content":"ok"}
metadataEvent {"tokenUsage":{"uncachedInputTokens":10,"outputTokens":7,"totalTokens":112,"cacheReadInputTokens":90,"cacheWriteInputTokens":5}}
meteringEvent {"unit":"credit","usage":0.04}`, `{"__type":"com.amazon#ThrottlingException"}`, "exception:x {}")
}

func FuzzSonic(f *testing.F) {
	fuzzEvents(f, "sonic", `chunk {"event":{"completionStart":{"sessionId":"s"}}}
chunk {"event":{"usageEvent":{"sessionId":"s","totalInputTokens":60,"totalOutputTokens":90,"totalTokens":150}}}
chunk {"event":{"completionEnd":{"stopReason":"END_TURN"}}}`, "exception:x {}")
}

// FuzzBatch: the same results however the body is cut, each with its own id.
func FuzzBatch(f *testing.F) {
	for _, e := range load(f) {
		if e.want.Results != nil {
			f.Add(string(e.body), uint16(7))
		}
	}
	f.Fuzz(func(t *testing.T, body string, size uint16) {
		read := func(size int) (all []usage.Response) {
			r := NewReader(Route{Dialect: "batch", Class: Fetch}, Request{}, nil)
			r.Each = func(resp usage.Response) { all = append(all, resp) }
			inPieces([]byte(body), size, r.Write)
			if resp, _ := r.Close(); !resp.Tokens.IsZero() {
				t.Fatalf("a batch has counts of its own: %+v", resp)
			}
			return all
		}
		whole := read(len(body) + 1)
		if again := read(int(size) + 1); !reflect.DeepEqual(whole, again) {
			t.Fatalf("in pieces of %d: %+v; whole: %+v", size+1, again, whole)
		}
		for _, resp := range whole {
			checkResponse(t, resp)
			if resp.ID == "" || resp.Tokens.IsZero() {
				t.Fatalf("no result to count once: %+v", resp)
			}
		}
	})
}

// benchmark reads a stream of text whose usage stands where it does on the
// wire, in pieces as a socket gives them.
func benchmark(b *testing.B, dialect, first, text, last string) {
	benchmarkAs(b, eventStream, dialect, first, text, last)
}

func benchmarkAs(b *testing.B, contentType, dialect, first, text, last string) {
	body := []byte(first + strings.Repeat(text, 5000) + last)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		r := NewReader(Route{Dialect: dialect, Class: Billable}, Request{}, usage.Header{"Content-Type": {contentType}})
		for rest := body; len(rest) > 0; {
			n := min(16<<10, len(rest))
			r.Write(rest[:n])
			rest = rest[n:]
		}
		if resp, state := r.Close(); state != Complete || resp.Tokens.Output == nil {
			b.Fatalf("state %d, %+v", state, resp)
		}
	}
}

func BenchmarkMessages(b *testing.B) {
	benchmark(b, "messages",
		"event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"model\":\"claude\",\"usage\":{\"input_tokens\":12,\"output_tokens\":3}}}\n\n",
		"event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\" and then some more words\"}}\n\n",
		"event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":210}}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n")
}

func BenchmarkChat(b *testing.B) {
	benchmark(b, "chat", "",
		"data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1790000000,\"model\":\"gpt-5.6\",\"service_tier\":\"default\",\"system_fingerprint\":\"fp_1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\" words\"},\"logprobs\":null,\"finish_reason\":null}],\"usage\":null,\"obfuscation\":\"x7\"}\n\n",
		"data: {\"id\":\"chatcmpl-1\",\"choices\":[{\"finish_reason\":\"stop\"}],\"usage\":null}\n\ndata: {\"id\":\"chatcmpl-1\",\"choices\":[],\"usage\":{\"prompt_tokens\":20,\"completion_tokens\":12,\"total_tokens\":32}}\n\ndata: [DONE]\n\n")
}

func BenchmarkResponses(b *testing.B) {
	benchmark(b, "responses", "event: response.created\ndata: {\"type\":\"response.created\",\"response\":{\"id\":\"r\",\"usage\":null}}\n\n",
		"event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"sequence_number\":4,\"item_id\":\"msg_1\",\"output_index\":0,\"content_index\":0,\"delta\":\" words\",\"logprobs\":[],\"obfuscation\":\"abcdef\"}\n\n",
		"event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{\"id\":\"r\",\"status\":\"completed\",\"usage\":{\"input_tokens\":9,\"output_tokens\":4,\"total_tokens\":13}}}\n\n")
}

// Every chunk of this dialect carries usage, so that every chunk is read.
func BenchmarkGenerate(b *testing.B) {
	chunk := "data: {\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[{\"text\":\"and then some more words, in chunks that are larger than those of others\"}]}%s,\"index\":0}],\"usageMetadata\":{\"promptTokenCount\":10,\"candidatesTokenCount\":20,\"totalTokenCount\":30},\"modelVersion\":\"gemini-3-flash\",\"responseId\":\"r1\"}\r\n\r\n"
	benchmark(b, "generate", "", fmt.Sprintf(chunk, ""), fmt.Sprintf(chunk, `,"finishReason":"STOP"`))
}

// Some servers say it only at the end.
func BenchmarkGenerateText(b *testing.B) {
	chunk := "data: {\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[{\"text\":\"and then some more words, in chunks that are larger than those of others\"}]}%s,\"index\":0}],%s\"modelVersion\":\"gemini-3-flash\",\"responseId\":\"r1\"}\r\n\r\n"
	benchmark(b, "generate", "", fmt.Sprintf(chunk, "", ""),
		fmt.Sprintf(chunk, `,"finishReason":"STOP"`, `"usageMetadata":{"promptTokenCount":10,"candidatesTokenCount":20,"totalTokenCount":30},`))
}

func BenchmarkDocument(b *testing.B) {
	body := bytes.Repeat([]byte("some words and \\\"quotes\\\"\\n"), 4000)
	body = append(append([]byte(`{"id":"m","content":[{"type":"text","text":"`), body...), `"}],"usage":{"input_tokens":1,"output_tokens":2}}`...)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		r := NewReader(Route{Dialect: "messages"}, Request{}, usage.Header{"Content-Type": {"application/json"}})
		r.Write(body)
		if _, state := r.Close(); state != Complete {
			b.Fatal(state)
		}
	}
}
