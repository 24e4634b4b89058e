package dialect

// Google's interactions. Input includes what was read from a cache and excludes
// what tools put into the prompt, output excludes thoughts, and the total is the
// sum of all four, as in generateContent under other names. A stream has the
// usage in the event that ends it. An interaction in the background is answered
// without, and shown again as often as it is fetched.

import (
	"bytes"

	"github.com/tidwall/gjson"

	"github.com/wiremeter/wiremeter/parsers/framing"
	"github.com/wiremeter/wiremeter/usage"
)

type interactions struct {
	o       Options
	isBegun bool
	isEnded bool
	resp    usage.Response
}

func newInteractions(o Options) Meter { return &interactions{o: o} }

var (
	interactionPrefix = []byte(`{"event_type":"interaction.`)
	keysOfInteraction = newKeys("interaction", "error")
)

func (i *interactions) Observe(f framing.Frame) (usage.Response, bool) {
	if i.o.IsStream && !bytes.HasPrefix(f.Data, interactionPrefix) && !keysOfInteraction.in(f.Data) {
		i.isBegun = true
		return usage.Response{}, false // text, nearly always
	}
	root, ok := parse(f)
	if !ok {
		return usage.Response{}, false
	}
	i.isBegun = true
	if !i.o.IsStream {
		i.read(root)
		i.isEnded = true
		return i.resp, true
	}
	i.read(last(root, "interaction"))
	keepLast(&i.resp.Error, googleError(last(root, "error")))
	i.isEnded = i.isEnded || i.resp.Error != "" || last(root, "event_type").Str == "interaction.completed"
	return i.resp, i.isEnded
}

func (i *interactions) Partial() (usage.Response, bool) {
	resp := i.resp
	resp.IsPending = i.o.IsBackground
	return resp, i.isBegun && !i.isEnded
}

func (i *interactions) read(interaction gjson.Result) {
	keepFirst(&i.resp.ID, word(last(interaction, "id")))
	keepLast(&i.resp.Model, word(last(interaction, "model")))
	keepLast(&i.resp.Error, googleError(last(interaction, "error")))
	status := word(last(interaction, "status"))
	keepLast(&i.resp.StopReason, status)
	i.resp.IsPending = status == "in_progress" || status == "queued"
	if status == "failed" {
		keepFirst(&i.resp.Error, status)
	}
	u := last(interaction, "usage")
	s := generated{
		prompt: count(last(u, "total_input_tokens")), cached: count(last(u, "total_cached_tokens")), candidates: count(last(u, "total_output_tokens")),
		thoughts: count(last(u, "total_thought_tokens")), tools: count(last(u, "total_tool_use_tokens")), total: count(last(u, "total_tokens")),
	}
	if s == (generated{}) {
		return
	}
	i.resp.Tokens, i.resp.IsDoubtful = s.tokens(i.resp.Error == "")
	i.resp.Raw = verbatim(u)
}
