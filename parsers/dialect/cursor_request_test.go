package dialect

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/wiremeter/wiremeter/parsers/framing"
)

func requested(body []byte, size int) CursorRequest {
	var q CursorRequests
	c := inEnvelopes(q.Observe)
	for piece := range slices.Chunk(body, size) {
		c.Write(bytes.Clone(piece))
	}
	return q.Request()
}

func TestCursorRequest(t *testing.T) {
	h := hexes(t)
	str := func(n protowire.Number, s string) []byte { return sub(n, []byte(s)) }
	run := func(parts ...[]byte) []byte { return inEnvelope(0, sub(1, bytes.Join(parts, nil))) }
	secret := slices.Concat(str(8, "\x0a\x06secret"), str(9, "secret"), str(10, "secret"))
	tests := []struct {
		name string
		body []byte
		want CursorRequest
	}{
		{"made by hand", h["C.bidi"], CursorRequest{Model: "claude-4.5-sonnet", ConversationID: "11111111-1111-4111-8111-111111111111", IsRun: true}},
		{"an agent's", file(t, "run_request.bin"), CursorRequest{
			Model: "claude-4.5-sonnet", ConversationID: "agent-7e900f52-d826-43f0-bb56-aab2331c7708", RunID: "5cbb0874-807e-495e-b64d-17b6cf4a5a79", IsRun: true,
		}},
		{"a subagent's", run(sub(3, slices.Concat(str(1, "m"), secret)), str(5, "c"), str(11, "explore"), str(16, "g")), CursorRequest{Model: "m", ConversationID: "c", Subagent: "explore", GroupID: "g", IsRun: true}},
		{"a subagent with a long name", run(str(11, "one of my own")), CursorRequest{Subagent: "other", IsRun: true}},
		{"both models", run(sub(3, str(1, "details")), sub(9, slices.Concat(str(1, "requested"), str(4, "secret")))), CursorRequest{Model: "requested", IsRun: true}},
		{"a resumed run", run(sub(2, sub(2, nil)), str(25, "r")), CursorRequest{RunID: "r", IsRun: true, IsResume: true}},
		{"a summary", run(sub(2, sub(4, nil))), CursorRequest{IsRun: true, IsSummary: true}},
		{"warmed", inEnvelope(0, sub(8, slices.Concat(sub(1, str(1, "m")), str(2, "c")))), CursorRequest{Model: "m", ConversationID: "c"}},
		{"warmed, then run", slices.Concat(inEnvelope(0, sub(8, str(2, "c"))), run(str(5, "d"))), CursorRequest{ConversationID: "d", IsRun: true}},
		{"a second run", slices.Concat(run(str(5, "c")), run(str(5, "d"))), CursorRequest{ConversationID: "c", IsRun: true}},
		{"no words", run(sub(9, str(1, "a b")), str(5, "\x00"), str(25, strings.Repeat("x", maxWord+1))), CursorRequest{IsRun: true}},
		{"heartbeats", inEnvelope(0, sub(7, nil)), CursorRequest{}},
		{"no protobuf", inEnvelope(0, []byte{0xff}), CursorRequest{}},
	}
	for _, tt := range tests {
		for size := 1; size <= len(tt.body); size++ {
			if got := requested(tt.body, size); got != tt.want {
				t.Errorf("%s, in pieces of %d:\n got %+v\nwant %+v", tt.name, size, got, tt.want)
			}
		}
		for at := range len(tt.body) {
			if got := requested(tt.body[:at], 1<<10); got != tt.want && got.IsRun && tt.name != "warmed, then run" {
				t.Errorf("%s, cut at %d: got %+v", tt.name, at, got)
			}
		}
	}
}

