package report

import (
	"testing"
	"time"

	"github.com/wiremeter/wiremeter/prices"
	"github.com/wiremeter/wiremeter/usage"
)

func TestLine(t *testing.T) {
	metered := record("2026-11-24T10:00:00Z", "claude-opus-4-5", usage.Tokens{Input: n(1200), CacheRead: n(18000), CacheWrite5m: n(900), Output: n(210)})
	metered.Duration, metered.Project, metered.Purpose = 6120*time.Millisecond, "engine", usage.Main
	for want, r := range map[string]usage.Record{
		"10:00:06  claude-code   claude-opus-4-5       input   1,200  cache read    18,000  cache write     900  output    210     $0.0259    6.1 s  engine": metered,
		"10:00:00  claude-code   asked                 input       -  cache read         -  cache write       -  output      -           -    0.0 s  failed (overloaded_error)  title": with(record("2026-11-24T10:00:00Z", "", usage.Tokens{}), func(r *usage.Record) {
			r.Outcome, r.Reason, r.ModelRequested, r.Purpose = usage.Failed, "overloaded_error", "asked", usage.Title
		}),
		"10:00:00  unknown       m\ufffd                    input       0  cache read         -  cache write       -  output      -           -    0.0 s  prewarm  gateway": with(record("2026-11-24T10:00:00Z", "m\x1b", usage.Tokens{Input: n(0)}), func(r *usage.Record) {
			r.Agent, r.Kind, r.Hop = "", usage.Prewarm, usage.Gateway
		}),
	} {
		checkText(t, "the line", Line(&r, time.UTC, prices.NewBook(prices.EmbeddedTable())), want)
	}
}
