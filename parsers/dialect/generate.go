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

// keysOfGenerate are in what may say more than text, the id and the model, which
// stand in every chunk.
var keysOfGenerate = newKeys("usageMetadata", "finishReason", "promptFeedback", "error")

func (g *generate) Observe(f framing.Frame) (usage.Response, bool) {
	if g.o.IsStream && g.isBegun && !keysOfGenerate.in(f.Data) {
		return usage.Response{}, false
	}
	root, ok := parse(f)
	if !ok {
		return usage.Response{}, false
	}
	g.isBegun, g.isEnded = true, g.isEnded || !g.o.IsStream
	c := readChunk(root)
	keepLast(&g.resp.Error, googleError(c.failure))
	if c.response.IsObject() {
		keepFirst(&g.resp.ID, word(c.trace))
		c = readChunk(c.response)
	}
	g.take(c)
	g.isEnded = g.isEnded || g.resp.Error != ""
	if !g.isEnded {
		return usage.Response{}, false
	}
	return g.response(), true
}

// googleError prefers the name of a status to its number.
func googleError(e gjson.Result) string {
	if w := word(last(e, "status")); w != "" {
		return w
	}
	return errorType(e)
}

func (g *generate) Partial() (usage.Response, bool) {
	return g.response(), g.isBegun && !g.isEnded
}

// chunk is the members of an object that are read.
type chunk struct {
	response, trace                                 gjson.Result // of Code Assist
	id, model, candidates, feedback, usage, failure gjson.Result
}

func readChunk(object gjson.Result) (c chunk) {
	object.ForEach(func(key, v gjson.Result) bool {
		switch key.Str {
		case "response":
			c.response = v
		case "traceId":
			c.trace = v
		case "responseId":
			c.id = v
		case "modelVersion":
			c.model = v
		case "candidates":
			c.candidates = v
		case "promptFeedback":
			c.feedback = v
		case "usageMetadata":
			c.usage = v
		case "error":
			c.failure = v
		}
		return true
	})
	return c
}

func (g *generate) take(c chunk) {
	if g.resp.ID == "" {
		g.resp.ID = word(c.id)
	}
	if c.model.Str != g.resp.Model { // nearly never: it is not copied from every chunk
		keepLast(&g.resp.Model, word(c.model))
	}
	g.stop(c.candidates, c.feedback)
	g.count(c.usage)
}

func (g *generate) stop(candidates, feedback gjson.Result) {
	stop := word(last(feedback, "blockReason"))
	candidates.ForEach(func(_, candidate gjson.Result) bool {
		keepLast(&stop, word(last(candidate, "finishReason")))
		return true
	})
	if stop != "" {
		g.resp.StopReason, g.isEnded = stop, true
	}
}

func (g *generate) count(u gjson.Result) {
	keepLast(&g.resp.ServiceTier, firstWord(last(u, "serviceTier"), last(u, "trafficType")))
	s := readGenerated(u, "candidatesTokenCount")
	if s == (generated{}) || s.isZero() && g.said != (generated{}) {
		return
	}
	g.said, g.resp.Raw = s, verbatim(u)
}

// readGenerated reads a usageMetadata, whose output has this name.
func readGenerated(u gjson.Result, output string) (s generated) {
	u.ForEach(func(key, v gjson.Result) bool {
		switch key.Str {
		case "promptTokenCount":
			s.prompt = count(v)
		case "cachedContentTokenCount":
			s.cached = count(v)
		case output:
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
	return s
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