func TestReadBidiAppend(t *testing.T) {
	const id, seen = "33333333-3333-4333-8333-333333333333", "18f24f1f-2c32-4260-bef4-ea7f8f16d550"
	h := hexes(t)
	gotID, seq, data, ok := ReadBidiAppend(h["C.BidiAppend_body"])
	if !ok || gotID != id || seq != 0 || !bytes.Equal(data, h["C.acm"]) {
		t.Errorf("made by hand: got %q, %d, %x, %t", gotID, seq, data, ok)
	}
	gotID, _, data, ok = ReadBidiAppend(file(t, "bidiappend_request.bin"))
	var q CursorRequests
	q.Append(0, data)
	want := CursorRequest{Model: "claude-4.5-sonnet", ConversationID: "agent-d02af5e6-1d67-48b7-8052-aba9921c9479", RunID: seen, IsRun: true}
	if !ok || gotID != seen || q.Request() != want {
		t.Errorf("an agent's: got %q, %+v, %t", gotID, q.Request(), ok)
	}
	for at := range len(h["C.BidiAppend_body"]) {
		if _, _, data, ok := ReadBidiAppend(h["C.BidiAppend_body"][:at]); ok || data != nil {
			t.Errorf("cut at %d: got %x", at, data)
		}
	}
}

func TestReadBidiAppendForms(t *testing.T) {
	id := sub(2, sub(1, []byte("r")))
	seq := func(n uint64) []byte { return protowire.AppendVarint([]byte{3 << 3}, n) }
	tests := []struct {
		name string
		body []byte
		data string
		seq  int64
		ok   bool
	}{
		{"hexadecimal", slices.Concat(sub(1, []byte("0aFf")), id, seq(7)), "\x0a\xff", 7, true},
		{"binary", slices.Concat(sub(4, []byte{1, 2}), id), "\x01\x02", 0, true},
		{"no data", id, "", 0, true},
		{"no id", sub(4, []byte{1, 2}), "", 0, false},
		{"not hexadecimal", slices.Concat(sub(1, []byte("0g")), id), "", 0, false},
		{"half a byte", slices.Concat(sub(1, []byte("0a0")), id), "", 0, false},
		{"a negative number", slices.Concat(id, seq(1<<63)), "", 0, false},
		{"JSON", []byte(`{"data":""}`), "", 0, false},
	}
	for _, tt := range tests {
		gotID, seq, data, ok := ReadBidiAppend(tt.body)
		if string(data) != tt.data || seq != tt.seq || ok != tt.ok || ok != (gotID == "r") {
			t.Errorf("%s: got %q, %d, %q, %t", tt.name, gotID, seq, data, ok)
		}
	}
}

// Messages come in any order, and again; the first run counts.
func TestCursorRequestsInAnyOrder(t *testing.T) {
	run := func(conversation string) []byte { return sub(1, sub(5, []byte(conversation))) }
	messages := map[int64][]byte{0: sub(8, sub(2, []byte("warm"))), 1: run("first"), 2: sub(7, nil), 3: run("second"), 4: sub(2, []byte{})}
	for seed := range uint64(50) {
		var q CursorRequests
		random := rand.New(rand.NewPCG(seed, 0))
		for _, seq := range append(random.Perm(5), random.Perm(5)...) {
			q.Append(int64(seq), messages[int64(seq)])
		}
		if got := q.Request(); got != (CursorRequest{ConversationID: "first", IsRun: true}) {
			t.Errorf("seed %d: got %+v", seed, got)
		}
	}
}

func TestReadBidiRequestID(t *testing.T) {
	var got string
	c := inEnvelopes(func(f framing.Frame) { got = ReadBidiRequestID(f.Data) })
	c.Write(file(t, "runsse_request.bin"))
	if got != "18f24f1f-2c32-4260-bef4-ea7f8f16d550" {
		t.Errorf("got %q", got)
	}
}

func FuzzCursorRequests(f *testing.F) {
	f.Add(hexes(f)["C.BidiAppend_body"])
	f.Add(hexes(f)["C.acm"])
	f.Add(file(f, "bidiappend_request.bin"))
	f.Fuzz(func(t *testing.T, body []byte) {
		var q CursorRequests
		q.Append(1, body)
		if _, seq, data, ok := ReadBidiAppend(body); ok {
			q.Append(seq, data)
		}
		r := q.Request()
		for _, s := range []string{r.Model, r.ConversationID, r.GroupID, r.RunID, r.Subagent} {
			if len(s) > maxWord || strings.ContainsAny(s, " \n\t") {
				t.Fatalf("no word: %q", s)
			}
		}
	})
}
