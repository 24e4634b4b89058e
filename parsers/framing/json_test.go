package framing

import (
	"strings"
	"testing"
)

// TestLongStringsOfADocument: of text nothing is handed on, however it comes;
// what is as long as a string may be is.
func TestLongStringsOfADocument(t *testing.T) {
	long, kept := strings.Repeat("text ", 300), strings.Repeat("k", maxString-1)
	body := `{"a": "` + long + `", "` + long + `" : [ "` + kept + `", "\\\"` + long + `\"", 1 ] }`
	want := `{"a": "", "" : [ "` + kept + `", "", 1 ] }`
	for _, size := range []int{1, 7, 1000, len(body)} {
		var got string
		c := NewJSON(func(f Frame) { got = string(f.Data) })
		for rest := body; len(rest) > 0; {
			n := min(size, len(rest))
			c.Write([]byte(rest[:n]))
			rest = rest[n:]
		}
		if end := c.Close(); end != Whole || got != want {
			t.Errorf("in pieces of %d: %d, got %.200s", size, end, got)
		}
	}
}
