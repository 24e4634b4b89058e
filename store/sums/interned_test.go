package sums

import (
	"strconv"
	"testing"
)

func TestWordsAreNumberedAsTheyCome(t *testing.T) {
	var n interned
	for range 2 {
		for i := range 5000 {
			word := ""
			if i > 0 {
				word = strconv.Itoa(i * i)
			}
			if got := n.idOf(word); got != uint32(i) || n.words[got] != word {
				t.Fatalf("%q is number %d", word, got)
			}
			if got := n.id([]byte(word)); got != uint32(i) {
				t.Fatalf("the bytes of %q are number %d", word, got)
			}
		}
	}
}
