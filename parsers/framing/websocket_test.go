package framing

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
)

var (
	plainly  = WebSocketOptions{}
	takeover = WebSocketOptions{Deflate: true}
	fresh    = WebSocketOptions{Deflate: true, NoContextTakeover: true}
)

func init() {
	for name, o := range map[string]WebSocketOptions{"websocket": plainly, "websocket takeover": takeover, "websocket fresh": fresh} {
		cutters[name] = func(emit func(Frame)) Cutter { return NewWebSocket(o, emit) }
	}
}

// wire is the bytes of one direction of a connection.
type wire []byte

func (w wire) frame(first byte, key uint32, payload string) wire {
	mask := byte(0)
	if key != 0 {
		mask = bitMasked
	}
	w = append(w, first)
	switch n := len(payload); {
	case n > 0xffff:
		w = binary.BigEndian.AppendUint64(append(w, mask|127), uint64(n))
	case n >= 126:
		w = binary.BigEndian.AppendUint16(append(w, mask|126), uint16(n))
	default:
		w = append(w, mask|byte(n))
	}
	if key == 0 {
		return append(w, payload...)
	}
	start := len(w) + 4
	w = append(binary.BigEndian.AppendUint32(w, key), payload...)
	for i := range len(payload) {
		w[start+i] ^= w[start-4+i%4]
	}
	return w
}

const (
	final    = bitFinal
	deflated = bitRSV1
	key      = 0x37fa213d // of the examples in RFC 6455
)

// everyCut wants the same of a conversation however it is cut.
func everyCut(t *testing.T, name, framing string, body []byte, want []kept, end End) {
	t.Helper()
	random := rand.New(rand.NewPCG(uint64(len(body)), 1))
	cuts := [][]int{nil, {1}, {2}, {3}, {5}, {7}, {1, 1 << 20}, {2, 1 << 20}, {9, 1 << 20}}
	for range 5 {
		sizes := make([]int, 10)
		for i := range sizes {
			sizes[i] = 1 + random.IntN(len(body)+1)
		}
		cuts = append(cuts, sizes)
	}
	for _, sizes := range cuts {
		got, gotEnd := cut(framing, body, sizes...)
		if !slices.Equal(got, want) || gotEnd != end {
			t.Errorf("%s, in pieces of %v: got %.300v, %d; want %.300v, %d", name, sizes, got, gotEnd, want, end)
		}
	}
}

func said(messages ...string) []kept {
	var frames []kept
	for _, m := range messages {
		frames = append(frames, kept{data: m})
	}
	return frames
}

