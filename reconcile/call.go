package reconcile

import (
	"time"

	"github.com/wiremeter/wiremeter/usage"
)

// Call is a call of a model's, as a log tells of it. What it does not tell is
// empty or nil.
type Call struct {
	ID        string // of the response
	SessionID string
	Model     string
	At        time.Time // when it was written down: about the end of the call
	Tokens    usage.Tokens

	Repeats int // how often it stands there besides
}

// counted are the counts to compare, as both sides can know them.
var counted = []struct {
	name string
	of   func(usage.Tokens) *int64
}{
	{"input", func(t usage.Tokens) *int64 { return t.Input }},
	{"cache_read", func(t usage.Tokens) *int64 { return t.CacheRead }},
	{"cache_write", cacheWrite},
	{"output", func(t usage.Tokens) *int64 { return t.Output }},
	{"reasoning", func(t usage.Tokens) *int64 { return t.Reasoning }},
}

// cacheWrite is what was written for whatever time.
func cacheWrite(t usage.Tokens) *int64 {
	return add(add(t.CacheWrite5m, t.CacheWrite1h), t.CacheWriteOther)
}

// add takes what is unknown for nothing, if the other is known.
func add(a, b *int64) *int64 {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	sum := *a + *b
	return &sum
}

// differences names the counts that the log has otherwise than the wire. One that
// the log does not have is none; its 0 may be what the provider did not say.
func differences(wire, log usage.Tokens) (names []string) {
	for _, c := range counted {
		w, l := c.of(wire), c.of(log)
		if l == nil || w == nil && *l == 0 || w != nil && *w == *l {
			continue
		}
		names = append(names, c.name)
	}
	return names
}

// isKnown reports whether any count is.
func isKnown(t usage.Tokens) bool {
	for _, c := range counted {
		if c.of(t) != nil {
			return true
		}
	}
	return false
}

func count(n int64) *int64 { return &n }

// less is n without what it includes, all of which the log states.
func less(n *int64, included ...*int64) *int64 {
	if n == nil {
		return nil
	}
	rest := *n
	for _, i := range included {
		if i != nil {
			rest -= *i
		}
	}
	return &rest
}
