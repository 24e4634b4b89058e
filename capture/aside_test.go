package capture

import (
	"encoding/hex"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/wiremeter/wiremeter/parsers"
	"github.com/wiremeter/wiremeter/usage"
)

const aRunsEnd = "event: interaction_update\nid: 1-0\ndata: {\"type\":\"turn-ended\",\"usage\":{\"inputTokens\":10,\"outputTokens\":5}}\n\nevent: done\ndata: {}\n\n"

// TestARunIsJoined: what a cloud agent's stream does not say was said when its run
// was started.
func TestARunIsJoined(t *testing.T) {
	start := exchange{
		host: "api.cursor.com", path: "/v1/agents", status: 201, request: []byte(`{"prompt":{"text":"` + aText + `"},"model":{"id":"m-1"}}`),
		body: []byte(`{"agent":{"id":"bc-1"},"run":{"id":"run-1","agentId":"bc-1","requestId":"q-1"}}`),
	}
	follow := exchange{
		host: "api.cursor.com", path: "/v1/agents/bc-1/runs", status: 201, request: []byte(`{"prompt":{"text":"` + aText + `"}}`),
		body: []byte(`{"run":{"id":"run-2","agentId":"bc-1","requestId":"q-2"}}`),
	}
	stream := func(run string) exchange {
		return exchange{method: "GET", host: "api.cursor.com", path: "/v1/agents/bc-1/runs/" + run + "/stream", status: 200, response: eventStream, body: []byte(aRunsEnd)}
	}
	edit := func(x exchange, do func(*exchange)) exchange {
		do(&x)
		return x
	}
	for name, c := range map[string]struct {
		play []exchange
		want []string // requested, served, request
	}{
		"a run":          {[]exchange{start, stream("run-1")}, []string{"m-1", "m-1", "q-1"}},
		"the next run":   {[]exchange{start, follow, stream("run-2")}, []string{"m-1", "m-1", "q-2"}},
		"an unseen one":  {[]exchange{start, stream("run-9")}, []string{"m-1", "m-1", ""}},
		"none was seen":  {[]exchange{stream("run-1")}, []string{"", "", ""}},
		"refused":        {[]exchange{edit(start, func(x *exchange) { x.status = 400 }), stream("run-1")}, []string{"", "", ""}},
		"cut":            {[]exchange{edit(start, func(x *exchange) { x.end = usage.AgentGone }), stream("run-1")}, []string{"", "", ""}},
		"left to Cursor": {[]exchange{edit(start, func(x *exchange) { x.request = []byte(`{"model":"default"}`) }), stream("run-1")}, []string{"default", "", "q-1"}},
		"a coded request": {[]exchange{edit(start, func(x *exchange) {
			x.header, x.request = usage.Header{"Content-Encoding": {"gzip"}}, gzipped(string(x.request))
		}), stream("run-1")}, []string{"m-1", "m-1", "q-1"}},
		"a coded answer": {[]exchange{edit(start, func(x *exchange) { x.response, x.body = coded("gzip"), gzipped(string(x.body)) }), stream("run-1")}, []string{"m-1", "m-1", "q-1"}},
		"no JSON":        {[]exchange{edit(start, func(x *exchange) { x.body = []byte("<html>") }), stream("run-1")}, []string{"", "", ""}},
		"too large":      {[]exchange{edit(start, func(x *exchange) { x.request = make([]byte, 9<<20) }), stream("run-1")}, []string{"", "", ""}},
	} {
		s := new(shelf)
		capture := New(s, zerolog.Nop())
		for _, x := range c.play {
			x.play(t, capture, s)
		}
		if len(s.records) != 1 || len(s.tallies) != len(c.play)-1 || capture.halves.held != 0 {
			t.Errorf("%s: got %+v, %d bytes held", name, s, capture.halves.held)
			continue
		}
		r := s.records[0]
		if got := []string{r.ModelRequested, r.Model, r.RequestID}; !reflect.DeepEqual(got, c.want) || r.Outcome != usage.Metered {
			t.Errorf("%s: got %q, %s", name, got, r.Outcome)
		}
	}
}

