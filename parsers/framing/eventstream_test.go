package framing

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"
)

func init() { cutters["eventstream"] = NewEventStream }

// stream is the bytes of an AWS event stream.
type stream []byte

func (s stream) event(name, payload string) stream {
	return s.message(payload, ":event-type", name, ":content-type", "application/json", ":message-type", "event")
}

// message takes the headers' names and values in turn.
func (s stream) message(payload string, headers ...string) stream {
	m := eventstream.Message{Payload: []byte(payload)}
	for pair := range slices.Chunk(headers, 2) {
		m.Headers.Set(pair[0], eventstream.StringValue(pair[1]))
	}
	var b bytes.Buffer
	if err := eventstream.NewEncoder().Encode(&b, m); err != nil {
		panic(err)
	}
	return append(s, b.Bytes()...)
}

// raw is a message with right checksums and whatever headers.
func (s stream) raw(headers, payload []byte) stream {
	start := len(s)
	s = s.prelude(uint32(minMessage+len(headers)+len(payload)), uint32(len(headers)))
	s = append(append(s, headers...), payload...)
	return binary.BigEndian.AppendUint32(s, crc32.ChecksumIEEE(s[start:]))
}

func (s stream) prelude(size, headers uint32) stream {
	start := len(s)
	s = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(s, size), headers)
	return binary.BigEndian.AppendUint32(s, crc32.ChecksumIEEE(s[start:]))
}

// flipped is the body with one bit of a byte turned; negative counts from the
// end.
func (s stream) flipped(at int) stream {
	s = slices.Clone(s)
	s[(at+len(s))%len(s)] ^= 1
	return s
}

func TestEventStream(t *testing.T) {
	var empty stream
	one := slices.Clip(empty.event("chunk", `{"bytes":"eyJ9"}`))
	other := []byte("\x01a\x00\x01b\x02\x07\x01c\x03\x01\x02\x0b:event-type\x04\x00\x00\x00\x07")
	tests := []struct {
		name string
		body stream
		want []kept
		end  End
	}{
		{"nothing", nil, nil, Unfinished},
		// The first two are among the vectors that AWS tests its libraries with.
		{"empty message", stream("\x00\x00\x00\x10\x00\x00\x00\x00\x05\xc2\x48\xeb\x7d\x98\xc8\xff"), said(""), Whole},
		{"no headers", stream("\x00\x00\x00\x1d\x00\x00\x00\x00\xfd\x52\x8c\x5a{'foo':'bar'}\xc3\x65\x39\x36"), said("{'foo':'bar'}"), Whole},
		{"events", empty.event("messageStart", `{"role":"assistant"}`).event("contentBlockDelta", `{}`).event("metadata", `{"usage":{}}`),
			[]kept{{event: "messageStart", data: `{"role":"assistant"}`}, {event: "contentBlockDelta", data: `{}`}, {event: "metadata", data: `{"usage":{}}`}}, Whole},
		{"chunks", empty.event("chunk", `{"p":"ab","bytes":"eyJ0eXBlIjoicGluZyJ9"}`).event("other", `{"bytes":"eyJ9"}`).event("chunk", `{"bytes":"*"}`).event("chunk", `{"bytes":""}`),
			[]kept{{event: "chunk", data: `{"type":"ping"}`}, {event: "other", data: `{"bytes":"eyJ9"}`}, {event: "chunk", data: `{"bytes":"*"}`}, {event: "chunk"}}, Whole},
		{"an exception", one.message(`{"message":"slow down"}`, ":message-type", "exception", ":exception-type", "throttlingException", ":event-type", "x"),
			[]kept{{event: "chunk", data: `{"}`}, {event: "exception:throttlingException", data: `{"message":"slow down"}`}}, Whole},
		{"an error", empty.message("", ":message-type", "error", ":error-code", "InternalFailure", ":error-message", "sorry"), []kept{{event: "exception:InternalFailure"}}, Whole},
		{"an exception without a name", empty.message("{}", ":message-type", "exception"), []kept{{event: "exception:", data: "{}"}}, Whole},
		{"no event without a name", empty.message("{}"), said("{}"), Whole},
		{"headers that are no strings", empty.raw(other, []byte("{}")), said("{}"), Whole},
		{"more headers than there can be", slices.Concat(one, empty.raw(make([]byte, maxHeaders+1), nil).event("chunk", "{}")), []kept{{event: "chunk", data: `{"}`}, {isTooLarge: true}, {event: "chunk", data: "{}"}}, Whole},

		{"a wrong prelude", one.flipped(1), nil, Foreign},
		{"a wrong checksum of the prelude", one.flipped(8), nil, Foreign},
		{"a wrong header", one.flipped(20), nil, Foreign},
		{"a wrong payload", one.flipped(-6), nil, Foreign},
		{"a wrong checksum", slices.Concat(one.flipped(-1), one), nil, Foreign},
		{"the second is wrong", slices.Concat(one, one.flipped(30), one), []kept{{event: "chunk", data: `{"}`}}, Foreign},
		{"headers longer than the message", empty.prelude(20, 5), nil, Foreign},
		{"headers as long as a number can be", empty.prelude(16, 0xffffffff), nil, Foreign},
		{"a message shorter than can be", empty.prelude(15, 0), nil, Foreign},
		{"a message of nothing", empty.prelude(0, 0), nil, Foreign},
		{"a header of no known type", empty.raw([]byte("\x01a\x0a"), nil), nil, Foreign},
		{"a header that is cut", empty.raw([]byte("\x01a\x07\xff\xffa"), nil), nil, Foreign},
		{"a web page", stream("<html>sorry</html>"), nil, Foreign},
		{"an object", stream(`{"message":"no"}`), nil, Foreign},
	}
	for _, tt := range tests {
		everyCut(t, tt.name, "eventstream", tt.body, tt.want, tt.end)
	}
}