func TestWebSocket(t *testing.T) {
	long, longer := `{"a":"`+strings.Repeat("b", 300)+`"}`, `{"a":[`+strings.Repeat(`"b",`, 20000)+`0]}`
	tests := []struct {
		name string
		wire wire
		want []kept
		end  End
	}{
		{"nothing", nil, nil, Unfinished},
		{"half a head", wire{0x81}, nil, Unfinished},
		{"half a length", wire{0x81, 126, 0}, nil, Unfinished},
		{"half a mask", wire{0x81, 0x85, 1, 2, 3}, nil, Unfinished},
		{"half a message", wire{0x81, 3, '{'}, nil, Unfinished},
		{"one message", wire{}.frame(final|opText, 0, `{}`), said(`{}`), Whole},
		{"one masked message", wire{0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58}, said("Hello"), Whole}, // RFC 6455 §5.7
		{"a mask of zeros", wire{0x81, 0x82, 0, 0, 0, 0, '{', '}'}, said(`{}`), Whole},
		{"an empty message", wire{}.frame(final|opText, 0, ""), said(""), Whole},
		{"an empty masked message", wire{}.frame(final|opBinary, key, ""), said(""), Whole},
		{"two lengths of length", wire{}.frame(final|opText, 0, long).frame(final|opText, key, longer), said(long, longer), Whole},
		{"a length longer than it need be", wire{0x81, 127, 0, 0, 0, 0, 0, 0, 0, 2, '{', '}'}, said(`{}`), Whole},
		{"fragments", wire{}.frame(opText, 0, `{"a`).frame(opContinuation, 0, `":`).frame(final|opContinuation, 0, `1}`).frame(final|opText, 0, "2"), said(`{"a":1}`, "2"), Whole},
		{"masked fragments", wire{}.frame(opText, key, `{"a`).frame(opContinuation, 7, `":`).frame(final|opContinuation, 0, `1}`), said(`{"a":1}`), Whole},
		{"empty fragments", wire{}.frame(opText, 0, "").frame(opContinuation, 0, `{}`).frame(final|opContinuation, 0, ""), said(`{}`), Whole},
		{"nothing but empty fragments", wire{}.frame(opText, 0, "").frame(final|opContinuation, 0, ""), said(""), Whole},
		{"pings and pongs within a message", wire{}.frame(final|opPing, 0, "hi").frame(opText, 0, `{"a`).frame(final|opPing, key, "{").frame(final|opPong, 0, "").frame(final|opContinuation, 0, `":1}`), said(`{"a":1}`), Whole},
		{"nothing but a ping", wire{}.frame(final|opPing, 0, "hi"), nil, Unfinished},
		{"the first fragment is all", wire{}.frame(opText, 0, `{}`), nil, Unfinished},
		{"closed", wire{}.frame(final|opText, 0, `{}`).frame(final|opClose, 0, "\x03\xe8bye").frame(final|opText, 0, `{"late":1}`), said(`{}`), Whole},
		{"closed within a message", wire{}.frame(opText, 0, `{}`).frame(final|opClose, 0, ""), nil, Unfinished},
		{"closed at once", wire{}.frame(final|opClose, key, "\x03\xe9"), nil, Whole},
		{"JSON in a binary message", wire{}.frame(final|opBinary, 0, " \n{\"a\":1}").frame(final|opBinary, key, "[2]"), said(" \n{\"a\":1}", "[2]"), Whole},
		{"other binary messages", wire{}.frame(final|opBinary, 0, "\x08\x01{{").frame(opBinary, key, " ").frame(final|opContinuation, key, "x"), said("\x08\x01{{", " x"), Whole},

		{"a reserved opcode", wire{}.frame(final|opText, 0, `{}`).frame(final|3, 0, "").frame(final|opText, 0, `{}`), said(`{}`), Foreign},
		{"a reserved control opcode", wire{}.frame(final|0xb, 0, ""), nil, Foreign},
		{"a bit of no extension", wire{}.frame(final|0x20|opText, 0, `{}`), nil, Foreign},
		{"compressed without having agreed on it", wire{}.frame(final|deflated|opText, 0, "\xf2\x48\xcd\xc9\xc9\x07\x00"), nil, Foreign},
		{"a continuation of nothing", wire{}.frame(final|opContinuation, 0, `{}`), nil, Foreign},
		{"a message within a message", wire{}.frame(opText, 0, `{}`).frame(final|opText, 0, `{}`), nil, Foreign},
		{"a length with the top bit set", wire{0x81, 127, 0x80, 0, 0, 0, 0, 0, 0, 1, '{'}, nil, Foreign},
		{"a fragment of a ping", wire{}.frame(opPing, 0, ""), nil, Foreign},
		{"a long ping", wire{}.frame(final|opPing, 0, long), nil, Foreign},
		{"not a WebSocket", wire("HTTP/1.1 400 Bad Request\r\n\r\n"), nil, Foreign},
	}
	for _, tt := range tests {
		everyCut(t, tt.name, "websocket", tt.wire, tt.want, tt.end)
	}
}

func TestWebSocketCode(t *testing.T) {
	for body, want := range map[string]int{
		"": 0,
		string(wire{}.frame(final|opText, 0, `{}`)):           0,
		string(wire{}.frame(final|opClose, 0, "\x03\xe8")):    1000,
		string(wire{}.frame(final|opClose, key, "\x03\xf3x")): 1011,
		string(wire{}.frame(final|opClose, 0, "")):            1005,
		string(wire{}.frame(final|opClose, 0, "\x03")):        1005,
		"\x88\x02\x03": 0,
	} {
		w := NewWebSocket(plainly, func(Frame) {})
		for i := range len(body) {
			w.Write([]byte(body[i : i+1]))
		}
		if got := w.Code(); got != want {
			t.Errorf("%q: closed with %d, want %d", body, got, want)
		}
	}
}

func TestWebSocketSeen(t *testing.T) {
	w := NewWebSocket(takeover, func(Frame) {})
	w.Write(wire{}.frame(opText, key, "123").frame(final|opPing, 0, "longer than that").frame(final|opContinuation, 0, "45").frame(final|opBinary, 0, "x").frame(opText, 0, "not ended"))
	if messages, largest := w.Seen(); messages != 2 || largest != 5 {
		t.Errorf("saw %d messages of up to %d bytes, want 2 of up to 5", messages, largest)
	}
}

