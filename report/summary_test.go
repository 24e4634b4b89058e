package report

import (
	"errors"
	"io"
	"testing"

	"github.com/wiremeter/wiremeter/usage"
)

const when = "2026-11-24T10:00:00Z"

// ended is a record of the run without counts.
func ended(o usage.Outcome) usage.Record {
	return with(record(when, "", usage.Tokens{}), func(r *usage.Record) { r.Outcome, r.Run = o, "run-1" })
}

// endedFor is the same with a reason.
func endedFor(o usage.Outcome, reason string) usage.Record {
	return with(ended(o), func(r *usage.Record) { r.Reason = reason })
}

func ofRun(model string, t usage.Tokens) usage.Record {
	return with(record(when, model, t), func(r *usage.Record) { r.Run = "run-1" })
}

const nothingCame = "wiremeter: no request came through the proxy\n" +
	"wiremeter: is the provider in NO_PROXY, or does the agent use a base URL or its own proxy setting?\n"

func TestSummary(t *testing.T) {
	opus := ofRun("claude-opus-5", usage.Tokens{Input: n(1200), CacheRead: n(18000), CacheWrite5m: n(900), CacheWrite1h: n(1), Output: n(210), Reasoning: n(64)})
	for name, test := range map[string]struct {
		records []usage.Record
		want    string
	}{
		"nothing":            {nil, nothingCame},
		"only other runs":    {[]usage.Record{record(when, "m", usage.Tokens{Input: n(1)})}, nothingCame},
		"one":                {[]usage.Record{opus}, "wiremeter: claude-opus-5  1 request  input 1,200  cache read 18,000  cache write 901  output 210  cost -\n"},
		"unknown and zero":   {[]usage.Record{ofRun("gpt", usage.Tokens{Input: n(0)})}, "wiremeter: gpt  1 request  input 0  cache read -  cache write -  output -  cost -\n"},
		"an unknown model":   {[]usage.Record{ofRun("", usage.Tokens{Output: n(3)})}, "wiremeter: unknown  1 request  input -  cache read -  cache write -  output 3  cost -\n"},
		"a hostile model":    {[]usage.Record{ofRun("\x1b[2J", usage.Tokens{Output: n(3)})}, "wiremeter: \uFFFD[2J  1 request  input -  cache read -  cache write -  output 3  cost -\n"},
		"nothing metered":    {[]usage.Record{ended(usage.Failed), ended(usage.Failed)}, "wiremeter: 2 of 2 requests not metered: 2 failed\n"},
		"a failure":          {[]usage.Record{endedFor(usage.Failed, "upstream_unreachable")}, "wiremeter: 1 of 1 requests not metered: 1 failed (upstream_unreachable)\n"},
		"kept out: prewarms": {[]usage.Record{opus, with(ofRun("m", usage.Tokens{Input: n(1)}), func(r *usage.Record) { r.Kind = usage.Prewarm })}, "wiremeter: claude-opus-5  1 request  input 1,200  cache read 18,000  cache write 901  output 210  cost -\n"},
		"only a prewarm":     {[]usage.Record{with(ofRun("m", usage.Tokens{Input: n(1)}), func(r *usage.Record) { r.Kind = usage.Prewarm })}, "wiremeter: 1 prewarm kept out of the totals\n"},
		"a failed prewarm": {
			[]usage.Record{with(endedFor(usage.Failed, "http_500"), func(r *usage.Record) { r.Kind = usage.Prewarm })},
			"wiremeter: 1 prewarm kept out of the totals\nwiremeter: 1 of 1 requests not metered: 1 failed (http_500)\n",
		},
		"a failure of a known model": {
			[]usage.Record{ofRun("a", usage.Tokens{Input: n(2)}), with(endedFor(usage.Failed, "http_500"), func(r *usage.Record) { r.ModelRequested = "b" })},
			"wiremeter: a  1 request  input 2  cache read -  cache write -  output -  cost -\nwiremeter: 1 of 2 requests not metered: 1 failed (http_500)\n",
		},
		"several models": {
			[]usage.Record{ofRun("b", usage.Tokens{Input: n(1)}), ofRun("a", usage.Tokens{Input: n(2)}), ofRun("b", usage.Tokens{Input: n(1000)})},
			"wiremeter: a  1 request  input 2  cache read -  cache write -  output -  cost -\nwiremeter: b  2 requests  input 1,001  cache read -  cache write -  output -  cost -\n",
		},
		"not all metered": {
			[]usage.Record{ofRun("a", usage.Tokens{Input: n(2)}), ended(usage.Interrupted), ended(usage.NoUsage), ended(usage.Unparsed), ended(usage.Failed), ended(usage.Failed)},
			"wiremeter: a  1 request  input 2  cache read -  cache write -  output -  cost -\n" +
				"wiremeter: 5 of 6 requests not metered: 1 interrupted, 1 without usage, 1 unparsed, 2 failed\n",
		},
		"interrupted, with counts": {
			[]usage.Record{with(ofRun("a", usage.Tokens{Input: n(2)}), func(r *usage.Record) { r.Outcome = usage.Interrupted })},
			"wiremeter: a  1 request  input 2  cache read -  cache write -  output -  cost -\nwiremeter: 1 of 1 requests not metered: 1 interrupted\n",
		},
	} {
		tally := usage.Tally{At: at(when), Outcome: usage.Lost, Reason: "queue_full", Count: 1} // of no run
		other := usage.Tally{At: at(when), Outcome: usage.Tunnelled, Host: "x", Reason: "not_tls", Run: "run-2", Count: 1}
		r := filled(t, test.records, tally, other)
		checkText(t, name, written(t, func(w io.Writer) error { return WriteSummary(t.Context(), w, r, Query{Run: "run-1"}) }), test.want)
	}
}

