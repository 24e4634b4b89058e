package dialect

// OpenAI's images and audio, and servers that speak them. input_tokens includes
// nothing that is cached; of its text, image and audio tokens it is the sum. A
// stream has the usage in the event that ends it. What is billed by the second
// (usage of type "duration") or by the piece has no tokens to state, and a body
// that is the speech, the picture or the plain text itself has no usage at all.
// Mistral names its counts as in chat. No response repeats the model.

import (
	"github.com/tidwall/gjson"

	"github.com/wiremeter/wiremeter/parsers/framing"
	"github.com/wiremeter/wiremeter/usage"
)

type media struct {
	o       Options
	isBegun bool
	isEnded bool
	resp    usage.Response
}

func newMedia(o Options) Meter { return &media{o: o} }

// mediaEvents are those that are read.
var mediaEvents = map[string]bool{
	"image_generation.completed": true,
	"image_edit.completed":       true,
	"transcript.text.done":       true,
	"speech.audio.done":          true,
	"error":                      true,
}

func (m *media) Observe(f framing.Frame) (usage.Response, bool) {
	kind := ""
	if m.o.IsStream {
		if kind = string(typeOf(f)); !mediaEvents[kind] {
			m.isBegun = m.isBegun || kind != ""
			return usage.Response{}, false
		}
	}
	root, ok := parse(f)
	if !ok {
		return usage.Response{}, false
	}
	m.isBegun, m.isEnded = true, true
	m.read(root)
	if kind == "error" {
		keepFirst(&m.resp.Error, "error")
	}
	return m.resp, true
}

func (m *media) Partial() (usage.Response, bool) { return m.resp, m.isBegun && !m.isEnded }

func (m *media) read(root gjson.Result) {
	keepLast(&m.resp.Error, errorType(last(root, "error")))
	keepLast(&m.resp.Model, word(last(root, "model")))
	u := last(root, "usage")
	if !u.IsObject() {
		return
	}
	m.resp.Raw = verbatim(u)
	names := responseNames
	if last(u, "prompt_tokens").Exists() {
		names = chatNames
	}
	s := names.read(u)
	if s.isZero() {
		return
	}
	m.resp.Tokens, m.resp.IsDoubtful = s.tokens(m.resp.Error == "")
	s.apply(&m.resp)
}
