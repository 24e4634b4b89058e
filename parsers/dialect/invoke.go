package dialect

// InvokeModel of AWS Bedrock. Its bodies are the vendor's own, and the path need
// not tell the vendor (a profile's name does not), so the first object does:
// Anthropic's is a message, others' are OpenAI's chat or Converse (Amazon's
// Nova), or name their counts one by one (Meta's Llama, Amazon's Titan).
//
// Bedrock states the same counts once more, apart from the vendor: in a stream
// as amazon-bedrock-invocationMetrics of the last event, else in headers. These
// are taken where the vendor says nothing (Cohere, older Mistral), and never
// added. They exclude what was cached, as Anthropic's do.

import (
	"github.com/tidwall/gjson"

	"github.com/wiremeter/wiremeter/parsers/framing"
	"github.com/wiremeter/wiremeter/usage"
)

type invoke struct {
	o       Options
	vendor  Meter // nil until the first object
	isBegun bool
	isEnded bool

	failure string       // an exception
	again   messageUsage // what Bedrock itself says
	raw     []byte
}

func newInvoke(o Options) Meter {
	v := &invoke{o: o}
	if !o.IsStream {
		v.again = readInvokeHeader(o.Header)
	}
	return v
}

var keyMetrics = newKeys("amazon-bedrock-invocationMetrics")

func (v *invoke) Observe(f framing.Frame) (usage.Response, bool) {
	if name := exception(f); name != "" {
		v.isBegun, v.isEnded, v.failure = true, true, name
		return v.response(), true
	}
	if v.vendor == nil {
		root, ok := parse(f)
		if !ok {
			said, _ := v.again.tokens("")
			v.isBegun = !said.IsZero() // the body is cut, and the header was not
			return usage.Response{}, false
		}
		v.vendor = vendorOf(root, v.o)
	}
	v.isBegun = true
	_, isEnded := v.vendor.Observe(f)
	v.isEnded = v.isEnded || isEnded || !v.o.IsStream
	if v.o.IsStream && keyMetrics.in(f.Data) {
		v.measure(f)
	}
	if !v.isEnded {
		return usage.Response{}, false
	}
	return v.response(), true
}

func (v *invoke) Partial() (usage.Response, bool) { return v.response(), v.isBegun && !v.isEnded }

func vendorOf(root gjson.Result, o Options) Meter {
	switch {
	case last(root, "type").Type == gjson.String:
		return newMessages(o)
	case last(root, "choices").IsArray():
		return newChat(o)
	case last(root, "output").IsObject(), last(root, "messageStart").IsObject():
		return &nova{converse{o: o}}
	}
	return &counting{o: o}
}

// measure takes what Bedrock adds to the last event of a stream.
func (v *invoke) measure(f framing.Frame) {
	root, ok := parse(f)
	if !ok {
		return
	}
	u := last(root, "amazon-bedrock-invocationMetrics")
	if !u.IsObject() {
		return
	}
	v.isEnded, v.raw = true, verbatim(u)
	v.again = messageUsage{
		input: count(last(u, "inputTokenCount")), output: count(last(u, "outputTokenCount")),
		read: count(last(u, "cacheReadInputTokenCount")), write: count(last(u, "cacheWriteInputTokenCount")),
	}
}

func readInvokeHeader(h usage.Header) messageUsage {
	of := func(name string) *int64 {
		s := h.First("X-Amzn-Bedrock-" + name + "-Token-Count")
		if s == "" {
			return nil
		}
		return count(gjson.Result{Type: gjson.Number, Raw: s})
	}
	return messageUsage{input: of("Input"), output: of("Output"), read: of("Cache-Read-Input"), write: of("Cache-Write-Input")}
}

func (v *invoke) response() (resp usage.Response) {
	if v.vendor != nil {
		resp, _ = v.vendor.Partial()
	}
	keepFirst(&resp.Error, headerError(v.o.Header))
	keepFirst(&resp.Error, v.failure)
	keepFirst(&resp.ServiceTier, headerWord(v.o.Header.First("X-Amzn-Bedrock-Service-Tier")))
	keepFirst(&resp.Speed, speed(headerWord(v.o.Header.First("X-Amzn-Bedrock-Performanceconfig-Latency"))))
	if resp.Tokens.IsZero() && resp.Error == "" {
		resp.Tokens, resp.IsDoubtful = v.again.tokens(v.o.CacheTTL)
		resp.Raw = v.raw
	}
	return resp
}

// nova reads Converse from bodies in which the one member of an event's object
// is the event.
type nova struct{ converse }

func (n *nova) Observe(f framing.Frame) (resp usage.Response, isEnded bool) {
	root, ok := parse(f)
	if !ok || !n.o.IsStream {
		return n.converse.Observe(f)
	}
	root.ForEach(func(key, v gjson.Result) bool {
		resp, isEnded = n.converse.Observe(framing.Frame{Event: key.Str, Data: []byte(v.Raw)})
		return true
	})
	return resp, isEnded
}

// counting reads bodies that name their counts one by one. Those of a stream
// grow; null says nothing.
type counting struct {
	o       Options
	isEnded bool
	resp    usage.Response
}

func (c *counting) Observe(f framing.Frame) (usage.Response, bool) {
	root, ok := parse(f)
	if !ok {
		return usage.Response{}, false
	}
	root.ForEach(func(key, v gjson.Result) bool {
		switch key.Str {
		case "prompt_token_count", "inputTextTokenCount":
			keepCount(&c.resp.Tokens.Input, v)
		case "generation_token_count", "totalOutputTextTokenCount":
			keepCount(&c.resp.Tokens.Output, v)
		case "results":
			first := v.Get("0")
			keepCount(&c.resp.Tokens.Output, last(first, "tokenCount"))
			keepLast(&c.resp.StopReason, word(last(first, "completionReason")))
		case "stop_reason", "completionReason":
			keepLast(&c.resp.StopReason, word(v))
		}
		return true
	})
	c.isEnded = c.isEnded || !c.o.IsStream || c.resp.StopReason != ""
	return c.resp, c.isEnded
}

func (c *counting) Partial() (usage.Response, bool) { return c.resp, !c.isEnded }

func keepCount(n **int64, v gjson.Result) {
	if said := count(v); said != nil {
		*n = said
	}
}
