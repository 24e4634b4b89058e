package dialect

import (
	"strings"

	"github.com/tidwall/gjson"
)

const (
	maxDigits = 12      // a count beyond a million million is a mistake
	maxWord   = 256     // characters of an id or a name
	maxRaw    = 8 << 10 // bytes of a usage object
	maxText   = 128     // characters of a string within it
)

// count returns the number if it can be one of tokens, else nil.
func count(r gjson.Result) *int64 {
	if r.Type != gjson.Number || len(r.Raw) > maxDigits {
		return nil
	}
	var n int64
	for _, c := range []byte(r.Raw) {
		if c < '0' || c > '9' {
			return nil
		}
		n = 10*n + int64(c-'0')
	}
	return &n
}

// value is the count, or 0 where nothing was said and nothing is to be
// subtracted or added.
func value(n *int64) int64 {
	if n == nil {
		return 0
	}
	return *n
}

func number(n int64) *int64 { return &n }

// last returns the member of this name, of several the last: so do JavaScript
// and Python read an object, and with them the agents. (gjson's Get returns the
// first.) Where there is none, or no object, nothing exists.
func last(object gjson.Result, name string) (value gjson.Result) {
	object.ForEach(func(key, v gjson.Result) bool {
		if key.Str == name {
			value = v
		}
		return true
	})
	return value
}

// word returns a string that can be an id or a name: printable, and without
// spaces, so that no text can hide in it. Else it returns "".
func word(r gjson.Result) string {
	if r.Type != gjson.String || len(r.Str) > maxWord {
		return ""
	}
	for _, c := range []byte(r.Str) {
		if c <= ' ' || c > '~' {
			return ""
		}
	}
	return strings.Clone(r.Str) // r lies in its document
}

// firstWord returns the first of the values that is a word.
func firstWord(rs ...gjson.Result) string {
	for _, r := range rs {
		if w := word(r); w != "" {
			return w
		}
	}
	return ""
}

// verbatim returns a copy of a usage object, or nil if it is so large, or has
// strings so long, that it may be something else.
func verbatim(r gjson.Result) []byte {
	if !r.IsObject() || len(r.Raw) > maxRaw || mayHaveText(r.Raw) && hasText(r) {
		return nil
	}
	return []byte(r.Raw)
}

// member is a named piece of JSON; without the piece there is none.
type member struct {
	name string
	raw  []byte
}

// object makes an object of the members; of none it makes nil.
func object(members ...member) []byte {
	var o []byte
	for _, m := range members {
		if m.raw == nil {
			continue
		}
		separator := byte(',')
		if o == nil {
			separator = '{'
		}
		o = append(append(append(append(o, separator, '"'), m.name...), `":`...), m.raw...)
	}
	if o == nil {
		return nil
	}
	return append(o, '}')
}

// mayHaveText is false where no two quotes are so far apart as a text's, and none
// is escaped.
func mayHaveText(raw string) bool {
	if strings.IndexByte(raw, '\\') >= 0 {
		return true
	}
	for {
		i := strings.IndexByte(raw, '"')
		if i < 0 || i > maxText {
			return i > maxText
		}
		raw = raw[i+1:]
	}
}

func hasText(r gjson.Result) bool {
	if r.Type == gjson.String {
		return len(r.Str) > maxText
	}
	found := false
	if r.Type != gjson.JSON {
		return false // ForEach would call with r itself
	}
	r.ForEach(func(key, v gjson.Result) bool {
		found = len(key.Str) > maxText || hasText(v)
		return !found
	})
	return found
}

// errorType returns what the provider calls an error, or "" if there is none:
// null, false and empty values are none.
func errorType(e gjson.Result) string {
	if !e.Exists() || e.Type == gjson.Null || e.Type == gjson.False || e.Raw == "{}" || e.Raw == `""` {
		return ""
	}
	n := last(e, "code")
	if w := firstWord(last(e, "type"), last(e, "status"), n, e); w != "" {
		return w
	}
	if n.Type == gjson.Number && count(n) != nil {
		return strings.Clone(n.Raw)
	}
	return "error"
}
