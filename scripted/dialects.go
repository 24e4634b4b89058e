package scripted

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"unicode/utf8"

	"github.com/wiremeter/wiremeter/usage"
)

type object = map[string]any

// errorType is what each dialect's error of a status is called. 200 is an error
// in a stream.
var errorType = map[int]string{
	200: "overloaded_error", 400: "invalid_request_error", 401: "authentication_error", 404: "not_found_error",
	426: "upgrade_required", 429: "rate_limit_error", 500: "api_error", 503: "UNAVAILABLE", 529: "overloaded_error",
}

func fault(status int, message string) any { return faultOf(status, message) }

func faultOf(status int, message string) object {
	return object{"type": "error", "error": object{"type": errorType[status], "message": message}}
}

func count(n int64) *int64 { return &n }

// split cuts a text in two, so that a stream has something to add up; not
// within a character, which JSON would not carry.
func split(s string) []string {
	at := len(s) / 2
	for at < len(s) && !utf8.RuneStart(s[at]) {
		at++
	}
	return []string{s[:at], s[at:]}
}

// Anthropic messages: counts are disjoint; message_start has a placeholder for
// the output, message_delta the final totals.
var messages = dialect{
	name: "messages", path: regexp.MustCompile(`/v1/messages$`),
	bills: func(n int64) bill {
		return bill{"msg_scripted_%d", usage.Tokens{
			Input: count(100 + n), CacheRead: count(1000 + 10*n), CacheWrite5m: count(20 + n), CacheWrite1h: count(30 + n), Output: count(40 + n), Reasoning: count(5 + n),
		}}
	},
	fault: fault,
	known: func(y *reply) (bill, bool) {
		t := y.bill.tokens
		if y.sent < y.total-1 { // message_delta comes before the last
			t.Output, t.Reasoning = nil, nil // all that was said of them is a placeholder
		}
		return bill{tokens: t}, false
	},
	whole: func(y *reply) any { return messageOf(y, messageUsage(y), y.content()) },
	event: messageEvents,
}

func messageUsage(y *reply) object {
	t := y.bill.tokens
	return object{
		"input_tokens": *t.Input, "cache_read_input_tokens": *t.CacheRead, "cache_creation_input_tokens": *t.CacheWrite5m + *t.CacheWrite1h,
		"cache_creation": object{"ephemeral_5m_input_tokens": *t.CacheWrite5m, "ephemeral_1h_input_tokens": *t.CacheWrite1h},
		"output_tokens":  *t.Output, "output_tokens_details": object{"thinking_tokens": *t.Reasoning}, "service_tier": "standard",
	}
}

func messageOf(y *reply, spent object, content []any) object {
	m := object{
		"id": y.id, "type": "message", "role": "assistant", "model": y.Model, "content": content,
		"stop_reason": y.stopReason(), "stop_sequence": nil,
	}
	if !y.NoUsage {
		m["usage"] = spent
	}
	return m
}

func (y *reply) stopReason() string {
	if y.Tool != nil {
		return "tool_use"
	}
	return "end_turn"
}

func (y *reply) content() []any {
	if y.Tool != nil {
		return []any{object{"type": "tool_use", "id": fmt.Sprintf("toolu_%d", y.Number), "name": y.Tool.Name, "input": json.RawMessage(y.Tool.Input)}}
	}
	return []any{object{"type": "text", "text": y.text()}}
}

func messageEvents(y *reply) []event {
	start := messageUsage(y)
	start["output_tokens"] = 1
	delete(start, "output_tokens_details")
	head := messageOf(y, start, []any{})
	head["stop_reason"] = nil
	all := []event{
		{"message_start", encode(object{"type": "message_start", "message": head})},
		{"ping", encode(object{"type": "ping"})},
	}
	if y.Tool != nil {
		block := y.content()[0].(object)
		block["input"] = object{}
		all = append(all, event{"content_block_start", encode(object{"type": "content_block_start", "index": 0, "content_block": block})})
		for _, part := range split(y.Tool.Input) {
			all = append(all, event{"content_block_delta", encode(object{"type": "content_block_delta", "index": 0, "delta": object{"type": "input_json_delta", "partial_json": part}})})
		}
	} else {
		all = append(all, event{"content_block_start", encode(object{"type": "content_block_start", "index": 0, "content_block": object{"type": "text", "text": ""}})})
		for _, part := range split(y.text()) {
			all = append(all, event{"content_block_delta", encode(object{"type": "content_block_delta", "index": 0, "delta": object{"type": "text_delta", "text": part}})})
		}
	}
	all = append(all, event{"content_block_stop", encode(object{"type": "content_block_stop", "index": 0})})
	end := object{"type": "message_delta", "delta": object{"stop_reason": y.stopReason(), "stop_sequence": nil}}
	if !y.NoUsage {
		t := y.bill.tokens
		end["usage"] = object{
			"input_tokens": *t.Input, "cache_read_input_tokens": *t.CacheRead, "cache_creation_input_tokens": *t.CacheWrite5m + *t.CacheWrite1h,
			"output_tokens": *t.Output, "output_tokens_details": object{"thinking_tokens": *t.Reasoning},
		}
	}
	return append(all, event{"message_delta", encode(end)}, event{"message_stop", encode(object{"type": "message_stop"})})
}

