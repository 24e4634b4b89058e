package framing

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

type kept struct {
	event, data string
	isTooLarge  bool
}

var cutters = map[string]func(func(Frame)) Cutter{"json": NewJSON, "sse": NewSSE, "array": NewArray}

// cut pushes the body in pieces of these sizes (the last one repeats).
func cut(framing string, body []byte, sizes ...int) ([]kept, End) {
	var frames []kept
	c := cutters[framing](func(f Frame) {
		frames = append(frames, kept{f.Event, string(f.Data), f.IsTooLarge})
	})
	for i := 0; len(body) > 0; i++ {
		n := len(body)
		if len(sizes) > 0 {
			n = min(n, max(1, sizes[min(i, len(sizes)-1)]))
		}
		piece := bytes.Clone(body[:n])
		c.Write(piece)
		clear(piece) // the caller's bytes are its own again
		body = body[n:]
	}
	return frames, c.Close()
}

func TestSSE(t *testing.T) {
	frames := func(f ...kept) []kept { return f }
	tests := []struct {
		name, body string
		want       []kept
		end        End
	}{
		{"line feeds", "event: a\ndata: 1\n\ndata: 2\n\n", frames(kept{event: "a", data: "1"}, kept{data: "2"}), Whole},
		{"carriage returns and line feeds", "event: a\r\ndata: 1\r\n\r\ndata: 2\r\n\r\n", frames(kept{event: "a", data: "1"}, kept{data: "2"}), Whole},
		{"carriage returns", "event: a\rdata: 1\r\rdata: 2\r\r", frames(kept{event: "a", data: "1"}, kept{data: "2"}), Whole},
		{"mixed", "data: 1\n\r\ndata: 2\r\r\n", frames(kept{data: "1"}, kept{data: "2"}), Whole},
		{"several data lines", "data: {\ndata:\"a\":\ndata\ndata:  1}\n\n", frames(kept{data: "{\n\"a\":\n\n 1}"}), Whole},
		{"empty data first", "data:\ndata: 1\n\n", frames(kept{data: "\n1"}), Whole},
		{"comments and unknown fields", ": hello\nid: 7\nretry: 1\nother: x\ndatabase: y\ndata: 1\n\n", frames(kept{data: "1"}), Whole},
		{"byte order mark", "\xef\xbb\xbfdata: 1\n\n", frames(kept{data: "1"}), Whole},
		{"last blank line missing", "data: 1\n\ndata: 2\n", frames(kept{data: "1"}, kept{data: "2"}), Unfinished},
		{"last line end missing", "data: 1\n\ndata: 2", frames(kept{data: "1"}, kept{data: "2"}), Unfinished},
		{"event without data", "event: a\n\ndata: 1\n\n", frames(kept{data: "1"}), Whole},
		{"only comments", ": busy\n\n: busy\n\n", nil, Whole},
		{"nothing", "", nil, Unfinished},
		{"cut in the first line", "dat", nil, Unfinished},
		{"a web page", "<html>\n<body>\nsorry\n", nil, Foreign},
	}
	for _, tt := range tests {
		for _, size := range []int{len(tt.body) + 1, 1, 2, 3, 5, 7} {
			got, end := cut("sse", []byte(tt.body), size)
			if !slices.Equal(got, tt.want) || end != tt.end {
				t.Errorf("%s, in pieces of %d: got %+v, %d; want %+v, %d", tt.name, size, got, end, tt.want, tt.end)
			}
		}
	}
}

// TestSSEIDs: an id belongs to the event that states it.
func TestSSEIDs(t *testing.T) {
	body := "id: 7-0\nevent: a\ndata: 1\n\ndata: 2\n\nid:9\n\ndata: 3\nid: 10\ndata: 4\n\nid\ndata: 5\n\n"
	for size := 1; size <= len(body); size++ {
		var got []string
		c := NewSSE(func(f Frame) { got = append(got, f.ID) })
		for p := range slices.Chunk([]byte(body), size) {
			c.Write(p)
		}
		c.Close()
		if want := []string{"7-0", "", "10", ""}; !slices.Equal(got, want) {
			t.Errorf("in pieces of %d: got %q", size, got)
		}
	}
}

