package dialect

import (
	"cmp"

	"github.com/tidwall/gjson"

	"github.com/wiremeter/wiremeter/usage"
)

// inclusive is a usage object of the OpenAI family: the input includes what was
// read from and written to a cache, the output includes reasoning.
type inclusive struct {
	input, read, write, write5m, output, reasoning, total *int64

	isAssumed bool // that the input includes the writes: the provider does not say

	charges
}

// inclusiveNames are those of the members of such an object.
type inclusiveNames struct{ input, inputDetails, output, outputDetails string }

// read knows the names that other servers have given to the same counts. What
// stands in the object itself repeats the details or stands in their place.
func (n inclusiveNames) read(u gjson.Result) (s inclusive) {
	var in, inToo, out gjson.Result
	var cached, written, reasoned *int64
	u.ForEach(func(key, v gjson.Result) bool {
		switch key.Str {
		case n.input:
			s.input = count(v)
		case n.inputDetails:
			in = v
		case "prompt_token_details": // Mistral, at times
			inToo = v
		case n.output:
			s.output = count(v)
		case n.outputDetails:
			out = v
		case "total_tokens":
			s.total = count(v)
		case "cached_tokens", "num_cached_tokens", "prompt_cache_hit_tokens": // Moonshot and Together, Mistral, DeepSeek
			cached = cmp.Or(count(v), cached)
		case "cache_creation_input_tokens": // Vercel
			written = count(v)
		case "reasoning_tokens": // Moonshot, Perplexity, some of Azure's models
			reasoned = count(v)
		default:
			s.see(key.Str, v)
		}
		return true
	})
	s.readInput(in)
	s.read = cmp.Or(cached, s.read, count(last(inToo, "cached_tokens"))) // Moonshot's own agent prefers the first
	if s.write == nil && s.write5m == nil && written != nil {
		s.write, s.isAssumed = written, *written > 0
	}
	s.reasoning = cmp.Or(count(last(out, "reasoning_tokens")), reasoned)
	return s
}

// readInput reads the details. Alibaba states how long what was written lives:
// its one lifetime, "ephemeral", is five minutes.
func (s *inclusive) readInput(details gjson.Result) {
	var written, fiveMinutes *int64
	isEphemeral := false
	details.ForEach(func(key, v gjson.Result) bool {
		switch key.Str {
		case "cached_tokens", "cache_read_input_tokens": // Perplexity has the second in responses
			s.read = cmp.Or(count(v), s.read)
		case "cache_write_tokens":
			s.write = count(v)
		case "cache_creation_input_tokens": // Alibaba, Perplexity
			written = count(v)
		case "cache_creation":
			fiveMinutes = count(last(v, "ephemeral_5m_input_tokens"))
		case "cache_type":
			isEphemeral = v.Str == "ephemeral"
		}
		return true
	})
	switch {
	case s.write != nil || written == nil:
	case fiveMinutes == nil && isEphemeral, fiveMinutes != nil && *fiveMinutes == *written:
		s.write5m = written
	default:
		s.write = written
	}
}

func (s inclusive) isZero() bool {
	return value(s.input) == 0 && value(s.read) == 0 && value(s.write) == 0 && value(s.write5m) == 0 &&
		value(s.output) == 0 && value(s.reasoning) == 0 && value(s.total) == 0
}

// tokens separates the counts. It reports true when they contradict each other.
func (s inclusive) tokens(isEnded bool) (usage.Tokens, bool) {
	t := usage.Tokens{Input: s.input, CacheRead: s.read, CacheWrite5m: s.write5m, CacheWriteOther: s.write, Output: s.output, Reasoning: s.reasoning}
	isDoubtful := false
	if s.input != nil {
		switch cached := value(s.read) + value(s.write) + value(s.write5m); {
		case cached <= *s.input:
			t.Input = number(*s.input - cached)
		case value(s.read) <= *s.input:
			t.Input, isDoubtful = number(0), true
		default: // some servers state the cached input beside the input
			isDoubtful = true
		}
	}
	if s.total != nil && s.input != nil {
		switch *s.total - *s.input {
		case value(s.output):
			if t.Output == nil && isEnded {
				t.Output = number(0) // an embedding: the total leaves no room for output
			}
		case value(s.output) + value(s.reasoning): // some servers state reasoning beside the output
			t.Output = number(value(s.output) + value(s.reasoning))
		default:
			isDoubtful = true
		}
	}
	return t, isDoubtful || value(t.Reasoning) > value(t.Output)
}