// openAIBill: what is cached is part of the input on the wire; here it is not.
func openAIBill(idForm string) func(int64) bill {
	return func(n int64) bill {
		return bill{idForm, usage.Tokens{
			Input: count(200 + n), CacheRead: count(1500 + 10*n), CacheWriteOther: count(300 + n), Output: count(120 + n), Reasoning: count(80 + n),
		}}
	}
}

func (b bill) inclusiveInput() int64 {
	return *b.tokens.Input + *b.tokens.CacheRead + *b.tokens.CacheWriteOther
}

var chat = dialect{
	name: "chat", path: regexp.MustCompile(`/chat/completions$`), bills: openAIBill("chatcmpl-scripted-%d"),
	fault: fault,
	known: func(y *reply) (bill, bool) {
		if y.sent < y.total-1 || !y.saysUsage() {
			return bill{}, false
		}
		return y.bill, true // only [DONE] is missing
	},
	whole: func(y *reply) any {
		m := object{"id": y.id, "object": "chat.completion", "created": 1790000000, "model": y.Model, "service_tier": "default",
			"choices": []any{object{"index": 0, "finish_reason": y.finishReason(), "message": y.said(y.spoken())}}}
		if !y.NoUsage {
			m["usage"] = chatUsage(y)
		}
		return m
	},
	event: func(y *reply) (all []event) {
		chunk := func(choices []any, spent any) {
			m := object{"id": y.id, "object": "chat.completion.chunk", "created": 1790000000, "model": y.Model, "choices": choices}
			if y.wantsUsage {
				m["usage"] = spent
			}
			all = append(all, event{data: encode(m)})
		}
		for i, part := range split(y.spoken()) {
			delta := y.said(part)
			if i > 0 && y.Tool != nil { // what it is called has been said
				delta["tool_calls"] = []any{object{"index": 0, "function": object{"arguments": part}}}
			}
			chunk([]any{object{"index": 0, "delta": delta, "finish_reason": nil}}, nil)
		}
		chunk([]any{object{"index": 0, "delta": object{}, "finish_reason": y.finishReason()}}, nil)
		if y.saysUsage() {
			chunk([]any{}, chatUsage(y))
		}
		return append(all, event{data: []byte("[DONE]")})
	},
}

func (y *reply) finishReason() string {
	if y.Tool != nil {
		return "tool_calls"
	}
	return "stop"
}

// spoken is the text, or what the tool is to get.
func (y *reply) spoken() string {
	if y.Tool != nil {
		return y.Tool.Input
	}
	return y.text()
}

// said is a message with this part of what is spoken.
func (y *reply) said(part string) object {
	if y.Tool == nil {
		return object{"role": "assistant", "content": part}
	}
	return object{"role": "assistant", "content": nil, "tool_calls": []any{object{
		"index": 0, "id": fmt.Sprintf("call_%d", y.Number), "type": "function", "function": object{"name": y.Tool.Name, "arguments": part},
	}}}
}

func chatUsage(y *reply) object {
	t := y.bill.tokens
	return object{
		"prompt_tokens": y.bill.inclusiveInput(), "completion_tokens": *t.Output, "total_tokens": y.bill.inclusiveInput() + *t.Output,
		"prompt_tokens_details":     object{"cached_tokens": *t.CacheRead, "cache_write_tokens": *t.CacheWriteOther},
		"completion_tokens_details": object{"reasoning_tokens": *t.Reasoning},
	}
}

var responses = dialect{
	name: "responses", path: regexp.MustCompile(`/responses(?:/compact)?$`), bills: openAIBill("resp_scripted_%d"),
	known: func(*reply) (bill, bool) { return bill{}, false }, // the last event says it all
	fault: func(status int, message string) any {
		f := faultOf(status, message)
		f["code"], f["message"] = errorType[status], message
		return f
	},
	whole: func(y *reply) any {
		if y.path[len(y.path)-8:] == "/compact" {
			return object{"id": y.id, "object": "response.compaction", "created_at": 1790000000, "output": []any{}, "usage": responseUsage(y)}
		}
		return responseOf(y, "completed", y.output())
	},
	event: responseEvents,
}

