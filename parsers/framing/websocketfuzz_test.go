package framing

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

func FuzzWebSocket(f *testing.F) {
	seed := wire{}.frame(opText, key, `{"a`).frame(final|opPing, 0, "").frame(final|opContinuation, 0, `":1}`).frame(final|opBinary, 0, "\x00").frame(final|opClose, 0, "\x03\xe8")
	f.Add([]byte(seed), uint64(1))
	f.Add([]byte(wire{0x81, 127, 0x7f, 255, 255, 255, 255, 255, 255, 255, '{'}), uint64(2))
	fuzz(f, "websocket")
}

func FuzzWebSocketTakeover(f *testing.F) {
	f.Add([]byte(wire{}.frame(deflated|opText, 0, "\xf2\x48\xcd").frame(final|opContinuation, key, "\xc9\xc9\x07\x00").frame(final|deflated|opText, 0, "\xf2\x00\x11\x00\x00")), uint64(1))
	f.Add([]byte(wire{}.frame(final|deflated|opText, 0, "\xf3\x48\xcd\xc9\xc9\x07\x00\x00").frame(final|deflated|opBinary, 0, "\x00\x05\x00\xfa\xffHello\x00")), uint64(2))
	_, server, _ := talk(f, websocket.CompressionContextTakeover, conversation()[:6])
	f.Add(server, uint64(3))
	fuzz(f, "websocket takeover")
}

func FuzzWebSocketFresh(f *testing.F) {
	f.Add([]byte(wire{}.frame(final|deflated|opText, key, "\xf2\x48\xcd\xc9\xc9\x07\x00").frame(final|deflated|opText, 0, "\xff")), uint64(1))
	_, server, _ := talk(f, websocket.CompressionNoContextTakeover, conversation()[:6])
	f.Add(server, uint64(2))
	fuzz(f, "websocket fresh")
}

// Whatever is said, and however a sender splits, masks and compresses it: it
// is heard.
func FuzzWebSocketSender(f *testing.F) {
	f.Add(`{"a":1}`, `{"a":1,"b":2}`, uint64(1))
	f.Add("", strings.Repeat("[1,2]", 300), uint64(2))
	deflaters := make(map[int]*deflater) // they are large
	for bits := 8; bits <= maxWindowBits; bits++ {
		deflaters[bits] = newDeflater(f, 1<<bits)
	}
	f.Fuzz(func(t *testing.T, one, two string, seed uint64) {
		random := rand.New(rand.NewPCG(seed, 0))
		options := WebSocketOptions{Deflate: true, NoContextTakeover: random.IntN(2) == 0, WindowBits: 8 + random.IntN(8)}
		d := deflaters[options.WindowBits]
		d.forget()
		var body wire
		var want []kept
		for _, text := range []string{one, two, one + two, one} {
			if len(text) > maxVerbatim || nestsTooDeep([]byte(text)) {
				return
			}
			want = append(want, kept{data: text})
			first := byte(opText)
			if random.IntN(3) > 0 {
				first |= deflated
				if options.NoContextTakeover {
					d.forget()
				}
				text = d.message(t, text)
			}
			for random.IntN(3) > 0 {
				n := random.IntN(len(text) + 1)
				body = body.frame(first, random.Uint32N(2)*random.Uint32(), text[:n])
				text, first = text[n:], opContinuation
				body = body.frame(final|opPing, random.Uint32(), "x")
			}
			body = body.frame(final|first, random.Uint32N(2)*random.Uint32(), text)
		}
		var got []kept
		w := NewWebSocket(options, func(f Frame) { got = append(got, kept{f.Event, string(f.Data), f.IsTooLarge}) })
		for len(body) > 0 {
			n := 1 + random.IntN(len(body))
			w.Write(body[:n])
			body = body[n:]
		}
		if end := w.Close(); end != Whole || !slices.Equal(got, want) {
			t.Fatalf("%+v: got %v, %d; want %v", options, got, end, want)
		}
	})
}
