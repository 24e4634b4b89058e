package coding

import (
	"bytes"
	"strings"
	"testing"
)

func TestPayloads(t *testing.T) {
	texts := []string{"one", strings.Repeat("two ", 1<<17), "", "three"}
	for _, w := range writers {
		if _, ok := decoders[w.name]; !ok {
			continue
		}
		d := NewPayloads(w.name, 1<<20)
		for range 2 {
			for _, text := range texts {
				body := encode(t, w.open, []byte(text))
				if got, err := d.Decode(body); err != nil || string(got) != text {
					t.Errorf("%s: got %d bytes and %v, want %d", w.name, len(got), err, len(text))
				}
				if got, err := d.Decode(body[:len(body)-1]); err == nil && string(got) == text && text != "" {
					t.Errorf("%s: a body that is cut is whole", w.name)
				}
				if _, err := d.Decode([]byte("no such coding")); err == nil {
					t.Errorf("%s: no error for what is not coded", w.name)
				}
			}
		}
	}
}

func TestPayloadsThatGrow(t *testing.T) {
	const most = 1 << 20
	for _, w := range writers {
		if _, ok := decoders[w.name]; !ok {
			continue
		}
		got, err := NewPayloads(w.name, most).Decode(encode(t, w.open, []byte(strings.Repeat("x", 9*most))))
		if err != nil || len(got) != most+1 {
			t.Errorf("%s: got %d bytes and %v, want one more than %d", w.name, len(got), err, most)
		}
	}
}

func TestPayloadsOfUnknownCoding(t *testing.T) {
	if got, err := NewPayloads("lzw", 10).Decode(nil); err == nil {
		t.Errorf("got %q", bytes.Clone(got))
	}
}
