package dialect

// OpenAI's realtime: events on a WebSocket, of which each response.done has the
// usage of its response and of no other. input_tokens includes what was read
// from a cache. Its details stand under input_token_details, in the singular.
// Realtime names the model in its session, not in its responses.
//
// What somebody said aloud may be put into words by another model, which is
// billed in addition: a part of the response that follows.

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

	transcriber string       // the model that puts speech into words
	transcripts []usage.Part // that no response has
}

func newRealtime(Options) Meter { return &realtime{} }

// Next is for the next response of the session.
func (r *realtime) Next() Meter {
	return &realtime{model: r.model, transcriber: r.transcriber, transcripts: r.transcripts}
}

// Left returns what no response has followed.
func (r *realtime) Left() (usage.Response, bool) {
	return usage.Response{Model: r.model, Parts: r.transcripts}, len(r.transcripts) > 0
}

// maxTranscripts bounds the parts of one response.
const maxTranscripts = 100

func (r *realtime) Observe(f framing.Frame) (usage.Response, bool) {
	kind := string(typeOf(f))
	switch kind {
	case "session.created", "session.updated", "response.created", "response.done", transcribed:
	default:
		return usage.Response{}, false
	}
	root, ok := parse(f)
	if !ok {
		return usage.Response{}, false
	}
	if session := last(root, "session"); session.IsObject() {
		keepLast(&r.model, word(last(session, "model")))
		keepLast(&r.transcriber, word(last(last(session, "input_audio_transcription"), "model")))
		keepLast(&r.transcriber, word(last(last(last(last(session, "audio"), "input"), "transcription"), "model")))
		return usage.Response{}, false
	}
	if kind == transcribed {
		r.transcribe(last(root, "usage"))
		return usage.Response{}, false
	}
	r.isBegun, r.isEnded = true, kind == "response.done"
	r.read(last(root, "response"))
	if r.isEnded {
		r.resp.Parts, r.transcripts = r.transcripts, nil
	}
	return r.resp, r.isEnded
}

const transcribed = "conversation.item.input_audio_transcription.completed"

// transcribe takes the usage of one that is billed by the token.
func (r *realtime) transcribe(u gjson.Result) {
	s := realtimeNames.read(u)
	if s.isZero() || len(r.transcripts) == maxTranscripts {
		return
	}
	t, _ := s.tokens(true)
	r.transcripts = append(r.transcripts, usage.Part{Role: "transcription", Model: r.transcriber, Tokens: t})
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
