package dialect

import (
	"bytes"
	"slices"
	"testing"

	"github.com/wiremeter/wiremeter/parsers/framing"
)

func TestCursorConversation(t *testing.T) {
	update := func(key string, update []byte) framing.Frame {
		return framing.Frame{Data: sub(4, slices.Concat(sub(1, []byte(key)), sub(2, update)))}
	}
	ended := sub(14, []byte{8, 10, 16, 5, 24, 3, 32, 2})
	text := sub(1, sub(1, []byte("hi")))
	m := NewCursorConversation()
	var got []CursorResponse
	for _, f := range []framing.Frame{
		update("1-0", text), update("2-0", ended), update("3-0", text), update("", sub(14, []byte{8, 1, 16, 1})), update("a text", ended),
		{Data: []byte{0xff}}, update("4-0", sub(14, []byte{8, 20, 16, 6})), update("5-0", text),
	} {
		before := bytes.Clone(f.Data)
		if resp := m.Observe(f); resp != nil {
			got = append(got, *resp)
		}
		if !bytes.Equal(before, f.Data) {
			t.Error("a frame was changed")
		}
	}
	if len(got) != 2 || got[0].ID != "2-0:10:5:3:2:0" || got[1].ID != "4-0:20:6:0:0:0" || got[0].Number != 1 || got[1].Number != 2 {
		t.Fatalf("got %+v", got)
	}
	if s := counts(got[0].Tokens); s != "5 3 2 5 -" {
		t.Errorf("got %s", s)
	}
	if resp, isBegun := m.Partial(); !isBegun || resp.ID != "" {
		t.Errorf("what has begun is %+v", resp)
	}
}
