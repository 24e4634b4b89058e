package scripted

import (
	"fmt"
	"regexp"

	"github.com/wiremeter/wiremeter/usage"
)

// Augment: lines of JSON with nodes of numbered types, one of them the usage; its
// counts are disjoint. A response has neither an id nor a model.
var augment = dialect{
	name: "augment", path: regexp.MustCompile(`^/chat-stream$`),
	bills: func(n int64) bill {
		return bill{"", usage.Tokens{Input: count(70 + n), CacheRead: count(700 + 10*n), CacheWriteOther: count(60 + n), Output: count(50 + n)}}
	},
	fault: func(status int, message string) any {
		return object{"error": object{"code": errorType[status], "message": message}}
	},
	known: chat.known,
	event: augmentEvents,
	wire:  wire{"application/json", func(e event) []byte { return append(e.data, '\n') }},
}

// The types of nodes, as auggie names them.
const (
	augmentText     = 0
	augmentTextOver = 2
	augmentTool     = 5
	augmentUsage    = 10
)

func augmentEvents(y *reply) (all []event) {
	add := func(text string, fields object) {
		fields["text"] = text
		all = append(all, event{data: encode(fields)})
	}
	if y.Tool != nil {
		add("", object{"nodes": []any{object{"id": 1, "type": augmentTool, "tool_use": object{
			"tool_use_id": fmt.Sprintf("toolu_%d", y.Number), "tool_name": y.Tool.Name, "input_json": y.Tool.Input,
		}}}})
	} else {
		for i, part := range split(y.text()) {
			add(part, object{"nodes": []any{object{"id": i + 1, "type": augmentText, "content": part}}})
		}
	}
	if !y.NoUsage {
		t := y.bill.tokens
		add("", object{"nodes": []any{
			object{"id": 3, "type": augmentTextOver, "content": y.text()},
			object{"id": 4, "type": augmentUsage, "token_usage": object{
				"input_tokens": *t.Input, "output_tokens": *t.Output, "cache_read_input_tokens": *t.CacheRead, "cache_creation_input_tokens": *t.CacheWriteOther,
			}},
		}})
	}
	add("", object{"stop_reason": augmentStop[y.Tool != nil]})
	return all
}

// augmentStop is why it stops: at the end of a turn, or for a tool.
var augmentStop = map[bool]int{false: 1, true: 3}
