package dialect

// OpenAI's realtime: events on a WebSocket, of which each response.done has the
// usage of its response and of no other. input_tokens includes what was read
// from a cache. Its details stand under input_token_details, in the singular.
// Realtime names the model in its session, not in its responses.

import (
	"github.com/tidwall/gjson"

	"github.com/wiremeter/wiremeter/parsers/framing"
	"github.com/wiremeter/wiremeter/usage"
)

type realtime struct {
	isBegun bool
	isEnded bool
	model   string // of the session
	resp    usage.Response
}

func newRealtime(Options) Meter { return &realtime{} }

// Next is for the next response of the session.
func (r *realtime) Next() Meter { return &realtime{model: r.model} }

func (r *realtime) Observe(f framing.Frame) (usage.Response, bool) {
	kind := string(typeOf(f))
	switch kind {
	case "session.created", "session.updated", "response.created", "response.done":
	default:
		return usage.Response{}, false
	}
	root, ok := parse(f)
	if !ok {
		return usage.Response{}, false
	}
	if session := root.Get("session"); session.IsObject() {
		keepLast(&r.model, word(session.Get("model")))
		return usage.Response{}, false
	}
	r.isBegun, r.isEnded = true, kind == "response.done"
	r.read(root.Get("response"))
	return r.resp, r.isEnded
}

func (r *realtime) Partial() (usage.Response, bool) { return r.resp, r.isBegun && !r.isEnded }

func (r *realtime) read(response gjson.Result) {
	r.resp.Model = r.model
	keepFirst(&r.resp.ID, word(response.Get("id")))
	keepLast(&r.resp.StopReason, firstWord(response.Get("status_details.reason"), response.Get("status")))
	if response.Get("status").Str == "failed" {
		keepFirst(&r.resp.Error, errorType(response.Get("status_details.error")))
		keepFirst(&r.resp.Error, "failed")
	}
	u := response.Get("usage")
	if !u.IsObject() {
		return
	}
	s := inclusive{
		input:  count(u.Get("input_tokens")),
		read:   count(u.Get("input_token_details.cached_tokens")),
		output: count(u.Get("output_tokens")),
		total:  count(u.Get("total_tokens")),
	}
	if s == (inclusive{}) {
		return
	}
	r.resp.Tokens, r.resp.IsDoubtful = s.tokens(r.isEnded && r.resp.Error == "")
	r.resp.Raw = verbatim(u)
}
