package framing

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/flate"
)

// The messages of RFC 7692 §7.2.3, and what others make of it.
func TestWebSocketDeflate(t *testing.T) {
	hello, again := "\xf2\x48\xcd\xc9\xc9\x07\x00", "\xf2\x00\x11\x00\x00"
	lost := kept{isTooLarge: true}
	tests := []struct {
		name    string
		framing string
		wire    wire
		want    []kept
		end     End
	}{
		{"one", "websocket takeover", wire{}.frame(final|deflated|opText, 0, hello), said("Hello"), Whole},
		{"fragments", "websocket takeover", wire{}.frame(deflated|opText, 0, hello[:3]).frame(final|opPing, 0, "").frame(final|opContinuation, 0, hello[3:]), said("Hello"), Whole},
		{"the window is shared", "websocket takeover", wire{}.frame(final|deflated|opText, key, hello).frame(final|opText, 0, "not in the window").frame(final|deflated|opText, key, again), said("Hello", "not in the window", "Hello"), Whole},
		{"the window is not shared", "websocket fresh", wire{}.frame(final|deflated|opText, 0, hello).frame(final|deflated|opText, 0, hello), said("Hello", "Hello"), Whole},
		{"stored", "websocket takeover", wire{}.frame(final|deflated|opText, 0, "\x00\x05\x00\xfa\xffHello\x00"), said("Hello"), Whole},
		{"a final block", "websocket takeover", wire{}.frame(final|deflated|opText, 0, "\xf3\x48\xcd\xc9\xc9\x07\x00\x00").frame(final|deflated|opText, 0, again), said("Hello", "Hello"), Whole},
		{"a final block and nothing after it", "websocket takeover", wire{}.frame(final|deflated|opText, 0, "\xf3\x48\xcd\xc9\xc9\x07\x00").frame(final|deflated|opText, 0, again), said("Hello", "Hello"), Whole},
		{"two blocks", "websocket takeover", wire{}.frame(final|deflated|opText, 0, "\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"), said("Hello"), Whole},
		{"empty", "websocket takeover", wire{}.frame(final|deflated|opText, 0, "\x00").frame(final|deflated|opText, 0, ""), said("", ""), Whole},
		{"too many final blocks", "websocket fresh", wire{}.frame(final|deflated|opText, 0, strings.Repeat("\x03\x00", maxFinals+2)), []kept{lost}, Whole},
		{"a cut message, taken over", "websocket takeover", wire{}.frame(final|deflated|opText, 0, hello[:4]).frame(final|opText, 0, "plain").frame(final|deflated|opText, 0, hello), []kept{lost, {data: "plain"}, lost}, Whole},
		{"a cut message", "websocket fresh", wire{}.frame(final|deflated|opText, 0, hello[:4]).frame(final|deflated|opText, 0, hello), []kept{lost, {data: "Hello"}}, Whole},
		{"not deflate", "websocket fresh", wire{}.frame(final|deflated|opText, 0, "\xff\xff").frame(final|deflated|opText, 0, hello), []kept{lost, {data: "Hello"}}, Whole},
		{"refers back to nothing", "websocket fresh", wire{}.frame(final|deflated|opText, 0, hello).frame(final|deflated|opText, 0, again), []kept{{data: "Hello"}, lost}, Whole},
		{"a compressed continuation", "websocket takeover", wire{}.frame(opText, 0, "a").frame(final|deflated|opContinuation, 0, hello), nil, Foreign},
		{"a compressed ping", "websocket takeover", wire{}.frame(final|deflated|opPing, 0, ""), nil, Foreign},
	}
	for _, tt := range tests {
		everyCut(t, tt.name, tt.framing, tt.wire, tt.want, tt.end)
	}
}

// deflater compresses messages as senders do, with a window of any size.
type deflater struct {
	out bytes.Buffer
	w   *flate.Writer
}

func newDeflater(t testing.TB, window int) *deflater {
	t.Helper()
	d := &deflater{}
	w, err := flate.NewWriterWindow(&d.out, window)
	if err != nil {
		t.Fatal(err)
	}
	d.w = w
	return d
}

// forget begins without a window again.
func (d *deflater) forget() { d.w.Reset(&d.out) }

func (d *deflater) message(t testing.TB, text string) string {
	t.Helper()
	d.out.Reset()
	if _, err := io.WriteString(d.w, text); err != nil {
		t.Fatal(err)
	}
	if err := d.w.Flush(); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(d.out.String(), "\x00\x00\xff\xff")
}

func TestWebSocketWindows(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for bits := 8; bits <= maxWindowBits; bits++ {
		d := newDeflater(t, 1<<bits)
		var body wire
		var want []string
		for i := range 100 {
			text := fmt.Sprintf(`{"type":"delta","text":"%x"}`, random.Uint64())
			if i%10 == 0 {
				text = strings.Repeat(text, 500)
			}
			want = append(want, text)
			body = body.frame(final|deflated|opText, uint32(i), d.message(t, text))
		}
		var got []string
		w := NewWebSocket(WebSocketOptions{Deflate: true, WindowBits: bits}, func(f Frame) { got = append(got, string(f.Data)) })
		w.Write(body)
		if end := w.Close(); end != Whole || !slices.Equal(got, want) {
			t.Errorf("%d bits: got %d messages, %d, want %d", bits, len(got), end, len(want))
		}
		if limit := 1<<bits + outSlack; cap(w.inflater.out) > limit {
			t.Errorf("%d bits: %d bytes are kept", bits, cap(w.inflater.out))
		}
	}
}

// What is too large while compressed, or too large when it no longer is, takes
// with it what may refer back to it.
func TestWebSocketDeflateLimits(t *testing.T) {
	lost, one := kept{isTooLarge: true}, kept{data: "1"}
	noise := make([]byte, maxDeflated+1)
	random := rand.NewChaCha8([32]byte{})
	_, _ = random.Read(noise) // it never fails
	for i := range noise {
		noise[i] = "0123456789abcdef"[noise[i]&15]
	}
	large := `{"a":"` + strings.Repeat("x", maxInflated) + `"}`
	for name, text := range map[string]string{"compressed": string(noise) + string(noise), "inflated": large} {
		for framing, want := range map[string][]kept{"websocket takeover": {lost, lost, one}, "websocket fresh": {lost, one, one}} {
			d := newDeflater(t, 1<<15)
			body := wire{}.frame(final|deflated|opText, 0, d.message(t, text))
			d.forget()
			body = body.frame(final|deflated|opText, 0, d.message(t, "1")).frame(final|opText, 0, "1")
			for _, size := range []int{len(body), 64 << 10} {
				if got, end := cut(framing, body, size); !slices.Equal(got, want) || end != Whole {
					t.Errorf("too large %s, %s, in pieces of %d: got %.100v, %d", name, framing, size, got, end)
				}
			}
		}
	}
}
