package sums

import (
	"hash/maphash"
	"strings"
)

// interned numbers words as they come. It is a map that the collector has little to
// look at in: there can be a million.
type interned struct {
	words  []string
	hashes []uint64 // of words
	places []uint32 // by hash: one more than a number; 0: free. Half of them are, of a power of 2
	text   strings.Builder
}

var seed = maphash.MakeSeed()

// idOf is the number of a word, of which it keeps a copy.
func (n *interned) idOf(word string) uint32 {
	hash := maphash.String(seed, word)
	at := n.find(hash, func(known string) bool { return known == word })
	if *at == 0 {
		n.add(word, hash)
		*at = uint32(len(n.words))
	}
	return *at - 1
}

// id is that of a word of bytes.
func (n *interned) id(word []byte) uint32 {
	hash := maphash.Bytes(seed, word)
	at := n.find(hash, func(known string) bool { return known == string(word) })
	if *at == 0 {
		n.add(string(word), hash)
		*at = uint32(len(n.words))
	}
	return *at - 1
}

// find is the place of a word, or the one to put it at.
func (n *interned) find(hash uint64, is func(known string) bool) *uint32 {
	if 2*len(n.words) >= len(n.places) {
		n.grow()
	}
	for at := hash; ; at++ {
		place := &n.places[at&uint64(len(n.places)-1)]
		if *place == 0 || n.hashes[*place-1] == hash && is(n.words[*place-1]) {
			return place
		}
	}
}

func (n *interned) grow() {
	n.places = make([]uint32, max(16, 4*len(n.words)))
	for i, hash := range n.hashes {
		for at := hash; ; at++ {
			if place := &n.places[at&uint64(len(n.places)-1)]; *place == 0 {
				*place = uint32(i + 1)
				break
			}
		}
	}
}

// add copies many words into one piece of memory.
func (n *interned) add(word string, hash uint64) {
	if n.text.Cap()-n.text.Len() < len(word) {
		n.text.Reset()
		n.text.Grow(max(min(1<<16, 64*len(n.words)), len(word)))
	}
	begin := n.text.Len()
	n.text.WriteString(word)
	n.words, n.hashes = append(n.words, n.text.String()[begin:]), append(n.hashes, hash)
}
