package dialect

// What Vercel's AI Gateway says to Vercel's own AI SDK, versions 3 and 4 of its
// protocol. The total of inputTokens includes what was read from and written to
// a cache, that of outputTokens includes reasoning. A stream has the usage in
// its part finish, and the model in response-metadata. What it cost stands
// beside the usage: Raw then has both as members.

import (
	"github.com/tidwall/gjson"

	"github.com/wiremeter/wiremeter/parsers/framing"
	"github.com/wiremeter/wiremeter/usage"
)

type vercel struct {
	o       Options
	isBegun bool
	isEnded bool
	resp    usage.Response
}

func newVercel(o Options) Meter { return &vercel{o: o} }

func (c *vercel) Observe(f framing.Frame) (usage.Response, bool) {
	kind := ""
	if c.o.IsStream {
		if kind = string(typeOf(f)); kind == "text-delta" || kind == "reasoning-delta" || kind == "tool-input-delta" {
			c.isBegun = true
			return usage.Response{}, false
		}
	}
	root, ok := parse(f)
	if !ok {
		return usage.Response{}, false
	}
	c.isBegun = true
	switch kind {
	case "response-metadata":
		c.identify(root)
	case "error":
		c.resp.Error, c.isEnded = errorType(last(root, "error")), true
		keepFirst(&c.resp.Error, "error")
	case "", "finish":
		c.isEnded = true
		c.finish(root)
	}
	return c.resp, c.isEnded
}

func (c *vercel) Partial() (usage.Response, bool) { return c.resp, c.isBegun && !c.isEnded }

func (c *vercel) identify(response gjson.Result) {
	keepLast(&c.resp.ID, word(last(response, "id")))
	keepLast(&c.resp.Model, word(last(response, "modelId")))
}

func (c *vercel) finish(root gjson.Result) {
	c.identify(last(root, "response"))
	reason, gateway := last(root, "finishReason"), last(last(root, "providerMetadata"), "gateway")
	keepFirst(&c.resp.ID, word(last(gateway, "generationId")))
	keepLast(&c.resp.StopReason, firstWord(last(reason, "unified"), reason))
	keepLast(&c.resp.Error, errorType(last(root, "error")))

	u := last(root, "usage")
	in, out := last(u, "inputTokens"), last(u, "outputTokens")
	s := inclusive{
		input: count(last(in, "total")), read: count(last(in, "cacheRead")), write: count(last(in, "cacheWrite")),
		output: count(last(out, "total")), reasoning: count(last(out, "reasoning")),
	}
	c.resp.Tokens, c.resp.IsDoubtful = s.tokens(c.resp.Error == "")
	if rest := count(last(in, "noCache")); rest != nil && c.resp.Tokens.Input != nil && *rest != *c.resp.Tokens.Input {
		c.resp.IsDoubtful = true
	}
	c.resp.Raw = verbatim(u)
	c.resp.ReportedCost = money(last(gateway, "cost"), inDollars)
	if cost := last(gateway, "cost"); word(cost) != "" {
		c.resp.Raw = object(member{"usage", c.resp.Raw}, member{"cost", []byte(cost.Raw)})
	}
}
