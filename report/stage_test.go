package report

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/wiremeter/wiremeter/store/sqlite"
	"github.com/wiremeter/wiremeter/usage"
)

func n(v int64) *int64 { return &v }

func shut(t *testing.T, c io.Closer) {
	t.Helper()
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

// filled is a database that holds this.
func filled(t *testing.T, records []usage.Record, tallies ...usage.Tally) *sqlite.Reader {
	t.Helper()
	path := filepath.Join(t.TempDir(), "w.db")
	d, err := sqlite.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shut(t, d) })
	for i := range records {
		if records[i].ID == "" {
			records[i].ID = fmt.Sprintf("r%02d", i)
		}
	}
	if err := d.Store(t.Context(), records, tallies); err != nil {
		t.Fatal(err)
	}
	r, err := sqlite.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shut(t, r) })
	return r
}

func ask(t *testing.T, r *sqlite.Reader, q Query) *Report {
	t.Helper()
	if q.Location == nil {
		q.Location = time.UTC
	}
	q.CountsSessions = true // as for machines
	a, err := Ask(t.Context(), r, q)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func at(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return t
}

// record is one of a metered exchange.
func record(when, model string, t usage.Tokens) usage.Record {
	return usage.Record{
		StartedAt: at(when), Outcome: usage.Metered, Provider: "anthropic", Kind: usage.Model,
		Attribution: usage.Attribution{Agent: "claude-code", SessionID: "s1"}, Response: usage.Response{Model: model, Tokens: t},
	}
}

// with changes a record.
func with(r usage.Record, change func(*usage.Record)) usage.Record {
	change(&r)
	return r
}

// twoDays has something of everything.
func twoDays(t *testing.T) *sqlite.Reader {
	t.Helper()
	return filled(t, []usage.Record{
		record("2026-11-24T10:00:00Z", "claude-opus-5", usage.Tokens{
			Input: n(1200), CacheRead: n(18000), CacheWrite5m: n(900), CacheWrite1h: n(0), Output: n(210), Reasoning: n(64),
		}),
		with(record("2026-11-24T11:00:00Z", "", usage.Tokens{}), func(r *usage.Record) {
			r.Outcome, r.Provider, r.Agent, r.SessionID = usage.Failed, "openai", "", ""
			r.Reason, r.ModelRequested = "overloaded_error", "gpt-5.6"
		}),
		with(record("2026-11-25T10:00:00Z", "gpt-5.6", usage.Tokens{Input: n(300), CacheRead: n(0), Output: n(0)}), func(r *usage.Record) {
			r.Provider, r.Agent, r.SessionID, r.Run = "openai", "codex", "s2", "run-1"
		}),
		with(record("2026-11-25T10:00:01Z", "gpt-5.6", usage.Tokens{Input: n(7777)}), func(r *usage.Record) {
			r.Provider, r.Agent, r.SessionID, r.Kind = "openai", "codex", "s2", usage.Prewarm
		}),
	},
		usage.Tally{At: at("2026-11-24T10:00:00Z"), Outcome: usage.NotBillable, Provider: "anthropic", Reason: "count_tokens", Count: 3, RequestBytes: 99},
		usage.Tally{At: at("2026-11-24T10:00:00Z"), Outcome: usage.Tunnelled, Host: "a", Reason: "no_provider", Run: "run-1", Count: 1, RequestBytes: 400_000, ResponseBytes: 800_000},
		usage.Tally{At: at("2026-11-24T10:00:00Z"), Outcome: usage.Tunnelled, Host: "b", Reason: "certificate_refused", Run: "run-1", Count: 1, RequestBytes: 100_000, ResponseBytes: 200_000},
		usage.Tally{At: at("2026-11-25T10:00:00Z"), Outcome: usage.Lost, Provider: "openai", Reason: "queue_full", Run: "run-1", Count: 1},
	)
}

// rowsOf shows groups, requests, input, cache writes and output.
func shown(r *Report) string {
	show := func(row Row) string {
		return fmt.Sprintf("%s: %d %s %s %s", strings.Join(row.Group, ","), row.Requests, number(row.Tokens.Input), number(row.CacheWrite()), number(row.Tokens.Output))
	}
	var all []string
	for _, row := range r.Rows {
		all = append(all, show(row))
	}
	return strings.Join(append(all, "total"+show(r.Total)), "\n")
}

// table is what a pipe gets.
func (r *Report) table(w io.Writer) error { return r.WriteTable(w, Style{}) }