func TestParseWebSocketExtensions(t *testing.T) {
	none := WebSocketOptions{}
	full := WebSocketOptions{Deflate: true, WindowBits: 15}
	alone := WebSocketOptions{Deflate: true, NoContextTakeover: true, WindowBits: 15}
	bits := func(n int) WebSocketOptions { return WebSocketOptions{Deflate: true, WindowBits: n} }
	tests := []struct {
		header         string
		client, server WebSocketOptions
	}{
		{"", none, none},
		{"x-webkit-deflate-frame", none, none},
		{"permessage-deflate", full, full},
		{"PerMessage-Deflate;", full, full},
		{"permessage-deflate; client_no_context_takeover", alone, full},
		{"permessage-deflate;server_no_context_takeover", full, alone},
		{"permessage-deflate; client_no_context_takeover ; server_no_context_takeover", alone, alone},
		{"permessage-deflate; server_max_window_bits=8; client_max_window_bits=\"12\"", bits(12), bits(8)},
		{"permessage-deflate; client_max_window_bits", full, full},
		{"foo; a=\"b\", permessage-deflate; server_max_window_bits = 10", full, bits(10)},
		{"permessage-deflate; server_max_window_bits=10, permessage-deflate", full, bits(10)},
		{"permessage-deflate; some_parameter, permessage-deflate; client_max_window_bits=9", bits(9), full},
		{"permessage-deflate; server_max_window_bits", none, none},
		{"permessage-deflate; server_max_window_bits=7", none, none},
		{"permessage-deflate; client_max_window_bits=16", none, none},
		{"permessage-deflate; client_max_window_bits=ten", none, none},
	}
	for _, tt := range tests {
		if c, s := ParseWebSocketExtensions(tt.header); c != tt.client || s != tt.server {
			t.Errorf("%q: got %+v and %+v", tt.header, c, s)
		}
	}
}

func TestWebSocketLargeMessages(t *testing.T) {
	const elided = `{"image":"","embedding":[],"mixed":[1,2,null,"x",3],"usage":{"n":[1,2]}}`
	body := string(large(3 << 20))
	squeezed := newDeflater(t, 1<<15).message(t, body)
	lost := kept{isTooLarge: true}
	tests := []struct {
		name, framing string
		wire          wire
		want          []kept
	}{
		{"text", "websocket", wire{}.frame(final|opText, 0, body), said(elided)},
		{"masked text", "websocket", wire{}.frame(final|opText, key, body), said(elided)},
		{"binary JSON in fragments", "websocket", wire{}.frame(opBinary, 0, " ").frame(opContinuation, key, body[:100]).frame(final|opContinuation, 0, body[100:]), said(elided)},
		{"compressed", "websocket takeover", wire{}.frame(final|deflated|opText, key, squeezed), said(elided)},
		{"binary, as much as is kept", "websocket", wire{}.frame(final|opBinary, 0, "\x00"+body[:maxVerbatim-1]), said("\x00" + body[:maxVerbatim-1])},
		{"binary, one byte more", "websocket", wire{}.frame(final|opBinary, 0, "\x00"+body[:maxVerbatim]).frame(final|opText, 0, "1"), []kept{lost, {data: "1"}}},
		{"binary, after much white space", "websocket", wire{}.frame(final|opBinary, 0, strings.Repeat(" ", maxVerbatim)+"\x00").frame(final|opBinary, 0, "\x00"), []kept{lost, {data: "\x00"}}},
		{"too deep", "websocket", wire{}.frame(final|opText, 0, strings.Repeat("[", maxNesting+1)), []kept{lost}},
	}
	for _, tt := range tests {
		for _, sizes := range [][]int{nil, {4 << 10}, {1000, 3, 1, 1 << 20}} {
			if got, end := cut(tt.framing, tt.wire, sizes...); !slices.Equal(got, tt.want) || end != Whole {
				t.Errorf("%s, in pieces of %v: got %.200v, %d", tt.name, sizes, got, end)
			}
		}
	}
}

// truncated wants that a body cut anywhere never gives a frame that the whole
// does not have, and is never called whole where it is not.
func truncated(t *testing.T, framing string, body []byte, boundaries []int) {
	t.Helper()
	whole, _ := cut(framing, body)
	for n := range body {
		got, end := cut(framing, body[:n])
		if len(got) > len(whole) || !slices.Equal(got, whole[:len(got)]) {
			t.Fatalf("cut at %d: got %v, whole %v", n, got, whole)
		}
		if isBoundary := slices.Contains(boundaries, n); isBoundary != (end == Whole) {
			t.Fatalf("cut at %d: end %d", n, end)
		}
	}
}