// TestSummaryOfWhatLeavesNoRecord: it tells why nothing was metered; beside what
// was it tells only of tunnels that need not be.
func TestSummaryOfWhatLeavesNoRecord(t *testing.T) {
	const used = "wiremeter: a  1 request  input 2  cache read -  cache write -  output -  cost -\n"
	metered := []usage.Record{ofRun("a", usage.Tokens{Input: n(2)})}
	tally := func(o usage.Outcome, host, reason string, count int64) usage.Tally {
		return usage.Tally{At: at(when), Outcome: o, Host: host, Reason: reason, Run: "run-1", Count: count}
	}
	models := tally(usage.NotBillable, "api.openai.com", "models", 1)
	refused := tally(usage.Tunnelled, "api.openai.com", "certificate_refused", 2)
	plain := tally(usage.Tunnelled, "example.com", "no_provider", 5)
	hosts := []usage.Tally{
		plain, tally(usage.Tunnelled, "b.example", "no_provider", 1), tally(usage.Tunnelled, "b.example", "unreachable", 2),
		tally(usage.Tunnelled, "c.example", "unreachable", 2), refused, tally(usage.Tunnelled, "api.openai.com", "not_tls", 1),
		tally(usage.Tunnelled, "d.example", "no_provider", 2),
	}
	for name, test := range map[string]struct {
		records []usage.Record
		tallies []usage.Tally
		want    string
	}{
		"not billable":           {nil, []usage.Tally{models}, "wiremeter: no billable request; 1 not billable (models)\n"},
		"a certificate refused":  {nil, []usage.Tally{models, refused}, "wiremeter: no billable request; 1 not billable (models), 2 tunnelled to api.openai.com (refused our certificate)\n"},
		"no authority":           {nil, []usage.Tally{tally(usage.Tunnelled, "api.openai.com", "no_authority", 1)}, "wiremeter: no billable request; 1 tunnelled to api.openai.com (not permitted by the authority)\n"},
		"another host":           {nil, []usage.Tally{plain}, "wiremeter: no billable request; 5 tunnelled to example.com\n"},
		"a hostile host":         {nil, []usage.Tally{tally(usage.Tunnelled, "\x1b[2J", "no_provider", 1)}, "wiremeter: no billable request; 1 tunnelled to \uFFFD[2J\n"},
		"many hosts":             {nil, hosts, "wiremeter: no billable request; 3 tunnelled to api.openai.com (2 refused our certificate, 1 spoke no TLS), 5 to example.com, 3 to b.example (2 unreachable), 4 to others\n"},
		"lost":                   {nil, []usage.Tally{tally(usage.Lost, "api.openai.com", "disk_full", 3)}, "wiremeter: 3 of 3 requests not metered: 3 lost (disk_full)\n"},
		"beside what is metered": {metered, append(hosts, models), used + "wiremeter: 3 tunnelled to api.openai.com (2 refused our certificate, 1 spoke no TLS)\n"},
		"nothing to tell":        {metered, []usage.Tally{models, plain}, used},
		"a failure":              {[]usage.Record{endedFor(usage.Failed, "upstream_unreachable")}, []usage.Tally{models}, "wiremeter: 1 of 1 requests not metered: 1 failed (upstream_unreachable)\n"},
	} {
		r := filled(t, test.records, test.tallies...)
		checkText(t, name, written(t, func(w io.Writer) error { return WriteSummary(t.Context(), w, r, Query{Run: "run-1"}) }), test.want)
	}
}

func TestASummaryThatCannotBeWritten(t *testing.T) {
	r := filled(t, []usage.Record{ofRun("a", usage.Tokens{Input: n(2)}), ended(usage.Failed)})
	for _, room := range []narrow{0, 100} { // for none of the lines, for the first
		if err := WriteSummary(t.Context(), &room, r, Query{Run: "run-1"}); !errors.Is(err, errNoRoom) {
			t.Errorf("got %v", err)
		}
	}
}