func TestArray(t *testing.T) {
	body := "[{\"a\":[1,2],\"b\":\"]}\\\"\"}\n,\r\n{\"c\":{}}, \"s\", 7, [3]]"
	want := []kept{{data: "{\"a\":[1,2],\"b\":\"]}\\\"\"}"}, {data: "{\"c\":{}}"}, {data: "[3]"}}
	for size := 1; size <= len(body); size++ {
		if got, end := cut("array", []byte(body), size); !slices.Equal(got, want) || end != Whole {
			t.Errorf("in pieces of %d: got %+v, %d", size, got, end)
		}
	}
	if got, end := cut("array", []byte(body[:20])); len(got) != 0 || end != Unfinished {
		t.Errorf("cut: got %+v, %d", got, end)
	}
}

func TestJSONEnd(t *testing.T) {
	for body, want := range map[string]End{`{"a":1}`: Whole, `{"a":`: Unfinished, `{"a":"}`: Unfinished, "oops": Whole} {
		if got, end := cut("json", []byte(body), 2); end != want || got[0].data != body {
			t.Errorf("%s: got %+v, %d", body, got, end)
		}
	}
}

// large is a document of this many bytes whose usage stands at its end.
func large(size int) []byte {
	var b bytes.Buffer
	b.WriteString(`{"image": "`)
	b.Write(bytes.Repeat([]byte(`a\"\\`), size/10))
	b.WriteString(`", "embedding":[`)
	for b.Len() < size {
		b.WriteString(`-0.01234, 1e-9,`)
	}
	b.WriteString(`0], "mixed":[1,2,null,"x",3], "usage": {"n": [1, 2]}}`)
	return b.Bytes()
}

func TestLargeFrameIsElided(t *testing.T) {
	const want = `{"image":"","embedding":[],"mixed":[1,2,null,"x",3],"usage":{"n":[1,2]}}`
	body := large(3 << 20)
	for framing, wrapped := range map[string][]byte{
		"json":  body,
		"array": append(append([]byte("[ "), body...), ']'),
		"sse":   append(append([]byte("data: "), body...), "\n\n"...),
	} {
		for _, sizes := range [][]int{nil, {1 << 10}, {7}, {maxVerbatim - 1, 2, 1 << 20}} {
			if got, _ := cut(framing, wrapped, sizes...); len(got) != 1 || got[0].data != want {
				t.Errorf("%s in pieces of %v: got %d frames, %.200v", framing, sizes, len(got), got)
			}
		}
	}
}

func TestWhatCannotBeKeptIsMarked(t *testing.T) {
	tests := map[string][]byte{
		"many small strings": bytes.Repeat([]byte(`["some text",`), 1<<19),
		"a key per value":    append([]byte("{"), bytes.Repeat([]byte(`"k":true,`), 1<<20)...),
		"deep, small":        bytes.Repeat([]byte("["), maxNesting+2),
		"deep, large":        bytes.Repeat([]byte(`{"a":`), 1<<20),
	}
	for name, body := range tests {
		got, _ := cut("json", body, 1<<12)
		if len(got) != 1 || !got[0].isTooLarge || got[0].data != "" {
			t.Errorf("%s: got %d frames, %.80v", name, len(got), got)
		}
	}
	flat := bytes.Repeat([]byte(`{},`), 2*maxNesting)
	if got, _ := cut("json", flat, 1<<12); got[0].isTooLarge {
		t.Error("a flat document of many brackets was refused")
	}
}

// However long a line, no more than the limits is kept of it.
func TestMemoryIsBounded(t *testing.T) {
	piece := bytes.Repeat([]byte("x"), 64<<10)
	for name, head := range map[string]string{"data": `data: {"a":"`, "comment": ": ", "event": "event: "} {
		s := NewSSE(func(Frame) {}).(*sse)
		s.Write([]byte(head))
		for range 1 << 10 { // 64 MiB
			s.Write(piece)
		}
		kept := cap(s.hold.verbatim) + cap(s.head)
		if s.hold.skeleton != nil {
			kept += cap(s.hold.skeleton.out)
		}
		if kept > 2*maxVerbatim {
			t.Errorf("%s: %d bytes are kept of an endless line", name, kept)
		}
	}
}

