package dialect

// Windsurf's GetChatMessage: protobuf in envelopes, of which a late one has the
// usage, field 7; the last one holds. Its input excludes what was read from and
// written to a cache, its output is the sum of thinking and answer. What it cost
// in credits is no money. By the field numbers of the editor's own schema,
// exa.api_server_pb.GetChatMessageResponse and exa.codeium_common_pb.ModelUsageStats.

import (
	"strconv"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/wiremeter/wiremeter/parsers/framing"
	"github.com/wiremeter/wiremeter/usage"
)

type windsurf struct {
	isBegun bool
	isEnded bool
	resp    usage.Response
}

func newWindsurf(Options) Meter { return &windsurf{} }

func (w *windsurf) Observe(f framing.Frame) (usage.Response, bool) {
	if f.Event == framing.EnvelopeEnd {
		w.resp.Error = envelopeError(f)
		w.isEnded = w.isBegun || w.resp.Error != ""
		return w.resp, w.isEnded
	}
	w.isBegun = true
	for n, v := range fields(f.Data) {
		switch {
		case v.bytes == nil:
		case n == 1 && w.resp.ID == "":
			w.resp.ID = asWord(v.bytes)
		case n == 7:
			w.count(v.bytes)
		case n == 23:
			keepLast(&w.resp.Model, asWord(v.bytes))
		}
	}
	return usage.Response{}, false
}

func (w *windsurf) Partial() (usage.Response, bool) { return w.resp, w.isBegun && !w.isEnded }

// windsurfCounts names the counts of ModelUsageStats. In protobuf a zero is not
// sent: what the message leaves out is unknown.
var windsurfCounts = []struct {
	field protowire.Number
	name  string
	of    func(*usage.Tokens) **int64
}{
	{2, "input_tokens", func(t *usage.Tokens) **int64 { return &t.Input }},
	{3, "output_tokens", func(t *usage.Tokens) **int64 { return &t.Output }},
	{4, "cache_write_tokens", func(t *usage.Tokens) **int64 { return &t.CacheWriteOther }},
	{5, "cache_read_tokens", func(t *usage.Tokens) **int64 { return &t.CacheRead }},
	{9, "thinking_output_tokens", func(t *usage.Tokens) **int64 { return &t.Reasoning }},
}

func (w *windsurf) count(stats []byte) {
	var t usage.Tokens
	var raw []member
	for _, c := range windsurfCounts {
		if n := numberAt(stats, c.field); n != nil {
			*c.of(&t) = n
			raw = append(raw, member{c.name, strconv.AppendInt(nil, *n, 10)})
		}
	}
	if t.IsZero() {
		return
	}
	w.resp.Tokens, w.resp.Raw = t, object(raw...)
	w.resp.IsDoubtful = value(t.Reasoning) > value(t.Output)
}
