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
	if session := last(root, "session"); session.IsObject() {
		keepLast(&r.model, word(last(session, "model")))
		return usage.Response{}, false
	}
	r.isBegun, r.isEnded = true, kind == "response.done"
	r.read(last(root, "response"))
	return r.resp, r.isEnded
}

func (r *realtime) Partial() (usage.Response, bool) { return r.resp, r.isBegun && !r.isEnded }

var realtimeNames = inclusiveNames{input: "input_tokens", inputDetails: "input_token_details", output: "output_tokens"}

func (r *realtime) read(response gjson.Result) {
	r.resp.Model = r.model
	keepFirst(&r.resp.ID, word(last(response, "id")))
	status, details := last(response, "status"), last(response, "status_details")
	keepLast(&r.resp.StopReason, firstWord(last(details, "reason"), status))
	if status.Str == "failed" {
		keepFirst(&r.resp.Error, errorType(last(details, "error")))
		keepFirst(&r.resp.Error, "failed")
	}
	u := last(response, "usage")
	if !u.IsObject() {
		return
	}
	s := realtimeNames.read(u)
	if s == (inclusive{}) {
		return
	}
	r.resp.Tokens, r.resp.IsDoubtful = s.tokens(r.isEnded && r.resp.Error == "")
	r.resp.Raw = verbatim(u)
}
