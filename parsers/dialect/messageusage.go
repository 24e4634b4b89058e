package dialect

import (
	"github.com/tidwall/gjson"

	"github.com/wiremeter/wiremeter/usage"
)

// messageUsage is a usage object of the messages dialect, or an entry of its
// iterations, or what several of them amount to.
type messageUsage struct {
	kind, model string // of an iteration

	input, read, output, thinking *int64
	write                         *int64 // both lifetimes and any other
	write5m, write1h              *int64
	isOldSplit                    bool // write is newer than its split
	speed, geo                    string
	charges
	iterations []messageUsage
}

// maxIterations bounds the parts that one message can make.
const maxIterations = 100

func readMessageUsage(u gjson.Result) messageUsage {
	s := readMessageCounts(u)
	last(u, "iterations").ForEach(func(_, it gjson.Result) bool {
		if it.IsObject() {
			s.iterations = append(s.iterations, readMessageCounts(it))
		}
		return len(s.iterations) < maxIterations
	})
	return s
}

func readMessageCounts(u gjson.Result) (s messageUsage) {
	var written, made gjson.Result
	u.ForEach(func(key, v gjson.Result) bool {
		switch key.Str {
		case "type":
			s.kind = word(v)
		case "model":
			s.model = word(v)
		case "input_tokens":
			s.input = count(v)
		case "cache_read_input_tokens":
			s.read = count(v)
		case "cache_creation_input_tokens":
			s.write = count(v)
		case "cache_creation":
			written = v
		case "output_tokens":
			s.output = count(v)
		case "output_tokens_details":
			made = v
		case "speed":
			s.speed = word(v)
		case "inference_geo":
			s.geo = word(v)
		default:
			s.see(key.Str, v)
		}
		return true
	})
	s.write5m, s.write1h = count(last(written, "ephemeral_5m_input_tokens")), count(last(written, "ephemeral_1h_input_tokens"))
	s.thinking = count(last(made, "thinking_tokens"))
	return s
}

// overwrite applies a later statement. Where it lists its iterations, its
// sender knows every count it names, and a zero is one; else a zero in place of
// an input that was known says that the sender does not repeat it.
func (s messageUsage) overwrite(d messageUsage) messageUsage {
	isTrusted := len(d.iterations) > 0
	keep := func(old *int64, now *int64) *int64 {
		if now == nil || *now == 0 && old != nil && !isTrusted {
			return old
		}
		return now
	}
	hasSplit := d.write5m != nil || d.write1h != nil
	if hasSplit && (isTrusted || value(d.write5m)+value(d.write1h) > 0) {
		s.write5m, s.write1h, s.isOldSplit = d.write5m, d.write1h, false
	} else if keep(s.write, d.write) != s.write {
		s.isOldSplit = true
	}
	s.input, s.read, s.write = keep(s.input, d.input), keep(s.read, d.read), keep(s.write, d.write)
	if d.output != nil && (*d.output > 0 || s.output == nil) {
		s.output = d.output
	}
	if d.thinking != nil {
		s.thinking = d.thinking
	}
	keepLast(&s.speed, d.speed)
	keepLast(&s.geo, d.geo)
	s.charges = s.later(d.charges)
	if isTrusted {
		s.iterations = d.iterations
	}
	return s
}

// tokens reports true when the counts contradict each other.
func (s messageUsage) tokens(ttl string) (usage.Tokens, bool) {
	t := usage.Tokens{Input: s.input, CacheRead: s.read, Output: s.output, Reasoning: s.thinking}
	own := s.own()
	s.adoptSplit(own)
	split := value(s.write5m) + value(s.write1h)
	isDoubtful := !s.isOldSplit && s.write != nil && (s.write5m != nil || s.write1h != nil) && split != *s.write
	t.CacheWrite5m, t.CacheWrite1h = s.writes(ttl)
	if len(own) > 0 {
		isDoubtful = isDoubtful || !sums(own, s)
	}
	return t, isDoubtful || s.thinking != nil && s.output != nil && *s.thinking > *s.output
}

// writes splits the cache writes by lifetime. What the split leaves over goes
// to the lifetime that the split shows in use, else to the one that the request
// asked for, else to five minutes, which is what Anthropic means by no lifetime
// and what Claude Code prices it at.
func (s messageUsage) writes(ttl string) (fiveMinutes, oneHour *int64) {
	if s.write == nil {
		return s.write5m, s.write1h
	}
	five, hour := value(s.write5m), value(s.write1h)
	rest := *s.write - five - hour
	switch {
	case rest < 0:
		hour = min(hour, *s.write)
		five = *s.write - hour
	case s.isOldSplit && five == 0 && hour > 0, five+hour == 0 && ttl == "1h":
		hour += rest
	default:
		five += rest
	}
	if five > 0 || s.write5m != nil || hour == 0 {
		fiveMinutes = &five
	}
	if hour > 0 || s.write1h != nil {
		oneHour = &hour
	}
	return fiveMinutes, oneHour
}

// own returns the iterations that make up the message's own counts: after a
// fallback only those of the model that answered.
func (s messageUsage) own() []messageUsage {
	var own []messageUsage
	for _, it := range s.iterations {
		switch it.kind {
		case "fallback_message":
			if len(own) > 0 && own[len(own)-1].kind == "message" {
				own = nil
			}
			own = append(own, it)
		case "message":
			own = append(own, it)
		}
	}
	return own
}

// adoptSplit takes the split of the iterations if theirs is of the same whole.
func (s *messageUsage) adoptSplit(own []messageUsage) {
	var five, hour int64
	isSplit := false
	for _, it := range own {
		isSplit = isSplit || it.write5m != nil || it.write1h != nil
		five, hour = five+value(it.write5m), hour+value(it.write1h)
	}
	if isSplit && s.write != nil && five+hour == *s.write {
		s.write5m, s.write1h, s.isOldSplit = &five, &hour, false
	}
}

// sums reports whether the iterations add up to the whole, as far as it says.
func sums(own []messageUsage, whole messageUsage) bool {
	var input, output int64
	for _, it := range own {
		input, output = input+value(it.input), output+value(it.output)
	}
	return (whole.input == nil || *whole.input == input) && (whole.output == nil || *whole.output == output)
}

// partRoles names the iterations that the message's own counts leave out.
var partRoles = map[string]string{
	"compaction":      "compaction",
	"advisor_message": "advisor",
}

// parts returns what is billed beside the message's own counts, which its model
// answered.
func (s messageUsage) parts(model, ttl string) []usage.Part {
	var parts []usage.Part
	declined := s.declined()
	for i, it := range s.iterations {
		role := partRoles[it.kind]
		if i < declined && it.kind == "message" {
			role = usage.Unbilled
		}
		if role == "" {
			continue
		}
		keepFirst(&it.model, model)
		t, _ := it.tokens(ttl)
		parts = append(parts, usage.Part{Role: role, Model: it.model, Tokens: t})
	}
	return parts
}

// declined returns how many of the first iterations a fallback followed.
func (s messageUsage) declined() int {
	for i, it := range s.iterations {
		if it.kind == "fallback_message" {
			return i
		}
	}
	return 0
}
