package report

import (
	"testing"

	"github.com/wiremeter/wiremeter/prices"
	"github.com/wiremeter/wiremeter/usage"
)

func TestStatusLine(t *testing.T) {
	old := record("2026-11-23T23:59:59Z", "claude-opus-4-5", usage.Tokens{Input: n(1e6), CacheRead: n(3e6), Output: n(0)})
	today := with(record("2026-11-24T00:00:00Z", "claude-opus-4-5", usage.Tokens{Input: n(1000), CacheRead: n(3000)}), func(r *usage.Record) { r.SessionID = "s2" })
	unpriced := with(record("2026-11-24T10:00:00Z", "nobody's", usage.Tokens{Output: n(7)}), func(r *usage.Record) { r.SessionID = "s2" })
	unknown := with(record("2026-11-24T10:00:00Z", "", usage.Tokens{}), func(r *usage.Record) { r.SessionID = "s3" })
	r := filled(t, []usage.Record{old, today, unpriced, unknown})
	for session, want := range map[string]string{
		"":   "today 4,007 tokens, 75 % cached, at least $0.00650",
		"s1": "4.0M tokens, 75 % cached, $6.50 · today 4,007 tokens, 75 % cached, at least $0.00650",
		"s3": "1 request without known tokens · today 4,007 tokens, 75 % cached, at least $0.00650",
		"s4": "no requests · today 4,007 tokens, 75 % cached, at least $0.00650",
	} {
		got, err := StatusLine(t.Context(), r, prices.NewBook(prices.EmbeddedTable()), session, at("2026-11-24T12:00:00Z"))
		if err != nil {
			t.Fatal(err)
		}
		checkText(t, "of session "+session, got, want)
	}
}
