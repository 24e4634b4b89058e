package dialect

import (
	"strings"
	"testing"

	"github.com/tidwall/gjson"
)

// TestVerbatimKeepsNoText: neither as a value nor as a key, whatever is escaped
// in it.
func TestVerbatimKeepsNoText(t *testing.T) {
	text := strings.Repeat("word ", 1+maxText/5)
	quoted := strings.Repeat(`say \"hi\" `, maxText/8)
	for raw, isKept := range map[string]bool{
		`{"input_tokens":1,"details":{"cached":[1,2]},"tier":"default"}`: true,
		`{"tier":"` + strings.Repeat("x", maxText) + `"}`:                true,
		`{"input_tokens":1,"note":"` + text + `"}`:                       false,
		`{"` + text + `":1}`:                      false,
		`{"a":[{"b":"` + quoted + `"}]}`:          false,
		`{"a":"\u0061","b":"` + quoted + `"}`:     false,
		`{"a":"` + strings.Repeat("é", 65) + `"}`: false,
		`["a"]`: false,
	} {
		if got := verbatim(gjson.Parse(raw)); (string(got) == raw) != isKept || got != nil != isKept {
			t.Errorf("%s: kept %q", raw, got)
		}
	}
}
