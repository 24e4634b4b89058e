package dialect

// OpenAI's chat completions, legacy completions and embeddings, and the many
// servers that speak them. prompt_tokens includes what was read from and
// written to a cache; completion_tokens includes reasoning.
//
// A stream has usage only if the request asked for it, as a last chunk with
// empty choices; other servers put it on the chunk with finish_reason, on every
// chunk (cumulative), within choices[0] or within x_groq. The last one that is
// not null and not all zeros holds. It may come after finish_reason, which
// therefore ends a response without closing it. Azure's first chunk has empty
// choices, too, and empty names.
//
// opencode's gateway says what a response cost in a chunk of its own, after the
// one with usage.
//
// What was asked for asynchronously (Perplexity) stands in a response, beside its
// status. llama.cpp tells what it found in its cache by its timings, beside the usage.
// Cloudflare's Workers AI wraps what it says to one who does not stream into a
// result.
//
// Copilot's chat may tell after the usage how it is to be read (account): there
// a response has ended when it has told so, or with [DONE].

import (
	"bytes"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/wiremeter/wiremeter/parsers/framing"
	"github.com/wiremeter/wiremeter/usage"
)

type chat struct {
	o       Options
	isBegun bool
	isEnded bool
	resp    usage.Response
	said    inclusive

	isCopilot bool
	account   account
}

func newChat(o Options) Meter { return &chat{o: o} }

func newCopilot(o Options) Meter { return &chat{o: o, isCopilot: true} }

var (
	keyError      = newKeys("error")
	keyCost       = newKeys("cost")
	keysOfChat    = newKeys("usage", "finish_reason", "error")
	keysOfCopilot = newKeys("usage", "finish_reason", "error", "copilot_usage")
	done          = []byte("[DONE]")
)

func (c *chat) Observe(f framing.Frame) (usage.Response, bool) {
	if c.o.IsStream && c.isBegun && !c.isTelling(f.Data) {
		if !bytes.Equal(bytes.TrimSpace(f.Data), done) {
			return usage.Response{}, false // text, nearly always
		}
		c.isEnded = true
		return c.response(), true
	}
	root, ok := parse(f)
	if !ok {
		return usage.Response{}, false
	}
	c.read(root)
	c.isBegun, c.isEnded = true, c.isEnded || !c.o.IsStream
	return c.response(), c.isEnded
}

// isTelling tells of a chunk whether it may be more than text.
func (c *chat) isTelling(chunk []byte) bool {
	telling := keysOfChat
	if c.isCopilot {
		telling = keysOfCopilot
	}
	return telling.in(chunk) || c.isEnded && keyCost.in(chunk)
}

func (c *chat) Partial() (usage.Response, bool) {
	return c.response(), c.isBegun && !c.isEnded
}

func (c *chat) read(root gjson.Result) {
	var id, model, tier, choices, top, groq, copilot, failure, minimax, cost, timings, inner, later, status gjson.Result
	root.ForEach(func(key, v gjson.Result) bool {
		switch key.Str {
		case "id":
			id = v
		case "model":
			model = v
		case "service_tier":
			tier = v
		case "choices":
			choices = v
		case "usage":
			top = v
		case "x_groq":
			groq = v
		case "copilot_usage":
			copilot = v
		case "error":
			failure = v
		case "base_resp":
			minimax = v
		case "cost":
			cost = v
		case "timings":
			timings = v
		case "result":
			inner = v
		case "response":
			later = v
		case "status":
			status = v
		}
		return true
	})
	keepFirst(&c.resp.ID, word(id)) // some servers give each chunk another
	keepLast(&c.resp.Model, word(model))
	keepLast(&c.resp.ServiceTier, word(tier))
	keepLast(&c.resp.Error, errorType(failure))
	keepLast(&c.resp.Error, statusError(minimax))
	keepLast(&c.resp.StopReason, finishOf(choices))
	if c.isCopilot && copilot.IsObject() {
		c.account = readAccount(copilot)
	}
	if n := money(cost, inDollars); n != nil {
		c.resp.ReportedCost = n
	}
	if status.Type == gjson.String && later.IsObject() { // without a status it may be what a model has answered
		inner = later
	}
	if inner.IsObject() {
		c.read(inner)
	}
	c.resp.IsPending = status.Str == "CREATED" || status.Str == "IN_PROGRESS"
	_ = c.take(top) || c.take(last(choices.Get("0"), "usage")) || c.take(last(groq, "usage"))
	if c.said.read == nil {
		c.said.read = cachedByTimings(timings, c.said.input)
	}
	c.isEnded = c.isEnded || c.resp.Error != "" || c.resp.StopReason != "" && (!c.isCopilot || c.account.isSaid() && c.said != inclusive{})
}

// statusError returns the code of MiniMax's base_resp, in which a response of
// status 200 can be an error. Zero is none.
func statusError(baseResp gjson.Result) string {
	n := last(baseResp, "status_code")
	if value(count(n)) == 0 {
		return ""
	}
	return strings.Clone(n.Raw)
}

func finishOf(choices gjson.Result) (finish string) {
	choices.ForEach(func(_, choice gjson.Result) bool {
		finish = word(last(choice, "finish_reason"))
		return finish == ""
	})
	return finish
}

var chatNames = inclusiveNames{"prompt_tokens", "prompt_tokens_details", "completion_tokens", "completion_tokens_details"}

// take replaces the usage by a later one that says something.
func (c *chat) take(u gjson.Result) bool {
	if !u.IsObject() {
		return false
	}
	s := chatNames.read(u)
	if s.isZero() { // no prompt is empty: some servers put zeros until they know
		return false
	}
	if s.read == nil {
		s.read = c.readInHeader(s.input)
	}
	c.said, c.resp.Raw = s, verbatim(u)
	s.apply(&c.resp)
	return true
}

// readInHeader: Fireworks may state what was read from a cache in a header
// alone. It is believed where the whole input stands there, too.
func (c *chat) readInHeader(input *int64) *int64 {
	in := func(name string) *int64 { return count(gjson.Parse(c.o.Header.First(name))) }
	whole := in("Fireworks-Prompt-Tokens")
	if whole == nil || input == nil || *whole != *input {
		return nil
	}
	return in("Fireworks-Cached-Prompt-Tokens")
}

func (c *chat) response() usage.Response {
	resp := c.resp
	resp.Tokens, resp.IsDoubtful = c.said.tokens(c.isEnded && resp.Error == "")
	if c.said.isAssumed {
		resp.Rule = usage.Inclusive
	}
	c.account.apply(&resp)
	return resp
}

func keepFirst(s *string, v string) {
	if *s == "" {
		*s = v
	}
}

func keepLast(s *string, v string) {
	if v != "" {
		*s = v
	}
}
