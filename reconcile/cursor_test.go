package reconcile

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/wiremeter/wiremeter/store/sqlite"
	"github.com/wiremeter/wiremeter/usage"
)

// TestCursorsStatements: what the provider has stated stands in the place of a log.
func TestCursorsStatements(t *testing.T) {
	turn := func(session, clock, model string, n usage.Tokens) usage.Record {
		return with(record("cursor-sdk", "", clock, n), func(r *usage.Record) {
			r.ID, r.Provider, r.SessionID, r.Model, r.ModelRequested = "r"+clock, "cursor", session, model, model
		})
	}
	said := func(session, clock, model string, n usage.Tokens) usage.Statement {
		return usage.Statement{Provider: "cursor", At: at(clock), SessionID: session, Model: model, Tokens: n}
	}
	auto := turn("c1", "10:02:00", "Sonnet-4.5", tokens(3, 1, 1, 3))
	auto.ModelRequested = "default"
	path := filepath.Join(t.TempDir(), "w.db")
	d, err := sqlite.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer shut(t, d)
	err = d.Store(t.Context(), []usage.Record{
		turn("c1", "10:00:00", "m", tokens(1, 0, 0, 1, 1)), turn("c1", "10:01:00", "m", tokens(2, 0, 0, 2)), auto,
		turn("c2", "10:03:00", "m", tokens(4, 0, 0, 4)), turn("c3", "10:04:00", "m", tokens(5, 0, 0, 5)),
		with(turn("c3", "10:05:00", "m", usage.Tokens{}), func(r *usage.Record) { r.Outcome = usage.NoUsage }),
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	show := func(q Query) string {
		t.Helper()
		r, err := sqlite.OpenReader(path)
		if err != nil {
			t.Fatal(err)
		}
		defer shut(t, r)
		q.Agent = agent(t, "cursor")
		result, err := Reconcile(t.Context(), r, q)
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		if err := result.WriteText(&b, time.UTC); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSpace(b.String()), "\n")
		return groups(result) + "\n" + lines[len(lines)-1]
	}
	check(t, "nothing stated", show(Query{}), `equal 0, differing [], wire [r10:00:00 r10:01:00 r10:02:00 r10:03:00 r10:04:00], log [], twice [], again 0, by id 0, by time 0, before 0, without 1, prewarm 0
cursor: its provider has stated nothing in this time: its list of usage did not come by`)
	err = d.State(t.Context(), []usage.Statement{
		said("c1", "10:00:04", "m", tokens(1, 0, 0, 1)), said("c1", "10:01:05", "m", tokens(20, 0, 0, 2)), said("c1", "10:02:03", "default", tokens(3, 1, 1, 3)),
		said("c9", "10:03:02", "m", tokens(4, 0, 0, 4)), said("c1", "09:00:00", "m", tokens(9)), {Provider: "another", At: at("10:04:00"), Tokens: tokens(5, 0, 0, 5)},
	})
	if err != nil {
		t.Fatal(err)
	}
	check(t, "stated", show(Query{}), `equal 2, differing [r10:01:00(input)], wire [r10:03:00 r10:04:00], log [10:03:02], twice [], again 0, by id 0, by time 3, before 1, without 1, prewarm 0
cursor, since 2026-11-24 10:00:00: 3 of 4 turns that its provider states (in place of a log) joined by session, model, counts and time; 1 on the wire without counts; 1 stated from before the first record`)
	check(t, "a while", show(Query{Since: at("10:01:30"), Until: at("10:02:30")}), `equal 1, differing [], wire [], log [], twice [], again 0, by id 0, by time 1, before 0, without 0, prewarm 0
cursor, since 2026-11-24 10:01:30: 1 of 1 turn that its provider states (in place of a log) joined by session, model, counts and time`)
}
