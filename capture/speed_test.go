package capture

import (
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/wiremeter/wiremeter/usage"
)

// discard is a recorder that keeps nothing.
type discard struct{}

func (discard) Record(usage.Record) {}
func (discard) Tally(usage.Tally)   {}

// BenchmarkExchange is what metering costs a small exchange, from the tap's
// beginning to the record.
func BenchmarkExchange(b *testing.B) {
	ask := []byte(`{"model":"gpt-5.6","messages":[{"role":"user","content":"` + strings.Repeat("say hi ", 280) + `"}]}`)
	answer := []byte(`{"id":"chatcmpl-1","object":"chat.completion","created":1790000000,"model":"gpt-5.6","service_tier":"default","choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"` +
		strings.Repeat("hello ", 430) + `"}}],"usage":{"prompt_tokens":2000,"completion_tokens":120,"total_tokens":2120,"prompt_tokens_details":{"cached_tokens":1500},"completion_tokens_details":{"reasoning_tokens":80}}}`)
	head := usage.Exchange{
		StartedAt: time.Now(), Front: usage.Forward, Transport: usage.HTTP1,
		Method: "POST", Host: "api.openai.com", Path: "/v1/chat/completions",
		Header: usage.Header{"Content-Type": {"application/json"}, "User-Agent": {"curl/7.88.1"}},
	}
	response := usage.Header{"Content-Type": {"application/json"}, "X-Request-Id": {"req_1"}}
	c := New(discard{}, zerolog.Nop())
	b.ReportAllocs()
	for b.Loop() {
		e := c.Begin(head)
		e.Request(ask)
		e.Response(200, response)
		e.Body(answer)
		e.End(nil)
	}
}

// BenchmarkEvent is what metering costs an event of a stream that comes alone.
func BenchmarkEvent(b *testing.B) {
	event := []byte(`data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1790000000,"model":"gpt-5.6","service_tier":"default","system_fingerprint":"fp_1","choices":[{"index":0,"delta":{"content":" words"},"logprobs":null,"finish_reason":null}],"usage":null,"obfuscation":"x7"}` + "\n\n")
	c := New(discard{}, zerolog.Nop())
	e := c.Begin(usage.Exchange{StartedAt: time.Now(), Method: "POST", Host: "api.openai.com", Path: "/v1/chat/completions"})
	e.Response(200, usage.Header{"Content-Type": {"text/event-stream"}})
	b.ReportAllocs()
	b.SetBytes(int64(len(event)))
	for b.Loop() {
		e.Body(event)
	}
	e.End(nil)
}

// BenchmarkMessage is what metering costs a message on a WebSocket.
func BenchmarkMessage(b *testing.B) {
	text := `{"type":"response.output_text.delta","sequence_number":4,"item_id":"msg_1","output_index":0,"content_index":0,"delta":"hello there, ","logprobs":[],"obfuscation":"abcdef"}`
	message := append([]byte{0x81, 126, 0, byte(len(text))}, text...)
	c := New(discard{}, zerolog.Nop())
	e := c.Begin(usage.Exchange{StartedAt: time.Now(), Transport: usage.WebSocket, Method: "GET", Host: "api.openai.com", Path: "/v1/responses"})
	e.Response(101, usage.Header{})
	ask := `{"type":"response.create","model":"gpt-5.6"}`
	e.Request(append([]byte{0x81, 0x80 | byte(len(ask)), 0, 0, 0, 0}, ask...))
	b.ReportAllocs()
	b.SetBytes(int64(len(message)))
	for b.Loop() {
		e.Body(message)
	}
	e.End(nil)
}

// BenchmarkEnvelope is what metering costs an envelope of Connect.
func BenchmarkEnvelope(b *testing.B) {
	envelope := append([]byte{0, 0, 0, 0, 19, 1<<3 | 2, 17, 1<<3 | 2, 15, 1<<3 | 2, 13}, "hello there, "...)
	c := New(discard{}, zerolog.Nop())
	e := c.Begin(usage.Exchange{StartedAt: time.Now(), Method: "POST", Host: "api2.cursor.sh", Path: "/agent.v1.AgentService/RunSSE"})
	e.Response(200, usage.Header{"Content-Type": {"text/event-stream"}})
	b.ReportAllocs()
	b.SetBytes(int64(len(envelope)))
	for b.Loop() {
		e.Body(envelope)
	}
	e.End(nil)
}
