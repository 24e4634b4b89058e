package capture

import (
	"bytes"
	"runtime"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/rs/zerolog"

	"github.com/wiremeter/wiremeter/usage"
)

// TestAbsurdStreams: whatever a provider sends, it ends in one record, and takes
// little memory and no more time than it is given.
func TestAbsurdStreams(t *testing.T) {
	const size = 1 << 30
	text := bytes.Repeat([]byte("x"), 32<<10)
	brackets := bytes.Repeat([]byte("["), 32<<10)
	keys := bytes.Repeat([]byte(`"key":1,`), 4<<10)
	end := streamStart + streamEnd
	for name, c := range map[string]struct {
		response     usage.Header
		head, tail   string
		body         []byte
		size         int
		outcome      usage.Outcome
		outputTokens int64
	}{
		"a line without an end":       {eventStream, "data: ", "", text, size, usage.Unparsed, 0},
		"a line, then usage":          {eventStream, "data: ", "\n\n" + end, text, size, usage.Metered, 210},
		"a long text, then usage":     {eventStream, `data: {"type":"content_block_delta","text":"`, "\"}\n\n" + end, text, size, usage.Metered, 210},
		"a comment without an end":    {eventStream, ":", "", text, size, usage.Interrupted, 0},
		"an event name of a gigabyte": {eventStream, "event: ", "\n\n" + end, text, size, usage.Metered, 210},
		"a document with an image": {usage.Header{"Content-Type": {"application/json"}}, `{"id":"msg_1","model":"m","content":[{"type":"image","data":"`,
			`"}],"usage":{"input_tokens":12,"output_tokens":210}}`, text, size, usage.Metered, 210},
		"a document of keys": {usage.Header{"Content-Type": {"application/json"}}, "{", "", keys, size / 8, usage.Unparsed, 0},
		"nothing but depth":  {usage.Header{"Content-Type": {"application/json"}}, `{"a":`, "", brackets, size / 8, usage.Unparsed, 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := new(shelf)
			e := begin(New(s, zerolog.Nop()))
			e.Response(200, c.response)
			var before, during runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			started := time.Now()
			e.Body([]byte(c.head))
			for range c.size / len(c.body) {
				e.Body(c.body)
			}
			e.Body([]byte(c.tail))
			runtime.ReadMemStats(&during)
			e.End(nil)
			if grown := int64(during.HeapSys) - int64(before.HeapSys); grown > 64<<20 {
				t.Errorf("the heap grew by %d MB", grown>>20)
			}
			if took := time.Since(started); took > 30*time.Second {
				t.Errorf("it took %v", took)
			}
			requireOne(t, s, c.outcome, c.outputTokens)
		})
	}
}

// TestDecompressionBomb: a small body that decodes to a huge one is read as far
// as is sensible.
func TestDecompressionBomb(t *testing.T) {
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	const frame = 1 << 20
	bomb := bytes.Repeat(w.EncodeAll(make([]byte, frame), nil), 2*maxDecoded/frame)
	s := new(shelf)
	c := New(s, zerolog.Nop())
	e := begin(c)
	e.Response(200, coded("zstd"))
	for chunk := range chunked(bomb, 4<<10) {
		e.Body(chunk)
	}
	e.End(nil)
	if err := c.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	requireOne(t, s, usage.Unparsed, 0)
}

func begin(c *Capture) *Exchange {
	return c.Begin(usage.Exchange{StartedAt: time.Now(), Front: usage.Forward, Transport: usage.HTTP1, Method: "POST", Host: "api.anthropic.com", Path: "/v1/messages"})
}

// requireOne checks the one record. No output tokens means unknown ones.
func requireOne(t *testing.T, s *shelf, outcome usage.Outcome, output int64) {
	t.Helper()
	if len(s.records) != 1 || len(s.tallies) != 0 {
		t.Fatalf("%d records and %d tallies, want one record", len(s.records), len(s.tallies))
	}
	r := s.records[0]
	if r.Outcome != outcome {
		t.Errorf("outcome is %s %s, want %s", r.Outcome, r.Reason, outcome)
	}
	if got := r.Tokens.Output; (got == nil) != (output == 0) || got != nil && *got != output {
		t.Errorf("output is %v, want %d", got, output)
	}
}