func wrapped(inner []byte) string {
	return `{"bytes":"` + base64.StdEncoding.EncodeToString(inner) + `"}`
}

func TestEventStreamLargeMessages(t *testing.T) {
	const elided = `{"image":"","embedding":[],"mixed":[1,2,null,"x",3],"usage":{"n":[1,2]}}`
	body := stream{}.event("a", string(large(maxMessage-1<<10))).event("b", string(large(1<<20)))
	body = body.event("c", strings.Repeat("[", maxNesting+1)).event("d", "{}")
	body = body.event("chunk", wrapped(large(1<<20))).event("chunk", wrapped(bytes.Repeat([]byte("["), maxNesting+1)))
	want := []kept{
		{event: "a", data: elided}, {event: "b", data: elided}, {event: "c", isTooLarge: true}, {event: "d", data: "{}"},
		{event: "chunk", data: elided}, {event: "chunk", isTooLarge: true},
	}
	for _, sizes := range [][]int{nil, {64 << 10}, {maxMessage - 5, 3, 1, 1 << 20}} {
		if got, end := cut("eventstream", body, sizes...); !slices.Equal(got, want) || end != Whole {
			t.Errorf("in pieces of %v: got %.200v, %d", sizes, got, end)
		}
	}
}

func TestEventStreamTruncated(t *testing.T) {
	var body stream
	var boundaries []int
	for i := range 5 {
		body = body.event("chunk", fmt.Sprintf(`{"n":%d}`, i))
		boundaries = append(boundaries, len(body))
	}
	truncated(t, "eventstream", body, boundaries)
}

func (e *eventStream) footprint() int {
	return cap(e.held) + cap(e.payload) + footprint(&e.hold)
}

