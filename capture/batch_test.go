package capture

import (
	"fmt"
	"testing"

	"github.com/rs/zerolog"

	"github.com/wiremeter/wiremeter/parsers"
	"github.com/wiremeter/wiremeter/usage"
)

const results = `{"custom_id":"a","result":{"type":"succeeded","message":{"id":"msg_1","model":"claude-haiku-4-5","stop_reason":"end_turn","usage":{"input_tokens":30,"output_tokens":12}}}}
{"custom_id":"b","result":{"type":"errored","error":{"type":"error","error":{"type":"invalid_request_error"}}}}
{"custom_id":"c","result":{"type":"succeeded","message":{"id":"msg_2","model":"claude-haiku-4-5","stop_reason":"end_turn","usage":{"input_tokens":31,"output_tokens":13}}}}
`

// TestBatch: each result of a batch is a record that counts once by its id,
// however its body is coded; the fetch itself is a tally, and has the bytes.
func TestBatch(t *testing.T) {
	for name, x := range map[string]exchange{
		"plain": {response: usage.Header{"Content-Type": {"application/x-jsonl"}}, body: []byte(results)},
		"gzip":  {response: usage.Header{"Content-Encoding": {"gzip"}}, body: gzipped(results)},
		"cut":   {response: usage.Header{"Content-Type": {"application/x-jsonl"}}, body: []byte(results[:len(results)-2]), end: usage.UpstreamCut},
	} {
		t.Run(name, func(t *testing.T) {
			x.method, x.path, x.status = "GET", "/v1/messages/batches/msgbatch_1/results", 200
			s := new(shelf)
			c := New(s, zerolog.Nop())
			x.play(t, c, s)

			want := []string{"msg_1 30 12", "msg_2 31 13"}
			if name == "cut" {
				want = want[:1]
			}
			var got []string
			for _, r := range s.records {
				got = append(got, fmt.Sprintf("%s %d %d", r.Response.ID, *r.Tokens.Input, *r.Tokens.Output))
				if r.Outcome != usage.Metered || !r.IsFetch || r.ServiceTier != "batch" || r.Kind != usage.Model || r.Provider != "anthropic" || r.ResponseBytes != 0 {
					t.Errorf("%+v", r)
				}
			}
			if fmt.Sprint(got) != fmt.Sprint(want) || c.Turns() != int64(len(want)) {
				t.Errorf("got %q and %d turns, want %q", got, c.Turns(), want)
			}
			if len(s.tallies) != 1 || s.tallies[0].Reason != "batch_results" || s.tallies[0].ResponseBytes != int64(len(x.body)) {
				t.Errorf("tallied %+v", s.tallies)
			}
		})
	}
}

// TestBatchGivenUp: what could not be read of a batch is a record that says so.
func TestBatchGivenUp(t *testing.T) {
	s := new(shelf)
	c := New(s, zerolog.Nop())
	c.newReader = func(_ parsers.Route, _ parsers.Request, _ usage.Header, each func(usage.Response)) reader {
		return faulty{func() {
			n := int64(1)
			each(usage.Response{ID: "msg_1", Tokens: usage.Tokens{Input: &n}})
			panic("second line")
		}}
	}
	exchange{method: "GET", path: "/v1/messages/batches/msgbatch_1/results", status: 200, body: []byte("{}")}.play(t, c, s)
	if len(s.records) != 2 || s.records[0].Outcome != usage.Metered || s.records[1].Outcome != usage.Unparsed || s.records[1].Reason != "parser_panic" || len(s.tallies) != 0 || c.Turns() != 1 {
		t.Errorf("%+v, %+v", s.records, s.tallies)
	}
}

// TestOperationInAHeader: AWS's protocols have one path for all.
func TestOperationInAHeader(t *testing.T) {
	for target, want := range map[string]usage.Outcome{
		"AmazonCodeWhispererStreamingService.GenerateAssistantResponse": usage.NoUsage,
		"AmazonCodeWhispererService.GetUsageLimits":                     usage.NotBillable,
	} {
		s := new(shelf)
		exchange{
			host: "q.us-east-1.amazonaws.com", path: "/", header: usage.Header{"X-Amz-Target": {target}}, status: 200,
		}.play(t, New(s, zerolog.Nop()), s)
		switch {
		case want == usage.NotBillable && len(s.records) == 0 && len(s.tallies) == 1:
		case want == usage.NoUsage && len(s.records) == 1 && s.records[0].Outcome == want && s.records[0].Path == "/" && s.records[0].ParserVersion == parsers.Version:
		default:
			t.Errorf("%s: %+v, %+v", target, s.records, s.tallies)
		}
	}
}
