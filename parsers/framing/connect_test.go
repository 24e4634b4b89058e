package framing

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
)

func init() {
	cutters["connect"] = func(emit func(Frame)) Cutter { return NewConnect(gunzip, emit) }
}

func gunzip(p []byte) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(p))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(z, MaxEnvelope+1))
}

func gzipped(p []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(p) // into memory
	_ = w.Close()
	return b.Bytes()
}

// envelope is one on the wire, with a length that may lie.
func envelope(flags byte, length int, payload []byte) []byte {
	head := binary.BigEndian.AppendUint32([]byte{flags}, uint32(length))
	return append(head, payload...)
}

func envelopes(flags byte, payloads ...string) []byte {
	var b []byte
	for _, p := range payloads {
		b = append(b, envelope(flags, len(p), []byte(p))...)
	}
	return b
}

func TestConnect(t *testing.T) {
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	frames := func(f ...kept) []kept { return f }
	z := string(gzipped([]byte("squeezed")))
	tests := []struct {
		name string
		body []byte
		want []kept
		end  End
	}{
		{"plain and end", join(envelopes(0, "a", "bc"), envelopes(2, "{}")), frames(kept{data: "a"}, kept{data: "bc"}, kept{event: "end", data: "{}"}), Whole},
		{"compressed and not", join(envelopes(0, "a"), envelopes(1, z), envelopes(3, z)), frames(kept{data: "a"}, kept{data: "squeezed"}, kept{event: "end", data: "squeezed"}), Whole},
		{"empty", join(envelopes(0, ""), envelopes(1, ""), envelopes(0, "a", "")), frames(kept{}, kept{}, kept{data: "a"}, kept{}), Whole},
		{"not in its coding", join(envelopes(1, "oops"), envelopes(0, "a")), frames(kept{isTooLarge: true}, kept{data: "a"}), Whole},
		{"other flags first", join(envelopes(4, "x"), envelopes(0, "a")), frames(kept{data: "a"}), Whole},
		{"trailers of gRPC-Web", join(envelopes(0, "a"), envelopes(0x80, "grpc-status: 0\r\n")), frames(kept{data: "a"}), Whole},
		{"only other flags", envelopes(4, "x", "y"), nil, Foreign},
		{"a page", []byte("<html>sorry</html>"), nil, Foreign},
		{"an object", []byte(`{"code":"unauthenticated"}`), nil, Foreign},
		{"a page, cut", []byte("<ht"), nil, Foreign},
		{"nothing", nil, nil, Unfinished},
		{"no end", envelope(0, 2, []byte("a")), nil, Unfinished},
	}
	for _, tt := range tests {
		for size := 1; size <= len(tt.body)+1; size++ {
			got, end := cut("connect", tt.body, size)
			if !slices.Equal(got, tt.want) || end != tt.end {
				t.Errorf("%s, in pieces of %d: got %+v, %d; want %+v, %d", tt.name, size, got, end, tt.want, tt.end)
			}
		}
	}
}

// A body that is cut gives the frames that were whole, wherever it is cut.
func TestConnectTruncated(t *testing.T) {
	payloads := []string{"a", "", "some more", "{}"}
	body := envelopes(0, payloads...)
	borders := map[int]int{} // offset → frames until there
	for at, i := 0, 0; ; i++ {
		borders[at] = i
		if i == len(payloads) {
			break
		}
		at += envelopeHead + len(payloads[i])
	}
	whole := 0
	for at := range len(body) + 1 {
		n, isBorder := borders[at]
		if isBorder {
			whole = n
		}
		want := Unfinished
		if isBorder && at > 0 {
			want = Whole
		}
		if got, end := cut("connect", body[:at], 3); len(got) != whole || end != want {
			t.Errorf("cut at %d: got %d frames, %d; want %d, %d", at, len(got), end, whole, want)
		}
	}
}