func TestWebSocketTruncated(t *testing.T) {
	d := newDeflater(t, 1<<15)
	var body wire
	var boundaries []int
	for i := range 5 {
		text := fmt.Sprintf(`{"n":%d,"text":"%s"}`, i, strings.Repeat("some words ", 3*i))
		squeezed := d.message(t, text)
		body = body.frame(deflated|opText, key, squeezed[:5]).frame(final|opPing, 0, "hm").frame(final|opContinuation, 0, squeezed[5:])
		boundaries = append(boundaries, len(body))
		body = body.frame(final|opText, key, text)
		boundaries = append(boundaries, len(body))
	}
	body = body.frame(final|opClose, key, "\x03\xe8")
	truncated(t, "websocket takeover", body, boundaries)
}

// footprint is what a direction keeps, whatever was sent.
func (w *WebSocket) footprint() int {
	return cap(w.head) + cap(w.code) + footprint(&w.message.hold) + cap(w.inflater.deflated) + cap(w.inflater.out)
}

func footprint(h *hold) int {
	if h.skeleton != nil {
		return cap(h.verbatim) + cap(h.skeleton.out)
	}
	return cap(h.verbatim)
}

// allocated is how many bytes f allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func TestWebSocketGigabyte(t *testing.T) {
	const gigabyte = 1 << 30
	piece := bytes.Repeat([]byte("x"), 64<<10)
	tests := map[string]struct {
		size  int
		start []byte // the head but for its length and mask, and the first byte
		mask  []byte
	}{
		"text":       {gigabyte, []byte{final | opText, 127, '"'}, nil},
		"masked":     {gigabyte / 4, []byte{final | opText, bitMasked | 127, '"' ^ 1}, []byte{1, 2, 3, 4}}, // slow under the race detector
		"binary":     {gigabyte, []byte{final | opBinary, 127, 0}, nil},
		"compressed": {gigabyte, []byte{final | deflated | opText, 127, 0}, nil},
	}
	for name, tt := range tests {
		frames, peak := 0, 0
		w := NewWebSocket(takeover, func(Frame) { frames++ })
		total := allocated(func() {
			w.Write(binary.BigEndian.AppendUint64(tt.start[:2:2], uint64(tt.size+1)))
			w.Write(tt.mask)
			w.Write(tt.start[2:])
			for range tt.size / len(piece) {
				w.Write(piece)
				peak = max(peak, w.footprint())
			}
		})
		if frames != 1 || w.Close() != Whole {
			t.Errorf("%s: got %d frames", name, frames)
		}
		if peak > 2*maxDeflated || total > 32<<20 {
			t.Errorf("%s: %d bytes were kept, %d allocated", name, peak, total)
		}
	}
}

func TestWebSocketLengthAllocatesNothing(t *testing.T) {
	for _, first := range []byte{final | opText, final | opBinary, final | deflated | opText} {
		w := NewWebSocket(takeover, func(Frame) {})
		if n := allocated(func() { w.Write([]byte{first, 127, 0x7f, 255, 255, 255, 255, 255, 255, 255, '{'}) }); n > 4<<10 {
			t.Errorf("%x: %d bytes were allocated", first, n)
		}
		if end := w.Close(); end != Unfinished {
			t.Errorf("%x: end %d", first, end)
		}
	}
}

func TestWebSocketHandsOnWithoutCopying(t *testing.T) {
	for _, first := range []byte{final | opText, final | opBinary} {
		body := wire{}.frame(first, 0, `{"a":1}`)
		NewWebSocket(plainly, func(f Frame) {
			if &f.Data[0] != &body[2] {
				t.Errorf("%x: the message was copied", first)
			}
		}).Write(body)
	}
}

func BenchmarkWebSocket(b *testing.B) {
	event := `{"type":"response.output_text.delta","item_id":"msg_1","output_index":0,"content_index":0,"delta":" and then some more words","sequence_number":7}`
	d := newDeflater(b, 1<<15)
	var plain, masked, squeezed wire
	for range 1000 {
		plain = plain.frame(final|opText, 0, event)
		masked = masked.frame(final|opText, key, event)
	}
	for range 1000 {
		squeezed = squeezed.frame(final|deflated|opText, 0, d.message(b, event))
	}
	b.Run("plain", func(b *testing.B) { benchmark(b, "websocket", plain) })
	b.Run("masked", func(b *testing.B) { benchmark(b, "websocket", masked) })
	b.Run("deflated", func(b *testing.B) { benchmark(b, "websocket takeover", squeezed) })
}
