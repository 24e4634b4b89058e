package dialect

// Cohere's chat, version 2. What is billed are the billed_units; the tokens
// beside them count a prompt of Cohere's own, too, and cached_tokens belongs to
// those: neither is used. A stream has the usage in its last event. Embeddings
// and rankings have the billed_units in their meta; a ranking's are no tokens.
// The model is not repeated.

import (
	"github.com/tidwall/gjson"

	"github.com/wiremeter/wiremeter/parsers/framing"
	"github.com/wiremeter/wiremeter/usage"
)

type cohere struct {
	o       Options
	isBegun bool
	isEnded bool
	resp    usage.Response
}

func newCohere(o Options) Meter { return &cohere{o: o} }

func (c *cohere) Observe(f framing.Frame) (usage.Response, bool) {
	isLast := true
	if c.o.IsStream {
		kind := string(typeOf(f))
		if isLast = kind == "message-end"; !isLast && kind != "message-start" {
			return usage.Response{}, false // text, nearly always
		}
	}
	root, ok := parse(f)
	if !ok {
		return usage.Response{}, false
	}
	c.isBegun, c.isEnded = true, c.isEnded || isLast
	keepFirst(&c.resp.ID, word(last(root, "id")))
	if c.o.IsStream {
		root = last(root, "delta")
	}
	keepLast(&c.resp.StopReason, word(last(root, "finish_reason")))
	keepLast(&c.resp.Error, errorType(last(root, "error")))
	c.take(last(root, "usage"))
	c.take(last(root, "meta"))
	return c.resp, c.isEnded
}

func (c *cohere) Partial() (usage.Response, bool) { return c.resp, c.isBegun && !c.isEnded }

func (c *cohere) take(u gjson.Result) {
	billed := last(u, "billed_units")
	if !billed.IsObject() {
		return
	}
	c.resp.Tokens.Input, c.resp.Tokens.Output = count(last(billed, "input_tokens")), count(last(billed, "output_tokens"))
	c.resp.Raw = verbatim(u)
}
