package sqlite

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wiremeter/wiremeter/store/sums"
	"github.com/wiremeter/wiremeter/usage"
)

func with(id string, change func(*usage.Record)) usage.Record {
	r := usage.Record{ID: id, StartedAt: full().StartedAt, Outcome: usage.Metered, Provider: "openai", Kind: usage.Model}
	change(&r)
	return r
}

// sumOf is what a group adds up to.
type sumOf struct {
	by       string
	requests int64
	tokens   usage.Tokens
}

// sumsBy are in the order of their groups.
func sumsBy(t *testing.T, r *Reader, dimension string) (all []sumOf) {
	t.Helper()
	for _, g := range ask(t, r, Question{Groupings: []sums.Grouping{{By: []string{dimension}}}}).Tables[0].Groups {
		all = append(all, sumOf{g.By[0], g.Sums[0].N(sums.Requests), g.Sums[0].Tokens()})
	}
	slices.SortFunc(all, func(a, b sumOf) int { return cmp.Compare(a.by, b.by) })
	return all
}

func TestSumsKeepUnknownApartFromZero(t *testing.T) {
	d, r := open(t)
	store(t, d, []usage.Record{
		with("1", func(r *usage.Record) { r.Model = "a"; r.Tokens = usage.Tokens{Input: n(5), CacheRead: n(0)} }),
		with("2", func(r *usage.Record) { r.Model = "a"; r.Tokens = usage.Tokens{Input: n(7), Output: n(1)} }),
		with("3", func(r *usage.Record) {}),
		with("4", func(r *usage.Record) {
			r.Model = "a"
			r.Parts = []usage.Part{{Role: "advisor", Model: "b", Tokens: usage.Tokens{Output: n(9)}}, {Role: "compaction", Tokens: usage.Tokens{Input: n(100)}}}
		}),
		with("5", func(r *usage.Record) { r.Model = "a"; r.ModelRequested = "alias" }),
		with("6", func(r *usage.Record) {
			r.ModelRequested = "asked for"
			r.Parts = []usage.Part{{Role: "compaction", Tokens: usage.Tokens{Output: n(3)}}}
		}),
	})
	got := sumsBy(t, r, "model")
	want := []sumOf{
		{"", 1, usage.Tokens{}},
		{"a", 4, usage.Tokens{Input: n(112), CacheRead: n(0), Output: n(1)}},
		{"asked for", 1, usage.Tokens{Output: n(3)}},
		{"b", 0, usage.Tokens{Output: n(9)}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// What a model had used that declined is kept, and no part of any sum.
func TestADeclinedFallbackIsNotAddedUp(t *testing.T) {
	d, r := open(t)
	store(t, d, []usage.Record{with("1", func(r *usage.Record) {
		r.Model, r.Tokens = "b", usage.Tokens{Input: n(5), Output: n(1)}
		r.Parts = []usage.Part{{Role: "fallback_declined", Model: "a", Tokens: usage.Tokens{Input: n(100)}}, {Model: "b", Tokens: usage.Tokens{Input: n(2)}}}
	})})
	want := []sumOf{{"b", 1, usage.Tokens{Input: n(7), Output: n(1)}}}
	if got := sumsBy(t, r, "model"); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
	if got := records(t, r, Filter{}); len(got[0].Parts) != 2 {
		t.Errorf("kept %+v", got[0].Parts)
	}
}

func TestSumsOfNothing(t *testing.T) {
	_, r := open(t)
	for _, by := range [][]string{nil, {"model"}} {
		if a := ask(t, r, Question{Groupings: []sums.Grouping{{By: by}}}); len(a.Tables[0].Groups) != 0 || len(a.Counts) != 0 {
			t.Errorf("by %v: %+v", by, a)
		}
	}
}

func TestEveryDimensionGroups(t *testing.T) {
	d, r := open(t)
	store(t, d, []usage.Record{full()})
	for by, want := range map[string]string{
		"agent": "claude-code", "agent_version": "2.1", "model": "claude-opus-5", "provider": "anthropic", "host": "api.anthropic.com",
		"outcome": "metered", "reason": "total_contradicts_counts", "kind": "model", "front": "forward", "hop": "gateway", "run": "run-1",
		"session_id": "s1", "parent_session_id": "s0", "subagent_id": "a1", "turn_id": "t1", "purpose": "subagent",
		"user": "ada", "team": "payments", "project": "engine", "repository": "git.example/ada/engine", "branch": "main", "commit_hash": "c0ffee",
		"dir": "/src/engine", "machine": "m1", "plan": "subscription", "service_tier": "standard", "speed": "fast", "geo": "us",
		sums.Band: "0", sums.Known: "ir51wons", sums.IsPartial: "", sums.IsReported: "true",
	} {
		found := false
		slot := func(at time.Time) string { return at.Format(time.TimeOnly) }
		for _, g := range ask(t, r, Question{Groupings: []sums.Grouping{{By: []string{by}, Times: []func(time.Time) string{slot}}}}).Tables[0].Groups {
			found = found || g.By[0] == want && g.Times[0] == "12:30:00" && g.Sums[0].N(sums.Requests) == 1
		}
		if !found {
			t.Errorf("by %s: no group %s", by, want)
		}
	}
	if n := len(sums.Dimensions()); n != 32 {
		t.Errorf("%d dimensions: this test has a line for each", n)
	}
	if _, err := r.Ask(t.Context(), Question{Groupings: []sums.Grouping{{By: []string{"path; DROP TABLE exchanges"}}}}); err == nil || !strings.Contains(err.Error(), "expected one of agent, agent_version, model") {
		t.Errorf("got %v", err)
	}
}

func TestCountsTakeTheHoursThatTheTimeTouches(t *testing.T) {
	d, r := open(t)
	noon := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	var tallies []usage.Tally
	for i := range 4 { // 10:59, 11:59, 12:59, 13:59
		tallies = append(tallies, usage.Tally{At: noon.Add(time.Duration(i)*time.Hour - time.Minute - time.Hour), Outcome: usage.Tunnelled, Reason: "x", Run: fmt.Sprint("run-", i%2), Count: 1 << i})
	}
	store(t, d, []usage.Record{full()}, tallies...)
	for name, test := range map[string]struct {
		f    Filter
		want int64
	}{
		"all":            {Filter{}, 15},
		"since noon":     {Filter{Since: noon}, 12},
		"since 11:30":    {Filter{Since: noon.Add(-30 * time.Minute)}, 14},
		"until noon":     {Filter{Until: noon}, 3},
		"until 12:00:01": {Filter{Until: noon.Add(time.Second)}, 7},
		"a run":          {Filter{Run: "run-1"}, 10},
		"a run, since":   {Filter{Run: "run-1", Since: noon.Add(30 * time.Minute)}, 8},
		"another run":    {Filter{Run: "run-2"}, 0},
	} {
		if got, _ := total(ask(t, r, Question{Filter: test.f}), usage.Tunnelled); got != test.want {
			t.Errorf("%s: got %d, want %d", name, got, test.want)
		}
	}
}

func TestCountsTellTheHosts(t *testing.T) {
	d, r := open(t)
	tally := usage.Tally{At: full().StartedAt, Outcome: usage.Tunnelled, Reason: "unreachable", Count: 1}
	other, elsewhere := tally, tally
	other.Run, elsewhere.Host = "run-1", "example.com"
	store(t, d, []usage.Record{full()}, tally, other, elsewhere)
	got := make(map[string]int64)
	for _, c := range ask(t, r, Question{}).Counts {
		got[string(c.Outcome)+" "+c.Host] += c.Count
	}
	if want := map[string]int64{"metered ": 1, "tunnelled ": 2, "tunnelled example.com": 1}; !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestKnownRuns(t *testing.T) {
	d, r := open(t)
	store(t, d, []usage.Record{full()}, usage.Tally{At: full().StartedAt, Outcome: usage.Tunnelled, Run: "run-2", Count: 1})
	for name, want := range map[string]bool{"run-1": true, "run-2": true, "run-": false, "run-3": false} {
		if got, err := r.KnowsRun(t.Context(), name); err != nil || got != want {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
	}
}

func TestQuestionsUseTheIndices(t *testing.T) {
	d, _ := open(t)
	where, args := where(Filter{Run: "r"})
	for text, index := range map[string]string{
		"SELECT id FROM exchanges WHERE " + where:              "exchanges_by_run",
		"SELECT host FROM tallies WHERE " + where:              "tallies_by_run",
		"SELECT id FROM exchanges ORDER BY started_at, id":     "exchanges_by_time",
		strings.Replace(isMeteredSQL, "provider IS ?", "1", 1): "exchanges_by_response",
	} {
		plan := planOf(t, d, text, args[:strings.Count(text, "?")])
		if !strings.Contains(plan, index) || strings.Contains(plan, "TEMP B-TREE") {
			t.Errorf("%s: %s", text, plan)
		}
	}
}

func planOf(t *testing.T, d *DB, text string, args []any) string {
	t.Helper()
	rows, err := d.sql.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+text, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var id, parent, unused int
		var step string
		if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
			t.Fatal(err)
		}
		all = append(all, step)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return strings.Join(all, "; ")
}