func TestSkeletonDepth(t *testing.T) {
	const body = `{"model":"m","messages":[{"role":"user","n":1}],"metadata":{"user_id":"u","deep":{"x":[1]},"list":[1,"s"]},"tail":true}`
	const want = `{"model":"m","messages":[],"metadata":{"user_id":"u","deep":{},"list":[]},"tail":true}`
	for size := 1; size < len(body); size++ {
		var seen []string
		k := Skeleton{MaxDepth: 2, Seen: func(s []byte) { seen = append(seen, string(s)) }}
		for rest := body; rest != ""; {
			n := min(size, len(rest))
			k.Write([]byte(rest[:n]))
			rest = rest[n:]
		}
		if got, isTooLarge := k.Take(); string(got) != want || isTooLarge {
			t.Fatalf("in pieces of %d: got %s", size, got)
		}
		if fmt.Sprint(seen) != "[model m messages role user n metadata user_id u deep x list s tail]" {
			t.Fatalf("in pieces of %d: saw %v", size, seen)
		}
	}
}

func fuzz(f *testing.F, framing string) {
	f.Fuzz(func(t *testing.T, body []byte, seed uint64) {
		whole, end := cut(framing, body)
		random := rand.New(rand.NewPCG(seed, 0))
		sizes := make([]int, 1+random.IntN(20))
		for i := range sizes {
			sizes[i] = 1 + random.IntN(1+random.IntN(len(body)+1))
		}
		for _, s := range [][]int{sizes, {1}} {
			got, gotEnd := cut(framing, body, s...)
			if !slices.Equal(got, whole) || gotEnd != end {
				t.Fatalf("cut into %v:\n%+v %d\nwhole:\n%+v %d", s, got, gotEnd, whole, end)
			}
		}
		for _, k := range whole {
			if len(k.data) > maxElided+maxString {
				t.Fatalf("a frame of %d bytes was kept", len(k.data))
			}
		}
	})
}

func FuzzSSE(f *testing.F) {
	f.Add([]byte("event: a\r\ndata: 1\r\n\r\n: x\ndata:2\ndata: 3\n\n"), uint64(1))
	f.Add([]byte("\xef\xbb\xbfdata\r\rdata: {\"usage\":null}\n"), uint64(2))
	fuzz(f, "sse")
}

func FuzzJSON(f *testing.F) {
	f.Add([]byte(`{"a":[1,2,{"b":"c\"\\"}]}`), uint64(1))
	fuzz(f, "json")
}

func FuzzArray(f *testing.F) {
	f.Add([]byte(`[{"a":"]"},{"b":[1]} , 3]`), uint64(1))
	fuzz(f, "array")
}

// A skeleton is the same however it is cut, and skeletons do not change when
// they are made again.
func FuzzSkeleton(f *testing.F) {
	f.Add([]byte(`{"a":[1,2,{"b":"c\"\\"}],"d":-1.5e3,"e":[[1],[2,null]]}`), 3)
	f.Add(large(4<<10), 2)
	f.Fuzz(func(t *testing.T, body []byte, depth int) {
		make := func(body []byte, size int) string {
			k := Skeleton{MaxDepth: max(0, depth)}
			for len(body) > 0 {
				n := min(size, len(body))
				k.Write(body[:n])
				body = body[n:]
			}
			out, _ := k.Take()
			return string(out)
		}
		once := make(body, len(body))
		if got := make(body, 1); got != once {
			t.Fatalf("byte by byte %q, whole %q", got, once)
		}
		if len(once) > maxElided+maxString {
			t.Fatalf("%d bytes were kept", len(once))
		}
		if again := make([]byte(once), len(once)+1); again != once {
			t.Fatalf("again %q, once %q", again, once)
		}
	})
}

func benchmark(b *testing.B, framing string, body []byte) {
	frames := 0
	c := cutters[framing](func(Frame) { frames++ })
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		for rest := body; len(rest) > 0; {
			n := min(4<<10, len(rest))
			c.Write(rest[:n])
			rest = rest[n:]
		}
	}
	if framing != "json" && frames == 0 {
		b.Fatal("no frames")
	}
}

func BenchmarkSSE(b *testing.B) {
	event := "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\" and then some more words\"}}\n\n"
	benchmark(b, "sse", bytes.Repeat([]byte(event), 1000))
}

func BenchmarkArray(b *testing.B) {
	element := `{"candidates":[{"content":{"role":"model","parts":[{"text":"and then some more words, as models say them"}]}}]},`
	benchmark(b, "array", append([]byte("["), bytes.Repeat([]byte(element), 1000)...))
}

func BenchmarkElided(b *testing.B) { benchmark(b, "json", large(1<<20)) }