func TestRunsAreBounded(t *testing.T) {
	var r runs
	for range 3 {
		for i := range 3 * maxRuns {
			r.put(time.UnixMilli(int64(i)).String(), parsers.Start{Model: "m"})
		}
	}
	if len(r.known) != 2*maxRuns || len(r.order) != 2*maxRuns {
		t.Errorf("%d are known, %d in order", len(r.known), len(r.order))
	}
}

// TestStatements: what a vendor states is handed on, and the exchange stays what
// it was.
func TestStatements(t *testing.T) {
	list, err := hex.DecodeString("10011a5808fbba9198fa331211636c617564652d342e352d736f6e6e6574180340014a11080c10d40218882720c0b8022d00008840ba012431313131313131312d313131312d343131312d383131312d313131313131313131313131")
	if err != nil {
		t.Fatal(err)
	}
	want := []usage.Statement{{
		Provider: "cursor", At: time.UnixMilli(1785146400123).UTC(), SessionID: "11111111-1111-4111-8111-111111111111", Model: "claude-4.5-sonnet",
		Kind: "included_in_pro", Cost: count(42_500_000),
		Tokens: usage.Tokens{Input: count(12), CacheRead: count(40000), CacheWriteOther: count(5000), Output: count(340)},
	}}
	asked := exchange{host: "api2.cursor.sh", path: "/aiserver.v1.DashboardService/GetFilteredUsageEvents", status: 200, response: usage.Header{}, body: list}
	packed, failed, keyed := asked, asked, asked
	packed.response, packed.body = usage.Header{"Content-Encoding": {"gzip"}}, gzipped(string(list))
	failed.status = 500
	keyed.body = []byte(`{"usageEventsDisplay":[{"timestamp":"1785146400123","model":"` + aKey + `","kind":"` + aText + `","tokenUsage":{"inputTokens":1}},{"timestamp":1,"tokenUsage":{}}]}`)
	for name, c := range map[string]struct {
		exchange
		want []usage.Statement
	}{
		"in protobuf": {asked, want}, "coded": {packed, want}, "failed": {failed, nil},
		"a key and a text": {keyed, []usage.Statement{{Provider: "cursor", At: want[0].At, Tokens: usage.Tokens{Input: count(1)}}}},
	} {
		for _, trouble := range []error{nil, errors.New("locked")} {
			var got []usage.Statement
			s := new(shelf)
			capture := New(s, zerolog.Nop())
			capture.State = func(all []usage.Statement) error {
				got = append(got, all...)
				return trouble
			}
			c.play(t, capture, s)
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("%s: got %+v", name, got)
			}
			if len(s.records) != 0 || len(s.tallies) != 1 || s.tallies[0].Reason != "reports" {
				t.Errorf("%s: got %+v", name, s)
			}
		}
	}
}

// TestNobodyWaitsForStatements: more of a request may come while what was stated is
// stored, which may take long.
func TestNobodyWaitsForStatements(t *testing.T) {
	capture := New(new(shelf), zerolog.Nop())
	storing, release := make(chan struct{}), make(chan struct{})
	capture.State = func([]usage.Statement) error {
		close(storing)
		<-release
		return nil
	}
	e := capture.Begin(usage.Exchange{StartedAt: time.Now(), Front: usage.Forward, Method: "POST", Host: "api2.cursor.sh", Path: "/aiserver.v1.DashboardService/GetFilteredUsageEvents"})
	e.Response(200, usage.Header{})
	e.Body([]byte(`{"usageEventsDisplay":[{"timestamp":"1785146400123","model":"m","tokenUsage":{"inputTokens":1}}]}`))
	e.End(nil)
	<-storing
	passed := make(chan struct{})
	go func() {
		defer close(passed)
		e.Request([]byte("{}"))
	}()
	select {
	case <-passed:
	case <-time.After(10 * time.Second):
		t.Error("the request waits for the database")
	}
	close(release)
	<-passed
	if err := capture.Wait(t.Context()); err != nil || capture.halves.held != 0 {
		t.Errorf("%v, %d bytes held", err, capture.halves.held)
	}
}
