package sums

import (
	"math/rand/v2"
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

func TestDistinctNumbersAreCountedOnce(t *testing.T) {
	var d distinct
	random, want := rand.New(rand.NewPCG(1, 2)), make(map[uint64]bool)
	for range 20_000 {
		n := random.Uint64N(7000)
		d.add(n)
		want[n] = true
	}
	if got := d.count(); got != int64(len(want)) {
		t.Errorf("%d, want %d", got, len(want))
	}
}
