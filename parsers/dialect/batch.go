package dialect

// The results of a batch: lines of JSON, each a whole response in its vendor's
// dialect, counted as there. They can be fetched as often as one likes, so that
// each counts once by its own id. Those that failed cost nothing.
//
// Anthropic's line has the message in result; OpenAI's, and those of servers
// that have copied it, the body in response, beside its status. Embeddings have
// no id of their own: the line's stands for it. What was answered in a batch is
// billed as such, whether or not the response says so.

import (
	"github.com/tidwall/gjson"

	"github.com/wiremeter/wiremeter/parsers/framing"
	"github.com/wiremeter/wiremeter/usage"
)

// batch tells of a response with every line that has one.
type batch struct{}

func newBatch(Options) Meter { return batch{} }

var keyCustomID = newKeys("custom_id")

func (batch) Observe(f framing.Frame) (usage.Response, bool) {
	if !keyCustomID.in(f.Data) {
		return usage.Response{}, false // a file of another kind
	}
	root, ok := parse(f)
	if !ok {
		return usage.Response{}, false
	}
	resp, ok := readResult(root)
	return resp, ok && !resp.Tokens.IsZero() && resp.Error == "" && resp.ID != ""
}

func (batch) Partial() (usage.Response, bool) { return usage.Response{}, false }

func readResult(line gjson.Result) (usage.Response, bool) {
	body := last(last(line, "result"), "message")
	open := newMessages
	if !body.IsObject() {
		answer := last(line, "response")
		if status := count(last(answer, "status_code")); status != nil && *status >= 400 {
			return usage.Response{}, false
		}
		if body = last(answer, "body"); !body.IsObject() {
			return usage.Response{}, false
		}
		open = speaker(body)
	}
	if open == nil {
		return usage.Response{}, false
	}
	resp, isEnded := open(Options{}).Observe(framing.Frame{Data: []byte(body.Raw)})
	keepFirst(&resp.ID, word(last(line, "id")))
	resp.ServiceTier = "batch"
	if last(body, "object").Str == "list" { // of embeddings
		resp.Kind = usage.Embed
	}
	return resp, isEnded
}