func responseUsage(y *reply) any {
	if y.NoUsage {
		return nil
	}
	t := y.bill.tokens
	return object{
		"input_tokens":         y.bill.inclusiveInput(),
		"input_tokens_details": object{"cached_tokens": *t.CacheRead, "cache_write_tokens": *t.CacheWriteOther},
		"output_tokens":        *t.Output, "output_tokens_details": object{"reasoning_tokens": *t.Reasoning},
		"total_tokens": y.bill.inclusiveInput() + *t.Output,
	}
}

func responseOf(y *reply, status string, output []any) object {
	m := object{"id": y.id, "object": "response", "created_at": 1790000000, "status": status, "model": y.Model, "output": output, "usage": nil}
	if status == "completed" {
		m["usage"] = responseUsage(y)
	}
	return m
}

func (y *reply) output() []any {
	if y.Tool != nil {
		return []any{object{"type": "function_call", "id": fmt.Sprintf("fc_%d", y.Number), "call_id": fmt.Sprintf("call_%d", y.Number), "name": y.Tool.Name, "arguments": y.Tool.Input, "status": "completed"}}
	}
	return []any{object{"type": "message", "id": fmt.Sprintf("item_%d", y.Number), "role": "assistant", "status": "completed",
		"content": []any{object{"type": "output_text", "text": y.text(), "annotations": []any{}}}}}
}

func responseEvents(y *reply) (all []event) {
	add := func(kind string, fields object) {
		fields["type"], fields["sequence_number"] = kind, len(all)
		all = append(all, event{kind, encode(fields)})
	}
	add("response.created", object{"response": responseOf(y, "in_progress", []any{})})
	item := y.output()[0].(object)
	if y.Tool == nil {
		add("response.output_item.added", object{"output_index": 0, "item": object{"type": "message", "id": item["id"], "role": "assistant", "status": "in_progress", "content": []any{}}})
		for _, part := range split(y.text()) {
			add("response.output_text.delta", object{"item_id": item["id"], "output_index": 0, "content_index": 0, "delta": part})
		}
	} else {
		begun := maps.Clone(item)
		begun["arguments"], begun["status"] = "", "in_progress"
		add("response.output_item.added", object{"output_index": 0, "item": begun})
		for _, part := range split(y.Tool.Input) {
			add("response.function_call_arguments.delta", object{"item_id": item["id"], "output_index": 0, "delta": part})
		}
		add("response.function_call_arguments.done", object{"item_id": item["id"], "output_index": 0, "arguments": y.Tool.Input})
	}
	add("response.output_item.done", object{"output_index": 0, "item": item})
	add("response.completed", object{"response": responseOf(y, "completed", []any{item})})
	return all
}

// Gemini: thoughts are beside the candidates on the wire, and cached tokens in
// the prompt; counts grow while the stream goes on.
var generate = dialect{
	name: "generate", path: regexp.MustCompile(`(?:/models/([^/:]+)|/v1internal):(?:generateContent|streamGenerateContent)$`),
	bills: func(n int64) bill {
		return bill{"scripted-%d", usage.Tokens{Input: count(230 + n), CacheRead: count(1000 + n), Output: count(200 + 2*n), Reasoning: count(160 + n)}}
	},
	fault: func(status int, message string) any {
		return object{"error": object{"code": status, "status": errorType[status], "message": message}}
	},
	known: func(y *reply) (bill, bool) {
		t := y.bill.tokens
		return bill{tokens: usage.Tokens{Input: count(*t.Input + *t.CacheRead)}}, false // what the first event says
	},
	whole: func(y *reply) any { return generated(y, y.text(), true) },
	event: func(y *reply) []event {
		parts := split(y.text())
		return []event{{data: encode(generated(y, parts[0], false))}, {data: encode(generated(y, parts[1], true))}}
	},
}

// part is a piece of the text; a tool's call comes whole, with the end.
func (y *reply) part(text string, isLast bool) object {
	if y.Tool != nil && isLast {
		return object{"functionCall": object{"name": y.Tool.Name, "args": json.RawMessage(y.Tool.Input)}}
	}
	return object{"text": text}
}

func generated(y *reply, text string, isLast bool) any {
	t := y.bill.tokens
	prompt := *t.Input + *t.CacheRead
	candidate := object{"index": 0, "content": object{"role": "model", "parts": []any{y.part(text, isLast)}}}
	spent := object{"promptTokenCount": prompt, "totalTokenCount": prompt}
	if isLast {
		candidate["finishReason"] = "STOP"
		spent = object{
			"promptTokenCount": prompt, "cachedContentTokenCount": *t.CacheRead, "candidatesTokenCount": *t.Output - *t.Reasoning,
			"thoughtsTokenCount": *t.Reasoning, "totalTokenCount": prompt + *t.Output,
		}
	}
	m := object{"candidates": []any{candidate}, "modelVersion": y.Model, "responseId": y.id}
	if !y.NoUsage {
		m["usageMetadata"] = spent
	}
	if y.wrapped {
		return object{"response": m, "traceId": y.id}
	}
	return m
}