// The longest message that a prelude can announce is passed over, and the next
// one is read.
func TestEventStreamGigabytes(t *testing.T) {
	piece := bytes.Repeat([]byte("x"), 64<<10)
	var got []kept
	e := NewEventStream(func(f Frame) { got = append(got, kept{f.Event, string(f.Data), f.IsTooLarge}) }).(*eventStream)
	next := stream{}.event("chunk", "{}")
	total := allocated(func() {
		e.Write(stream{}.prelude(0xffffffff, 7))
		for left := 0xffffffff - preludeSize; left > 0; {
			n := min(left, len(piece))
			e.Write(piece[:n])
			left -= n
		}
		if len(got) != 1 || !got[0].isTooLarge {
			t.Errorf("got %v", got)
		}
		e.Write(next)
	})
	if len(got) != 2 || got[1] != (kept{event: "chunk", data: "{}"}) || e.Close() != Whole {
		t.Errorf("after it: got %v", got)
	}
	if n := e.footprint(); n > maxVerbatim || total > 1<<20 {
		t.Errorf("%d bytes are kept, %d were allocated", n, total)
	}
}

func TestEventStreamLengthAllocatesNothing(t *testing.T) {
	e := NewEventStream(func(Frame) {})
	if n := allocated(func() { e.Write(append(stream{}.prelude(maxMessage, 100), "abc"...)) }); n > 4<<10 {
		t.Errorf("%d bytes were allocated", n)
	}
	if end := e.Close(); end != Unfinished {
		t.Errorf("end %d", end)
	}
}

// After a large message its memory is given back.
func TestEventStreamKeepsLittle(t *testing.T) {
	e := NewEventStream(func(Frame) {}).(*eventStream)
	for piece := range slices.Chunk(stream{}.event("a", string(large(8<<20))), 64<<10) {
		e.Write(piece)
	}
	if n := e.footprint(); n > maxVerbatim {
		t.Errorf("%d bytes are kept", n)
	}
}

func FuzzEventStream(f *testing.F) {
	one := slices.Clip(stream{}.event("chunk", `{"bytes":"eyJ9"}`))
	f.Add([]byte(one.message("", ":message-type", "error")), uint64(1))
	f.Add([]byte(slices.Concat(one, one.flipped(-1))), uint64(2))
	f.Add([]byte(stream{}.prelude(0xffffffff, 0)), uint64(3))
	fuzz(f, "eventstream")
}

// With right checksums whatever stands between them is read, or ends the
// stream.
func FuzzEventStreamHeaders(f *testing.F) {
	f.Add([]byte("\x0b:event-type\x07\x00\x01x"), []byte("{}"))
	f.Add([]byte("\x01a\x08\x00\x00\x00\x00\x00\x00\x00\x01\x01b\x09\x00"), []byte{})
	f.Fuzz(func(t *testing.T, headers, payload []byte) {
		body := stream{}.raw(headers, payload)
		whole, end := cut("eventstream", body)
		if got, gotEnd := cut("eventstream", body, 1); !slices.Equal(got, whole) || gotEnd != end {
			t.Fatalf("byte by byte %v %d, whole %v %d", got, gotEnd, whole, end)
		}
		if len(whole) == 1 && whole[0].event == chunk {
			payload = unwrapped(payload)
		}
		isKept := len(payload) <= maxVerbatim && len(headers) <= maxHeaders && !nestsTooDeep(payload)
		if end == Whole && isKept && (len(whole) != 1 || whole[0].data != string(payload)) {
			t.Fatalf("got %v", whole)
		}
		if end != Whole && (end != Foreign || len(whole) != 0) {
			t.Fatalf("got %v, %d", whole, end)
		}
	})
}

func BenchmarkEventStream(b *testing.B) {
	var body stream
	for range 1000 {
		body = body.event("contentBlockDelta", `{"contentBlockIndex":0,"delta":{"text":" and then some more words"},"p":"abcdefghijklmnopqrstuvwxyzABCDEF"}`)
	}
	benchmark(b, "eventstream", body)
}

func BenchmarkEventStreamChunks(b *testing.B) {
	var body stream
	for range 1000 {
		inner := []byte(`{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" and then some more words"}}`)
		body = body.event(chunk, `{"bytes":"`+base64.StdEncoding.EncodeToString(inner)+`","p":"abcdefghijklmnopqrstuvwxyzABCDEF"}`)
	}
	benchmark(b, "eventstream", body)
}
