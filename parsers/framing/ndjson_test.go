package framing

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

func init() { cutters["ndjson"] = NewNDJSON }

func TestNDJSON(t *testing.T) {
	tests := []struct {
		name, body string
		want       []kept
		end        End
	}{
		{"nothing", "", nil, Unfinished},
		{"blank lines", "\n \r\n\t\n", nil, Unfinished},
		{"line feeds", "{\"a\":1}\n[2]\n", said(`{"a":1}`, `[2]`), Whole},
		{"carriage returns and line feeds", "{\"a\":1}\r\n{\"b\":\"\\r\"}\r\n", said(`{"a":1}`, `{"b":"\r"}`), Whole},
		{"blank lines between", "\n{}\n\n\r\n \t\n{\"a\":{}}\n\n", said(`{}`, `{"a":{}}`), Whole},
		{"white space around", "  {} \n\t[ 1 ]\t\r\n", said(`{} `, "[ 1 ]\t"), Whole},
		{"last line end missing", "{}\n{\"a\":1}", said(`{}`, `{"a":1}`), Whole},
		{"last line feed missing", "{\"a\":1}\r", said(`{"a":1}`), Whole},
		{"cut", "{}\n{\"a\":", said(`{}`, `{"a":`), Unfinished},
		{"cut in a string", "{}\n{\"a\":\"}", said(`{}`, `{"a":"}`), Unfinished},
		{"other values", "{}\nnull\n7\n\"s\"\n{}\n", said(`{}`, `{}`), Whole},
		{"something else last", "{}\nnul", said(`{}`), Unfinished},
		{"a web page", "<html>\n<body>{}\n", nil, Foreign},
		{"half a web page", "<ht", nil, Foreign},
		{"events", "data: {}\n\ndata: {}\n\n", nil, Foreign},
	}
	for _, tt := range tests {
		everyCut(t, tt.name, "ndjson", []byte(tt.body), tt.want, tt.end)
	}
}

func TestNDJSONLargeLines(t *testing.T) {
	const elided = `{"image":"","embedding":[],"mixed":[1,2,null,"x",3],"usage":{"n":[1,2]}}`
	long := `{"a":"` + strings.Repeat("b", maxVerbatim-8) + `"}`
	body := slices.Concat([]byte("{}\n  "), large(3<<20), []byte("\r\n"+long+"\n"), bytes.Repeat([]byte("["), maxNesting+1), []byte("\n{}"))
	want := []kept{{data: "{}"}, {data: elided}, {data: long}, {isTooLarge: true}, {data: "{}"}}
	for _, sizes := range [][]int{nil, {1 << 10}, {7}, {maxVerbatim - 1, 2, 1 << 20}} {
		if got, end := cut("ndjson", body, sizes...); !slices.Equal(got, want) || end != Whole {
			t.Errorf("in pieces of %v: got %.200v, %d", sizes, got, end)
		}
	}
}

// A frame of a cut body is one of the whole body's, but for the last, which is
// as much of one as there is.
func TestNDJSONTruncated(t *testing.T) {
	body := "{\"a\":[1,\"\\\"\"]}\r\n\n {\"b\":{}}\n[3]\n"
	whole, _ := cut("ndjson", []byte(body))
	for n := range len(body) {
		got, end := cut("ndjson", []byte(body[:n]))
		if len(got) == 0 {
			if end == Foreign {
				t.Errorf("cut at %d: %d", n, end)
			}
			continue
		}
		last := len(got) - 1
		if !slices.Equal(got[:last], whole[:last]) || !strings.HasPrefix(whole[last].data, got[last].data) {
			t.Errorf("cut at %d: got %v, whole %v", n, got, whole)
		}
		if isWhole := got[last] == whole[last]; isWhole != (end == Whole) {
			t.Errorf("cut at %d: got %v, %d", n, got, end)
		}
	}
}

func TestNDJSONGigabyte(t *testing.T) {
	piece := bytes.Repeat([]byte("x"), 64<<10)
	for name, tt := range map[string]struct {
		head string
		end  End
	}{"document": {`{"a":"`, Unfinished}, "other": {"<", Foreign}} {
		peak := 0
		n := NewNDJSON(func(Frame) {}).(*ndjson)
		total := allocated(func() {
			n.Write([]byte(tt.head))
			for range 1 << 14 {
				n.Write(piece)
				peak = max(peak, footprint(&n.hold))
			}
		})
		if end := n.Close(); end != tt.end {
			t.Errorf("%s: end %d", name, end)
		}
		if peak > 2*maxVerbatim || total > 4<<20 {
			t.Errorf("%s: %d bytes were kept, %d allocated", name, peak, total)
		}
	}
}

func FuzzNDJSON(f *testing.F) {
	f.Add([]byte("{\"a\":[1,\"\\\"\"]}\r\n\n {\"b\":{}}\n[3]"), uint64(1))
	f.Add([]byte("<html>\n\r\n{}\r\r\n"), uint64(2))
	fuzz(f, "ndjson")
}

func BenchmarkNDJSON(b *testing.B) {
	line := `{"message":{"role":"assistant","content":" and then some more words, as models say them"},"done":false}` + "\n"
	benchmark(b, "ndjson", bytes.Repeat([]byte(line), 1000))
}
