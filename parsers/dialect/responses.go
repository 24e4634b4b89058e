package dialect

// OpenAI's responses, which Codex speaks to the API and to ChatGPT alike.
// input_tokens includes what was read from and written to a cache;
// output_tokens includes reasoning. What a cache write costs depends on a
// lifetime (30 minutes, 12 hours) that is neither of Anthropic's, hence
// CacheWriteOther.
//
// A stream says all of it in the one event that ends it. A response in the
// background is answered with "queued" and no usage, which comes with a later
// GET. A compaction names no model. What an image tool used stands outside the
// usage object and is billed in addition. opencode's gateway says what a response
// cost in a ping that follows it.

import (
	"github.com/tidwall/gjson"

	"github.com/wiremeter/wiremeter/parsers/framing"
	"github.com/wiremeter/wiremeter/usage"
)

type responses struct {
	o       Options
	isBegun bool
	isEnded bool
	resp    usage.Response
	account account // of Copilot
}

func newResponses(o Options) Meter { return &responses{o: o} }

// responseEvents tells of the events that are read whether they end a response.
var responseEvents = map[string]bool{
	"response.created":     false,
	"response.queued":      false,
	"response.in_progress": false,
	"response.completed":   true,
	"response.incomplete":  true,
	"response.failed":      true,
	"response.cancelled":   true,
	"error":                true,
}

func (r *responses) Observe(f framing.Frame) (usage.Response, bool) {
	if !r.o.IsStream {
		return r.document(f)
	}
	kind := string(typeOf(f))
	if kind == "ping" {
		return r.ping(f)
	}
	isLast, isRead := responseEvents[kind]
	if !isRead || r.isBegun && !isLast && !r.isEnded {
		return usage.Response{}, false
	}
	root, ok := parse(f)
	if !ok {
		return usage.Response{}, false
	}
	if r.isEnded && !isLast { // on a connection, the next response begins
		r.resp, r.account = usage.Response{}, account{}
	}
	r.isBegun, r.isEnded = true, isLast
	r.read(last(root, "response"))
	r.takeAccount(last(root, "copilot_usage"))
	if e := last(root, "error"); e.IsObject() || last(root, "type").Str == "error" {
		keepLast(&r.resp.Error, firstWord(last(e, "type"), last(e, "code"), last(root, "code")))
		keepFirst(&r.resp.Error, "error")
	}
	return r.response(), isLast
}

func (r *responses) ping(f framing.Frame) (usage.Response, bool) {
	root, _ := parse(f)
	n := money(last(root, "cost"), inDollars)
	if n == nil {
		return usage.Response{}, false
	}
	r.resp.ReportedCost = n
	return r.response(), r.isEnded
}

func (r *responses) document(f framing.Frame) (usage.Response, bool) {
	root, ok := parse(f)
	if !ok {
		return usage.Response{}, false
	}
	r.isBegun, r.isEnded = true, true
	r.read(root)
	status := last(root, "status").Str
	r.resp.IsPending = status == "queued" || status == "in_progress"
	return r.response(), true
}

func (r *responses) Partial() (usage.Response, bool) {
	resp := r.response()
	resp.IsPending = r.o.IsBackground
	return resp, r.isBegun && !r.isEnded
}

func (r *responses) response() usage.Response {
	resp := r.resp
	r.account.apply(&resp)
	return resp
}

func (r *responses) read(response gjson.Result) {
	var id, model, tier, status, details, object, failure, said, tools, copilot gjson.Result
	response.ForEach(func(key, v gjson.Result) bool {
		switch key.Str {
		case "id":
			id = v
		case "model":
			model = v
		case "service_tier":
			tier = v
		case "status":
			status = v
		case "incomplete_details":
			details = v
		case "object":
			object = v
		case "error":
			failure = v
		case "usage":
			said = v
		case "tool_usage":
			tools = v
		case "copilot_usage":
			copilot = v
		}
		return true
	})
	keepFirst(&r.resp.ID, word(id)) // some servers give each event another
	keepLast(&r.resp.Model, word(model))
	keepLast(&r.resp.ServiceTier, word(tier))
	if object.Str == "response.compaction" {
		r.resp.Kind = usage.Compact
	}
	r.end(word(status), word(last(details, "reason")), errorType(failure))
	r.take(said)
	r.takeTools(tools)
	r.takeAccount(copilot)
}

func (r *responses) takeAccount(u gjson.Result) {
	if u.IsObject() {
		r.account = readAccount(u)
	}
}

func (r *responses) end(status, reason, failure string) {
	keepLast(&r.resp.StopReason, reason)
	keepLast(&r.resp.Error, failure)
	if status == "failed" {
		keepFirst(&r.resp.Error, status)
	}
	if r.isEnded {
		keepFirst(&r.resp.StopReason, status)
	}
}

var responseNames = inclusiveNames{"input_tokens", "input_tokens_details", "output_tokens", "output_tokens_details"}

func (r *responses) take(u gjson.Result) {
	if !u.IsObject() {
		return
	}
	s := responseNames.read(u)
	if s == (inclusive{}) || s.isZero() && r.resp.Raw != nil {
		return
	}
	r.resp.Tokens, r.resp.IsDoubtful = s.tokens(r.isEnded)
	r.resp.Raw = verbatim(u)
	s.apply(&r.resp)
}

func (r *responses) takeTools(v gjson.Result) {
	if n := count(last(last(v, "web_search"), "num_requests")); n != nil {
		r.resp.WebSearches = n
	}
	image := last(v, "image_gen")
	s := inclusive{input: count(last(image, "input_tokens")), output: count(last(image, "output_tokens"))}
	if !s.isZero() {
		t, _ := s.tokens(true)
		r.resp.Parts = []usage.Part{{Role: "image_tool", Tokens: t}}
	}
}
