package dialect

// Alibaba's DashScope under its own paths. input_tokens includes what was read
// from a cache, output_tokens includes reasoning. In a stream every event has
// the usage so far, cumulative; the last one has a finish_reason, which until
// then is null or the word "null". An error is a code beside the request's id.
// The model is not repeated.

import (
	"github.com/tidwall/gjson"

	"github.com/wiremeter/wiremeter/parsers/framing"
	"github.com/wiremeter/wiremeter/usage"
)

type dashscope struct {
	o       Options
	isBegun bool
	isEnded bool
	resp    usage.Response
	said    inclusive
}

func newDashscope(o Options) Meter { return &dashscope{o: o} }

func (d *dashscope) Observe(f framing.Frame) (usage.Response, bool) {
	root, ok := parse(f)
	if !ok {
		return usage.Response{}, false
	}
	d.isBegun, d.isEnded = true, d.isEnded || !d.o.IsStream
	d.read(root)
	return d.response(), d.isEnded
}

func (d *dashscope) Partial() (usage.Response, bool) { return d.response(), d.isBegun && !d.isEnded }

func (d *dashscope) read(root gjson.Result) {
	var id, output, said, code gjson.Result
	root.ForEach(func(key, v gjson.Result) bool {
		switch key.Str {
		case "request_id":
			id = v
		case "output":
			output = v
		case "usage":
			said = v
		case "code":
			code = v
		}
		return true
	})
	keepFirst(&d.resp.ID, word(id))
	keepLast(&d.resp.Error, word(code))
	for _, finish := range []string{word(last(output, "finish_reason")), finishOf(last(output, "choices"))} {
		if finish != "null" {
			keepLast(&d.resp.StopReason, finish)
		}
	}
	d.isEnded = d.isEnded || d.resp.Error != "" || d.resp.StopReason != ""
	d.take(said)
}

var dashscopeNames = inclusiveNames{"input_tokens", "prompt_tokens_details", "output_tokens", "output_tokens_details"}

func (d *dashscope) take(u gjson.Result) {
	s := dashscopeNames.read(u)
	if s == (inclusive{}) || s.isZero() && d.said != (inclusive{}) {
		return
	}
	d.said, d.resp.Raw = s, verbatim(u)
}

func (d *dashscope) response() usage.Response {
	resp := d.resp
	resp.Tokens, resp.IsDoubtful = d.said.tokens(d.isEnded && resp.Error == "")
	return resp
}
