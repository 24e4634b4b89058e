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

func ofRun(model string, t usage.Tokens) usage.Record {
	return with(record(when, model, t), func(r *usage.Record) { r.Run = "run-1" })
}

func TestSummary(t *testing.T) {
	opus := ofRun("claude-opus-5", usage.Tokens{Input: n(1200), CacheRead: n(18000), CacheWrite5m: n(900), CacheWrite1h: n(1), Output: n(210), Reasoning: n(64)})
	for name, test := range map[string]struct {
		records []usage.Record
		want    string
	}{
		"nothing":            {nil, "wiremeter: no billable request to a known provider\n"},
		"only other runs":    {[]usage.Record{record(when, "m", usage.Tokens{Input: n(1)})}, "wiremeter: no billable request to a known provider\n"},
		"one":                {[]usage.Record{opus}, "wiremeter: claude-opus-5  1 request  input 1,200  cache read 18,000  cache write 901  output 210\n"},
		"unknown and zero":   {[]usage.Record{ofRun("gpt", usage.Tokens{Input: n(0)})}, "wiremeter: gpt  1 request  input 0  cache read -  cache write -  output -\n"},
		"an unknown model":   {[]usage.Record{ofRun("", usage.Tokens{Output: n(3)})}, "wiremeter: unknown  1 request  input -  cache read -  cache write -  output 3\n"},
		"a hostile model":    {[]usage.Record{ofRun("\x1b[2J", usage.Tokens{Output: n(3)})}, "wiremeter: \uFFFD[2J  1 request  input -  cache read -  cache write -  output 3\n"},
		"nothing metered":    {[]usage.Record{ended(usage.Failed), ended(usage.Failed)}, "wiremeter: 2 of 2 requests not metered: 2 failed\n"},
		"kept out: prewarms": {[]usage.Record{opus, with(ofRun("m", usage.Tokens{Input: n(1)}), func(r *usage.Record) { r.Kind = usage.Prewarm })}, "wiremeter: claude-opus-5  1 request  input 1,200  cache read 18,000  cache write 901  output 210\n"},
		"only a prewarm":     {[]usage.Record{with(ofRun("m", usage.Tokens{Input: n(1)}), func(r *usage.Record) { r.Kind = usage.Prewarm })}, "wiremeter: 1 prewarm kept out of the totals\n"},
		"several models": {
			[]usage.Record{ofRun("b", usage.Tokens{Input: n(1)}), ofRun("a", usage.Tokens{Input: n(2)}), ofRun("b", usage.Tokens{Input: n(1000)})},
			"wiremeter: a  1 request  input 2  cache read -  cache write -  output -\nwiremeter: b  2 requests  input 1,001  cache read -  cache write -  output -\n",
		},
		"not all metered": {
			[]usage.Record{ofRun("a", usage.Tokens{Input: n(2)}), ended(usage.Interrupted), ended(usage.NoUsage), ended(usage.Unparsed), ended(usage.Failed), ended(usage.Failed)},
			"wiremeter: a  1 request  input 2  cache read -  cache write -  output -\n" +
				"wiremeter: 5 of 6 requests not metered: 1 interrupted, 1 without usage, 1 unparsed, 2 failed\n",
		},
		"interrupted, with counts": {
			[]usage.Record{with(ofRun("a", usage.Tokens{Input: n(2)}), func(r *usage.Record) { r.Outcome = usage.Interrupted })},
			"wiremeter: a  1 request  input 2  cache read -  cache write -  output -\nwiremeter: 1 of 1 requests not metered: 1 interrupted\n",
		},
	} {
		tally := usage.Tally{At: at(when), Outcome: usage.Lost, Reason: "queue_full", Count: 1} // of no run
		r := filled(t, test.records, tally)
		checkText(t, name, written(t, func(w io.Writer) error { return WriteSummary(t.Context(), w, r, "run-1") }), test.want)
	}
}

func TestASummaryThatCannotBeWritten(t *testing.T) {
	r := filled(t, []usage.Record{ofRun("a", usage.Tokens{Input: n(2)}), ended(usage.Failed)})
	for _, room := range []narrow{0, 100} { // for none of the lines, for the first
		if err := WriteSummary(t.Context(), &room, r, "run-1"); !errors.Is(err, errNoRoom) {
			t.Errorf("got %v", err)
		}
	}
}
