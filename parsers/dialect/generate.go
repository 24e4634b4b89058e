package dialect

// Google's generateContent. promptTokenCount includes what was read from a
// cache and excludes what tools put into the prompt; candidatesTokenCount
// excludes thoughts; the total is the sum of all four. Some older models count
// thoughts among the candidates, and some servers tool prompts in the prompt:
// the total tells. Cache writes are not stated.
//
// In a stream every chunk may have a usageMetadata, each cumulative: the last
// one with counts holds, since some chunks have one without and the last chunk
// may have none. Chunks come as events or as elements of an array. A response
// has ended with a finishReason, or with the reason why its prompt was blocked.
//
// Code Assist wraps each of these objects as {"response": …, "traceId": …}, and
// its traceId is the response's id.

import (
	"github.com/tidwall/gjson"

	"github.com/wiremeter/wiremeter/parsers/framing"
	"github.com/wiremeter/wiremeter/usage"
)

type generate struct {
	o       Options
	isBegun bool
	isEnded bool
	resp    usage.Response
	said    generated
}

func newGenerate(o Options) Meter { return &generate{o: o} }

func (g *generate) Observe(f framing.Frame) (usage.Response, bool) {
	root, ok := parse(f)
	if !ok {
		return usage.Response{}, false
	}
	g.isBegun, g.isEnded = true, g.isEnded || !g.o.IsStream
	if inner := root.Get("response"); inner.IsObject() {
		keepFirst(&g.resp.ID, word(root.Get("traceId")))
		g.read(inner)
	} else {
		g.read(root)
	}
	keepLast(&g.resp.Error, googleError(root.Get("error")))
	g.isEnded = g.isEnded || g.resp.Error != ""
	return g.response(), g.isEnded
}

// googleError prefers the name of a status to its number.
func googleError(e gjson.Result) string {
	if w := word(e.Get("status")); w != "" {
		return w
	}
	return errorType(e)
}

func (g *generate) Partial() (usage.Response, bool) {
	return g.response(), g.isBegun && !g.isEnded
}

func (g *generate) read(chunk gjson.Result) {
	var stop string
	chunk.ForEach(func(key, v gjson.Result) bool {
		switch key.Str {
		case "responseId":
			keepFirst(&g.resp.ID, word(v))
		case "modelVersion":
			keepLast(&g.resp.Model, word(v))
		case "candidates":
			v.ForEach(func(_, candidate gjson.Result) bool {
				keepLast(&stop, word(candidate.Get("finishReason")))
				return true
			})
		case "promptFeedback":
			keepLast(&stop, word(v.Get("blockReason")))
		case "usageMetadata":
			g.take(v)
		}
		return true
	})
	if stop != "" {
		g.resp.StopReason, g.isEnded = stop, true
	}
}

func (g *generate) take(u gjson.Result) {
	keepLast(&g.resp.ServiceTier, firstWord(u.Get("serviceTier"), u.Get("trafficType")))
	var s generated
	u.ForEach(func(key, v gjson.Result) bool {
		switch key.Str {
		case "promptTokenCount":
			s.prompt = count(v)
		case "cachedContentTokenCount":
			s.cached = count(v)
		case "candidatesTokenCount":
			s.candidates = count(v)
		case "thoughtsTokenCount":
			s.thoughts = count(v)
		case "toolUsePromptTokenCount":
			s.tools = count(v)
		case "totalTokenCount":
			s.total = count(v)
		}
		return true
	})
	if s == (generated{}) || s.isZero() && g.said != (generated{}) {
		return
	}
	g.said, g.resp.Raw = s, verbatim(u)
}

func (g *generate) response() usage.Response {
	resp := g.resp
	resp.Tokens, resp.IsDoubtful = g.said.tokens(g.isEnded && resp.Error == "")
	return resp
}

// generated is a usageMetadata.
type generated struct {
	prompt, cached, candidates, thoughts, tools, total *int64
}

func (s generated) isZero() bool {
	return value(s.prompt) == 0 && value(s.cached) == 0 && value(s.candidates) == 0 &&
		value(s.thoughts) == 0 && value(s.tools) == 0 && value(s.total) == 0
}

// tokens separates the counts. It reports true when they contradict each other.
func (s generated) tokens(isEnded bool) (usage.Tokens, bool) {
	prompt, candidates, thoughts, tools := value(s.prompt), value(s.candidates), value(s.thoughts), value(s.tools)
	isDoubtful := false
	if s.total != nil && s.prompt != nil {
		switch *s.total - prompt {
		case candidates + thoughts + tools:
		case candidates + tools: // thoughts are among the candidates
			thoughts = 0
		case candidates + thoughts: // the tools' prompt is in the prompt
			tools = 0
		case candidates:
			thoughts, tools = 0, 0
		default:
			isDoubtful = true
		}
	}
	t := usage.Tokens{CacheRead: s.cached, Reasoning: s.thoughts}
	if s.prompt != nil {
		t.Input = number(prompt + tools)
		if value(s.cached) <= prompt {
			t.Input = number(prompt + tools - value(s.cached))
		} else {
			isDoubtful = true
		}
	}
	// Zeros are left out on this wire. That there was no output is a fact only
	// where the total of an ended response leaves no room for any.
	isNone := isEnded && s.total != nil && s.prompt != nil && !isDoubtful
	if s.candidates != nil || s.thoughts != nil || isNone {
		t.Output = number(candidates + thoughts)
	}
	return t, isDoubtful || value(t.Reasoning) > value(t.Output)
}
