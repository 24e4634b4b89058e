package parsers

import (
	"cmp"
	"encoding/base64"
	"encoding/binary"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
)

// event is a server-sent one.
func event(data string) string { return "data: " + data + "\n\n" }

// envelope is one of Connect's.
func envelope(flags byte, payload []byte) string {
	head := binary.BigEndian.AppendUint32([]byte{flags}, uint32(len(payload)))
	return string(head) + string(payload)
}

func bytesField(n protowire.Number, v string) []byte {
	return protowire.AppendBytes(protowire.AppendTag(nil, n, protowire.BytesType), []byte(v))
}

func numberField(n protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(nil, n, protowire.VarintType), v)
}

// BenchmarkDialects reads text in each of the dialects that have no benchmark of
// their own.
func BenchmarkDialects(b *testing.B) {
	words := strings.Repeat(" and then some more words", 3)
	base64url := base64.RawURLEncoding.EncodeToString
	for dialect, body := range map[string]struct{ first, text, last string }{
		"any": {
			"", event(`{"id":"c","model":"m","choices":[{"delta":{"content":"` + words + `"},"finish_reason":null}],"usage":null}`),
			event(`{"id":"c","choices":[{"finish_reason":"stop"}],"usage":{"prompt_tokens":20,"completion_tokens":12}}`) + event("[DONE]"),
		},
		"augment": {
			`{"text":"x","nodes":[]}` + "\n", `{"text":"` + words + `","unknown_blob_names":[]}` + "\n",
			`{"text":"","nodes":[{"type":10,"token_usage":{"input_tokens":12,"output_tokens":40}}],"stop_reason":1}` + "\n",
		},
		"cohere": {
			event(`{"type":"message-start","id":"c"}`), event(`{"type":"content-delta","index":0,"delta":{"message":{"content":{"text":"` + words + `"}}}}`),
			event(`{"type":"message-end","delta":{"finish_reason":"COMPLETE","usage":{"billed_units":{"input_tokens":46,"output_tokens":20}}}}`),
		},
		"converse": {
			"", wire(b, `contentBlockDelta {"contentBlockIndex":0,"delta":{"text":"`+words+`"},"p":"abcdef"}`),
			wire(b, "messageStop {\"stopReason\":\"end_turn\"}\n"+`metadata {"usage":{"inputTokens":18,"outputTokens":40,"totalTokens":58}}`),
		},
		"copilot": {
			"", event(`{"id":"c","model":"m","choices":[{"delta":{"content":"` + words + `"},"finish_reason":null}]}`),
			event(`{"id":"c","choices":[{"finish_reason":"stop"}],"usage":{"prompt_tokens":20,"completion_tokens":12}}`) + event("[DONE]"),
		},
		"dashscope": {
			"", event(`{"output":{"choices":[{"message":{"content":"` + words + `"},"finish_reason":"null"}]},"usage":{"input_tokens":30,"output_tokens":8,"total_tokens":38},"request_id":"r"}`),
			event(`{"output":{"choices":[{"message":{"content":""},"finish_reason":"stop"}]},"usage":{"input_tokens":30,"output_tokens":8,"total_tokens":38},"request_id":"r"}`),
		},
		"interactions": {
			"", event(`{"event_type":"step.delta","index":0,"delta":{"type":"text","text":"` + words + `"}}`),
			event(`{"event_type":"interaction.completed","interaction":{"id":"i","status":"completed","usage":{"total_input_tokens":22,"total_output_tokens":973,"total_tokens":995}}}`),
		},
		"invoke": {
			wire(b, `chunk {"type":"message_start","message":{"id":"m","usage":{"input_tokens":12,"output_tokens":1}}}`),
			wire(b, `chunk {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"`+words+`"}}`),
			wire(b, `chunk {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":9}}`+"\n"+`chunk {"type":"message_stop"}`),
		},
		"kiro": {
			"", wire(b, `assistantResponseEvent {"content":"`+words+`"}`),
			wire(b, `metadataEvent {"tokenUsage":{"uncachedInputTokens":10,"outputTokens":7,"totalTokens":17}}`),
		},
		"llamacpp": {
			"", event(`{"index":0,"content":"` + words + `","tokens":[1,2,3],"stop":false,"id_slot":0,"tokens_predicted":1,"tokens_evaluated":100}`),
			event(`{"index":0,"content":"","stop":true,"tokens_predicted":6,"tokens_evaluated":100,"timings":{"cache_n":96,"prompt_n":4}}`),
		},
		"lmstudio": {
			"", event(`{"type":"message.delta","content":"` + words + `"}`),
			event(`{"type":"chat.end","result":{"stats":{"input_tokens":26,"total_output_tokens":40}}}`),
		},
		"media": {
			"", event(`{"type":"transcript.text.delta","delta":"` + words + `"}`),
			event(`{"type":"transcript.text.done","usage":{"type":"tokens","input_tokens":14,"output_tokens":45,"total_tokens":59}}`),
		},
		"ollama": {
			"", `{"model":"q","created_at":"2026-11-01T00:00:00Z","message":{"role":"assistant","content":"` + words + `"},"done":false}` + "\n",
			`{"model":"q","message":{"content":""},"done":true,"prompt_eval_count":26,"eval_count":7}` + "\n",
		},
		"sonic": {
			"", wire(b, `chunk {"event":{"audioOutput":{"completionId":"co","content":"`+strings.Repeat("AAAA", 60)+`"}}}`),
			wire(b, `chunk {"event":{"usageEvent":{"totalInputTokens":60,"totalOutputTokens":90,"totalTokens":150}}}`+"\n"+`chunk {"event":{"completionEnd":{"stopReason":"END_TURN"}}}`),
		},
		"vercel": {
			"", event(`{"type":"text-delta","id":"0","delta":"` + words + `"}`),
			event(`{"type":"finish","finishReason":"stop","usage":{"inputTokens":{"total":100},"outputTokens":{"total":9}}}`),
		},
		"warp": {
			"", event(base64url(bytesField(2, words))),
			event(base64url(bytesField(3, string(bytesField(8, string(append(numberField(2, 40), numberField(3, 6)...))))))),
		},
		"windsurf": {
			"", envelope(0, append(bytesField(1, "bot"), bytesField(3, words)...)),
			envelope(0, bytesField(7, string(append(numberField(2, 120), numberField(3, 45)...)))) + envelope(2, []byte("{}")),
		},
		"zed": {
			`{"event":{"type":"message_start","message":{"id":"m","usage":{"input_tokens":12,"output_tokens":1}}}}` + "\n",
			`{"event":{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"` + words + `"}}}` + "\n",
			`{"event":{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":9}}}` + "\n" + `{"event":{"type":"message_stop"}}` + "\n",
		},
	} {
		b.Run(dialect, func(b *testing.B) {
			benchmarkAs(b, cmp.Or(contentTypes[dialect], eventStream), dialect, body.first, body.text, body.last)
		})
	}
}

var contentTypes = map[string]string{
	"converse": awsEventStream, "invoke": awsEventStream, "kiro": awsEventStream, "sonic": awsEventStream,
	"ollama": jsonLines, "augment": jsonLines, "zed": jsonLines, "windsurf": "application/connect+proto",
}
