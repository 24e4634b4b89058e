package dialect

import "testing"

func TestReadCursorEvents(t *testing.T) {
	h := hexes(t)
	got := ReadCursorEvents(h["E"])
	if len(got) != 1 {
		t.Fatalf("got %d events", len(got))
	}
	e := got[0]
	if e.At != 1785146400123 || e.Model != "claude-4.5-sonnet" || e.Kind != 3 || e.ConversationID != "11111111-1111-4111-8111-111111111111" {
		t.Errorf("got %+v", e)
	}
	if s := counts(e.Tokens); s != "12 40000 5000 340 -" {
		t.Errorf("got %s", s)
	}
	for at := range len(h["E"]) {
		if got := ReadCursorEvents(h["E"][:at]); len(got) != 0 {
			t.Errorf("cut at %d: got %+v", at, got)
		}
	}
}

func FuzzCursorEvents(f *testing.F) {
	f.Add(hexes(f)["E"])
	f.Fuzz(func(_ *testing.T, answer []byte) { ReadCursorEvents(answer) })
}
