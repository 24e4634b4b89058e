package dialect

import (
	"iter"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/wiremeter/wiremeter/usage"
)

// field is the value of one field of a protobuf message. Bytes lie in the
// message; they are nil for a number.
type field struct {
	number uint64
	bytes  []byte
}

// fields goes through the numbers and byte strings of a message by their field
// numbers, in their order. Of a message that is not well formed it yields
// nothing, as its receiver would.
func fields(message []byte) iter.Seq2[protowire.Number, field] {
	return func(yield func(protowire.Number, field) bool) {
		for isKnown := false; len(message) > 0; isKnown = true {
			number, kind, n := protowire.ConsumeTag(message)
			if n < 0 {
				return
			}
			message = message[n:]
			size := protowire.ConsumeFieldValue(number, kind, message)
			if size < 0 || !isKnown && !isMessage(message[size:]) {
				return
			}
			var f field
			switch kind {
			case protowire.VarintType:
				f.number, _ = protowire.ConsumeVarint(message)
			case protowire.BytesType:
				f.bytes, _ = protowire.ConsumeBytes(message)
			}
			message = message[size:]
			if (kind == protowire.VarintType || kind == protowire.BytesType) && !yield(number, f) {
				return
			}
		}
	}
}

func isMessage(p []byte) bool {
	for len(p) > 0 {
		_, _, n := protowire.ConsumeField(p)
		if n < 0 {
			return false
		}
		p = p[n:]
	}
	return true
}

// child returns the message or string at the path of field numbers; nil when
// there is none. Where a field stands twice, its last one counts.
func child(message []byte, path ...protowire.Number) []byte {
	for _, want := range path {
		var found []byte
		for n, f := range fields(message) {
			if n == want && f.bytes != nil {
				found = f.bytes
			}
		}
		if message = found; found == nil {
			return nil
		}
	}
	return message
}

// numberAt returns the count in a field of the message; nil when there is none.
func numberAt(message []byte, want protowire.Number) (count *int64) {
	for n, f := range fields(message) {
		if n == want && f.bytes == nil {
			count = f.count()
		}
	}
	return count
}

// maxCount is what count allows to JSON.
const maxCount = 1_000_000_000_000

// count returns the number if it can be one of tokens, else nil. A negative
// one is a very large one here.
func (f field) count() *int64 {
	if f.bytes != nil || f.number >= maxCount {
		return nil
	}
	return number(int64(f.number))
}

// wordAt returns the word at the path, or "".
func wordAt(message []byte, path ...protowire.Number) string { return asWord(child(message, path...)) }

// asWord is word for what is not JSON.
func asWord(p []byte) string {
	if len(p) > maxWord {
		return ""
	}
	for _, c := range p {
		if c <= ' ' || c > '~' {
			return ""
		}
	}
	return string(p)
}

// maxName is for "Claude 4.5 Sonnet (Thinking)" and what may come.
const maxName = 64

// asName makes a word of a name for the eye, or returns "".
func asName(p []byte) string {
	if len(p) > maxName {
		return ""
	}
	for _, c := range p {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte(" -_.:/+()", c) >= 0:
		default:
			return ""
		}
	}
	return strings.ReplaceAll(strings.TrimSpace(string(p)), " ", "-")
}

// cursorCounts are the counts of one usage message, and its JSON.
type cursorCounts struct {
	input, output, read, write, reasoning *int64
	raw                                   []byte // an object; nil: there was no such message
}

// places are where the counts stand, in the order of cursorNames.
func (s *cursorCounts) places() []**int64 {
	return []**int64{&s.input, &s.output, &s.read, &s.write, &s.reasoning}
}

// isSilent reports whether no count is known.
func (s cursorCounts) isSilent() bool {
	return s.input == nil && s.output == nil && s.read == nil && s.write == nil && s.reasoning == nil
}

// isNothing reports whether no count is more than zero.
func (s cursorCounts) isNothing() bool {
	return value(s.input)+value(s.output)+value(s.read)+value(s.write)+value(s.reasoning) == 0
}

// tokens separates the counts, and names the rule if there was one to choose.
func (s cursorCounts) tokens() (t usage.Tokens, rule usage.Rule, isDoubtful bool) {
	t = usage.Tokens{Input: s.input, CacheRead: s.read, CacheWriteOther: s.write, Output: s.output, Reasoning: s.reasoning}
	isDoubtful = value(s.reasoning) > value(s.output)
	switch cached := value(s.read) + value(s.write); {
	case s.input == nil || cached == 0:
		return t, "", isDoubtful
	case cached <= *s.input:
		t.Input = number(*s.input - cached)
		return t, usage.Inclusive, isDoubtful
	}
	return t, usage.Exclusive, true
}
