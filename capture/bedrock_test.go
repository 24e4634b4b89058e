package capture

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/wiremeter/wiremeter/usage"
)

// streamOf is the body of a case of Bedrock's.
func streamOf(t *testing.T, name string) []byte {
	t.Helper()
	message, err := os.ReadFile(filepath.Join("..", "testdata", "bedrock", name, "response.http"))
	if err != nil {
		t.Fatal(err)
	}
	_, body, _ := strings.Cut(string(message), "\r\n\r\n")
	return []byte(body)
}

func TestBedrockOutcomes(t *testing.T) {
	stream := usage.Header{"Content-Type": {"application/vnd.amazon.eventstream"}, "X-Amzn-Requestid": {"r-1"}}
	for name, test := range map[string]struct {
		status int
		h      usage.Header
		body   []byte
		want   string
	}{
		"whole":     {200, stream, streamOf(t, "converse_stream"), "metered "},
		"cut":       {200, stream, streamOf(t, "converse_stream_cut_before_usage"), "interrupted upstream_cut"},
		"exception": {200, stream, streamOf(t, "converse_stream_exception"), "failed modelStreamErrorException"},
		"garbled":   {200, stream, append(streamOf(t, "converse_stream_cut_before_usage"), make([]byte, 12)...), "unparsed not_understood"},
		"refused": {429, usage.Header{"Content-Type": {"application/json"}, "X-Amzn-Requestid": {"r-1"}, "X-Amzn-Errortype": {"ThrottlingException:http://x/"}},
			[]byte(`{"message":"no"}`), "failed ThrottlingException"},
	} {
		s := new(shelf)
		exchange{host: "bedrock-runtime.us-east-1.amazonaws.com", path: "/model/m/converse-stream", status: test.status, response: test.h, body: test.body}.play(t, New(s, zerolog.Nop()), s)
		if len(s.records) != 1 {
			t.Fatalf("%s: %+v", name, s)
		}
		r := s.records[0]
		if got := string(r.Outcome) + " " + r.Reason; got != test.want || r.ModelRequested != "m" || r.RequestID != "r-1" || r.Dialect != "converse" {
			t.Errorf("%s: %s, %+v", name, got, r)
		}
	}
}

// TestHeadIsNotKept: the proxy changes the head as it passes it on, while the
// response is decoded.
func TestHeadIsNotKept(t *testing.T) {
	s := new(shelf)
	c := New(s, zerolog.Nop())
	h := usage.Header{
		"Content-Type": {"application/json"}, "Content-Encoding": {"gzip"},
		"X-Amzn-Bedrock-Input-Token-Count": {"8"}, "X-Amzn-Bedrock-Output-Token-Count": {"12"},
	}
	e := c.Begin(usage.Exchange{StartedAt: time.Now(), Method: "POST", Host: "bedrock-runtime.us-east-1.amazonaws.com", Path: "/model/mistral/invoke", Transport: usage.HTTP1})
	e.Response(200, h)
	clear(h)
	e.Body(gzipped(`{"outputs":[{"text":"ok"}]}`))
	e.End(nil)
	if err := c.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(s.records) != 1 || s.records[0].Outcome != usage.Metered || *s.records[0].Tokens.Input != 8 || *s.records[0].Tokens.Output != 12 {
		t.Errorf("%+v", s)
	}
}