func TestConnectTooLarge(t *testing.T) {
	large := make([]byte, MaxEnvelope+1)
	most := string(large[:MaxEnvelope])
	tests := map[string]struct {
		body []byte
		want kept
	}{
		"as long as can be":         {envelopes(0, most), kept{data: most}},
		"decoded, as long":          {envelopes(1, string(gzipped(large[:MaxEnvelope]))), kept{data: most}},
		"too long":                  {envelopes(0, string(large)), kept{isTooLarge: true}},
		"too long when decoded":     {envelopes(3, string(gzipped(large))), kept{event: "end", isTooLarge: true}},
		"too long to be decoded":    {envelopes(1, string(large)), kept{isTooLarge: true}},
		"an end nested too deep":    {envelopes(2, strings.Repeat("[", maxNesting+1)), kept{event: "end", isTooLarge: true}},
		"other flags, and too long": {envelopes(0x40, string(large), string(large)), kept{data: "after"}},
	}
	for name, tt := range tests {
		body := append(tt.body, envelopes(0, "after")...)
		for _, size := range []int{len(body), 4 << 10, 1<<20 + 7} {
			if got, end := cut("connect", body, size); len(got) == 0 || got[0] != tt.want || got[len(got)-1].data != "after" || end != Whole {
				t.Errorf("%s, in pieces of %d: %d frames, the first of %d bytes, %d", name, size, len(got), len(got[0].data), end)
			}
		}
	}
}

// A length takes no memory, and neither does what is passed over.
func TestConnectMemoryIsBounded(t *testing.T) {
	piece := make([]byte, 64<<10)
	for name, length := range map[string]int{"believable": MaxEnvelope, "not": 1 << 30} {
		var got []kept
		c := NewConnect(gunzip, func(f Frame) { got = append(got, kept{f.Event, "", f.IsTooLarge}) }).(*connect)
		c.Write(envelope(0, length, nil))
		if cap(c.held) != 0 {
			t.Errorf("%s: %d bytes were taken for a length", name, cap(c.held))
		}
		for sent := 0; sent < length; sent += len(piece) {
			c.Write(piece)
			if cap(c.held) > 2*MaxEnvelope {
				t.Fatalf("%s: %d bytes are kept", name, cap(c.held))
			}
		}
		if len(got) != 1 || got[0].isTooLarge != (length > MaxEnvelope) || cap(c.held) > maxVerbatim || c.Close() != Whole {
			t.Errorf("%s: got %+v, %d bytes kept after it", name, got, cap(c.held))
		}
	}
}

func TestConnectWithoutCoding(t *testing.T) {
	for name, decode := range map[string]func([]byte) ([]byte, error){
		"none": nil, "failing": func([]byte) ([]byte, error) { return nil, errors.New("no") },
	} {
		var got []kept
		c := NewConnect(decode, func(f Frame) { got = append(got, kept{f.Event, string(f.Data), f.IsTooLarge}) })
		c.Write(append(envelopes(1, "x"), envelopes(2, "{}")...))
		if want := []kept{{isTooLarge: true}, {event: "end", data: "{}"}}; !slices.Equal(got, want) {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}

func FuzzConnect(f *testing.F) {
	f.Add(append(envelopes(0, "a", "bc"), envelopes(2, "{}")...), uint64(1))
	f.Add(append(envelopes(1, string(gzipped([]byte("a")))), envelopes(4, "x")...), uint64(2))
	f.Add(envelope(0, 1<<30, []byte("a")), uint64(3))
	fuzz(f, "connect")
}

// hello is one word of text, as Cursor wraps it.
const hello = "\x0a\x0a\x0a\x08\x0a\x06Hello!"

func BenchmarkConnect(b *testing.B) {
	benchmarkConnect(b, nil, envelopes(0, hello))
}

// With one decoder for all envelopes, as a caller should have.
func BenchmarkConnectGzip(b *testing.B) {
	var z gzip.Reader
	var out bytes.Buffer
	decode := func(p []byte) ([]byte, error) {
		if err := z.Reset(bytes.NewReader(p)); err != nil {
			return nil, err
		}
		out.Reset()
		_, err := out.ReadFrom(io.LimitReader(&z, MaxEnvelope+1))
		return out.Bytes(), err
	}
	benchmarkConnect(b, decode, envelopes(1, string(gzipped([]byte(hello)))))
}

func benchmarkConnect(b *testing.B, decode func([]byte) ([]byte, error), one []byte) {
	const many = 1000
	body, frames := bytes.Repeat(one, many), 0
	c := NewConnect(decode, func(f Frame) {
		if string(f.Data) == hello {
			frames++
		}
	})
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		for piece := range slices.Chunk(body, 4<<10) {
			c.Write(piece)
		}
	}
	if frames != b.N*many {
		b.Fatalf("%d frames of %d", frames, b.N*many)
	}
	b.ReportMetric(float64(frames)/b.Elapsed().Seconds(), "envelopes/s")
}
