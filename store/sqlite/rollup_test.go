package sqlite

import (
	"context"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wiremeter/wiremeter/store/sums"
	"github.com/wiremeter/wiremeter/usage"
)

// testRows are enough for a segment.
const testRows = 500

func init() { segmentRows = testRows }

func rolled(t testing.TB, path string) {
	t.Helper()
	if err := RollUp(t.Context(), path, 0, nil); err != nil {
		t.Fatal(err)
	}
}

// seeded is the same in every run of a test.
func seeded(t testing.TB) *rand.Rand {
	t.Helper()
	return rand.New(rand.NewPCG(7, 11))
}

func oneOf[T any](r *rand.Rand, all ...T) T { return all[r.IntN(len(all))] }

// some is a count that may be unknown, and may be 0.
func some(r *rand.Rand) *int64 { return oneOf(r, nil, n(0), n(r.Int64N(300_000))) }

var begin = time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)

// random are records of two days with few different words, so that many are alike.
func random(r *rand.Rand, from, count int) (all []usage.Record) {
	for i := range count {
		record := usage.Record{
			ID: fmt.Sprintf("r%07d", from+i), StartedAt: begin.Add(time.Duration(r.Int64N(int64(48 * time.Hour)))), Provider: oneOf(r, "", "anthropic"),
			Outcome: oneOf(r, usage.Metered, usage.Metered, usage.Failed, usage.Interrupted), Reason: oneOf(r, "", "x"),
			Kind: oneOf(r, usage.Model, usage.Model, usage.Prewarm), Hop: oneOf(r, "", "", usage.Gateway), ModelRequested: oneOf(r, "", "asked"),
			Attribution: usage.Attribution{Agent: oneOf(r, "", "a", "b"), SessionID: oneOf(r, "", "s1", "s2", "s3"), TurnID: oneOf(r, "", "1", "2"), Run: oneOf(r, "", "run-1"), Purpose: oneOf(r, "", usage.Main, usage.Title)},
			Response: usage.Response{
				Model: oneOf(r, "", "m1", "m2"), Rule: oneOf(r, "", usage.LowerBound), ReportedCost: oneOf(r, nil, n(5)), IsDoubtful: r.IntN(9) == 0,
				Tokens: usage.Tokens{Input: some(r), CacheRead: some(r), CacheWrite5m: some(r), CacheWrite1h: some(r), CacheWriteOther: some(r), Output: some(r), Reasoning: some(r)},
			},
			TTFT: time.Duration(r.Int64N(3)) * time.Second, Duration: time.Duration(r.Int64N(5000)) * time.Millisecond, RequestBytes: r.Int64N(1000), ResponseBytes: r.Int64N(1000),
		}
		if r.IntN(5) == 0 {
			record.Parts = []usage.Part{{Role: oneOf(r, "advisor", unbilledRole), Model: oneOf(r, "", "m3"), Tokens: usage.Tokens{Input: some(r), Output: some(r)}}}
		}
		all = append(all, record)
	}
	return all
}

const unbilledRole = "fallback_declined"

// sumsSQL adds up in SQL what Ask adds up by these dimensions, straight from the
// records: a line is its group, its requests and its tokens.
func sumsSQL(t *testing.T, d *DB, f Filter, by []string) []string {
	t.Helper()
	own, part := []string{}, []string{}
	for _, name := range by {
		if unit := units[name]; unit > 0 {
			at := fmt.Sprintf("(started_at / %d)", unit.Milliseconds())
			own, part = append(own, at), append(part, at)
			continue
		}
		column := map[string][2]string{"model": {"coalesce(model, model_requested)", "coalesce(part.value ->> 'model', model, model_requested)"}}[name]
		if column[0] == "" {
			column = [2]string{name, name}
		}
		own, part = append(own, "coalesce("+column[0]+", '')"), append(part, "coalesce("+column[1]+", '')")
	}
	isBeside := "kind IS 'prewarm' OR hop IS 'gateway'"
	measures := []string{"input", "cache_read", "cache_write_5m", "cache_write_1h", "cache_write_other", "output", "reasoning"}
	var partMeasures, totals []string
	for _, m := range measures {
		partMeasures = append(partMeasures, "part.value ->> '$.tokens."+m+"'")
		totals = append(totals, "coalesce(sum("+m+"), '-')")
	}
	condition, args := where(Filter{Since: f.Since, Until: f.Until})
	text := fmt.Sprintf(`WITH lines (grouped, model, beside, requests, doubtful, duration, %s, ex) AS (
SELECT %s, coalesce(model, model_requested), %s, 1, is_doubtful, duration_ms, %s, rowid FROM exchanges WHERE %s
UNION ALL SELECT %s, coalesce(part.value ->> 'model', model, model_requested), %s, 0, 0, 0, %s, exchanges.rowid FROM exchanges, json_each(parts) AS part WHERE %s AND part.value ->> 'role' IS NOT '%s')
SELECT grouped || ' ' || beside || ': ' || sum(requests) || ' ' || sum(doubtful) || ' ' || sum(duration) || ' ' || %s FROM lines %s GROUP BY grouped, beside`,
		strings.Join(measures, ", "), strings.Join(own, " || ',' || "), isBeside, strings.Join(measures, ", "), condition,
		strings.Join(part, " || ',' || "), isBeside, strings.Join(partMeasures, ", "), condition, unbilledRole,
		strings.Join(totals, " || ' ' || "), filterSQL(f))
	rows, err := d.sql.QueryContext(t.Context(), text, append(args, args...)...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			t.Fatal(err)
		}
		all = append(all, line)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	slices.Sort(all)
	return all
}

// filterSQL is on lines, of which ex is the record's row.
func filterSQL(f Filter) string {
	all := []string{"TRUE"}
	for name, values := range f.Is {
		column := "(SELECT coalesce(" + name + ", '') FROM exchanges WHERE rowid = ex)"
		if name == "model" {
			column = "coalesce(model, '')"
		}
		all = append(all, column+" IN ('"+strings.Join(values, "', '")+"')")
	}
	return "WHERE " + strings.Join(all, " AND ")
}

// units are the names of times, and how long they are the same. They stand last.
var units = map[string]time.Duration{"slot": sums.Slot, "hour": time.Hour, "day": 24 * time.Hour}

func sumsAsked(t *testing.T, r *Reader, f Filter, by []string) (all []string) {
	t.Helper()
	var grouping sums.Grouping
	for _, name := range by {
		unit := units[name]
		if unit == 0 {
			grouping.By = append(grouping.By, name)
			continue
		}
		grouping.Unit = unit
		grouping.Times = append(grouping.Times, func(at time.Time) string { return fmt.Sprint(at.UnixMilli() / unit.Milliseconds()) })
	}
	for _, g := range ask(t, r, Question{Filter: f, Groupings: []sums.Grouping{grouping}}).Tables[0].Groups {
		s := &g.Sums[0]
		line := fmt.Sprintf("%s %d: %d %d %d", strings.Join(slices.Concat(g.By, g.Times), ","), map[bool]int{true: 1}[g.IsBeside], s.N(sums.Requests), s.N(sums.Doubtful), s.N(sums.Duration))
		for _, m := range []sums.Measure{sums.Input, sums.CacheRead, sums.CacheWrite5m, sums.CacheWrite1h, sums.CacheWriteOther, sums.Output, sums.Reasoning} {
			if c := s.Of(m); c != nil {
				line += fmt.Sprint(" ", *c)
			} else {
				line += " -"
			}
		}
		all = append(all, line)
	}
	slices.Sort(all)
	return all
}

// distinctSQL counts sessions and turns of agents, straight from the records, and
// of all that is not beside.
func distinctSQL(t *testing.T, d *DB, f Filter) (all []string) {
	t.Helper()
	condition, args := where(f)
	text := fmt.Sprintf(`WITH lines (agent, beside, session, turn) AS (
SELECT coalesce(agent, ''), kind IS 'prewarm' OR hop IS 'gateway', session_id, coalesce(session_id, '') || ' ' || turn_id FROM exchanges WHERE %s)
SELECT agent || ' ' || beside || ': ' || count(DISTINCT session) || ' ' || count(DISTINCT turn) FROM lines GROUP BY agent, beside
UNION ALL SELECT 'total: ' || count(DISTINCT session) || ' ' || count(DISTINCT turn) FROM lines WHERE NOT beside`, condition)
	rows, err := d.sql.QueryContext(t.Context(), text, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			t.Fatal(err)
		}
		all = append(all, line)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	slices.Sort(all)
	return all
}

func distinctAsked(t *testing.T, r *Reader, f Filter) (all []string) {
	t.Helper()
	table := ask(t, r, Question{Filter: f, Groupings: []sums.Grouping{{By: []string{"agent"}, CountsSessions: true, CountsTurns: true}}}).Tables[0]
	for _, g := range table.Groups {
		all = append(all, fmt.Sprintf("%s %d: %d %d", g.By[0], map[bool]int{true: 1}[g.IsBeside], g.Sessions, g.Turns))
	}
	all = append(all, fmt.Sprintf("total: %d %d", table.Total.Sessions, table.Total.Turns))
	slices.Sort(all)
	return all
}

// randomFilter cuts slots, leaves gaps, and lets some through.
func randomFilter(r *rand.Rand) Filter {
	f := Filter{Is: make(map[string][]string)}
	if r.IntN(3) > 0 {
		f.Since = begin.Add(time.Duration(r.Int64N(int64(50*time.Hour))) - time.Hour)
	}
	if r.IntN(3) > 0 {
		f.Until = begin.Add(time.Duration(r.Int64N(int64(50*time.Hour))) - time.Hour)
	}
	if r.IntN(8) == 0 { // within a slot
		f.Until = f.Since.Add(time.Duration(r.Int64N(int64(10 * time.Minute))))
	}
	for name, values := range map[string][]string{"model": {"m1", "m3", "asked", ""}, "session_id": {"s1", "", "s9"}, "outcome": {"metered", "failed"}, "agent": {"a"}} {
		if r.IntN(4) == 0 {
			f.Is[name] = values[:1+r.IntN(len(values))]
		}
	}
	return f
}

// TestSumsAreThoseOfTheRecords, at every moment: before and after they are rolled
// up, with records behind, changed and deleted ones, and after the rows were
// numbered anew.
func TestSumsAreThoseOfTheRecords(t *testing.T) {
	d, r := open(t)
	random1 := seeded(t)
	compare := func(when string) {
		t.Helper()
		for range 5 {
			f := randomFilter(random1)
			f.Is = nil
			if got, want := distinctAsked(t, r, f), distinctSQL(t, d, f); !slices.Equal(got, want) {
				t.Fatalf("%s: %+v:\n%s\nwant\n%s", when, f, strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		}
		for range 25 {
			f := randomFilter(random1)
			var by []string
			for _, name := range []string{"model", "agent", "session_id", "outcome", "reason", "run", "purpose", "turn_id"} {
				if random1.IntN(3) == 0 {
					by = append(by, name)
				}
			}
			by = append(by, oneOf(random1, []string{"provider"}, []string{"slot"}, []string{"hour"}, []string{"day"})...)
			if got, want := sumsAsked(t, r, f, by), sumsSQL(t, d, f, by); !slices.Equal(got, want) {
				t.Fatalf("%s: %+v by %v:\n%s\nwant\n%s", when, f, by, strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		}
	}
	segments := func(want int) {
		t.Helper()
		var count int
		if err := d.sql.QueryRowContext(t.Context(), "SELECT count(*) FROM segments").Scan(&count); err != nil || count != want {
			t.Fatalf("%d segments, %v; want %d", count, err, want)
		}
	}
	change := func(text string) {
		t.Helper()
		if _, err := d.sql.ExecContext(t.Context(), text); err != nil {
			t.Fatal(err)
		}
	}
	store(t, d, random(random1, 0, 3*testRows/2))
	compare("raw")
	rolled(t, d.path)
	segments(1)
	compare("rolled up")
	store(t, d, random(random1, 1e6, testRows))
	rolled(t, d.path)
	segments(2)
	store(t, d, random(random1, 2e6, 100))
	compare("two segments and a rest")
	change("DELETE FROM exchanges WHERE rowid = 77 OR rowid = (SELECT max(rowid) FROM exchanges)")
	segments(1)
	compare("without what was deleted")
	change("UPDATE exchanges SET output = 5 WHERE rowid = 600")
	segments(0)
	compare("with what was changed")
	rolled(t, d.path)
	segments(2)
	compare("rolled up anew")
	change("DROP TRIGGER exchanges_changed; UPDATE exchanges SET rowid = -rowid; UPDATE exchanges SET rowid = -rowid - (rowid < -77)") // as a dump that is read in again
	compare("numbered anew")
	rolled(t, d.path)
	compare("numbered anew, and rolled up")
	store(t, d, random(random1, 3e6, testRows))
	rolled(t, d.path)
	compare("at last")
}

func TestSegmentsOfAnotherFormatAreMadeAnew(t *testing.T) {
	d, r := open(t)
	store(t, d, random(seeded(t), 0, testRows))
	rolled(t, d.path)
	want := sumsAsked(t, r, Filter{}, []string{"model"})
	if _, err := d.sql.ExecContext(t.Context(), "UPDATE segments SET format = 0"); err != nil {
		t.Fatal(err)
	}
	if n, err := r.Behind(t.Context()); err != nil || n != testRows {
		t.Errorf("behind by %d, %v", n, err)
	}
	rolled(t, d.path)
	if n, err := r.Behind(t.Context()); err != nil || n != 0 {
		t.Errorf("behind by %d, %v", n, err)
	}
	if got := sumsAsked(t, r, Filter{}, []string{"model"}); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestRollingUpHarmsNobody: some roll up while records are stored and changed.
func TestRollingUpHarmsNobody(t *testing.T) {
	d, r := open(t)
	random1 := seeded(t)
	store(t, d, random(random1, 0, 2*testRows))
	var all sync.WaitGroup
	for range 2 {
		all.Go(func() {
			if err := RollUp(context.Background(), d.path, 1, nil); err != nil {
				t.Error(err)
			}
		})
	}
	for i := range 20 {
		store(t, d, random(random1, 1e6+i*1000, 100))
		if _, err := d.sql.ExecContext(t.Context(), "DELETE FROM exchanges WHERE rowid = ?", 10*(i+1)); err != nil {
			t.Fatal(err)
		}
	}
	all.Wait()
	rolled(t, d.path)
	if got, want := sumsAsked(t, r, Filter{}, []string{"session_id"}), sumsSQL(t, d, Filter{}, []string{"session_id"}); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// A database that another program has changed is an error, and no more.
func TestRollingUpWhatCannotBeRead(t *testing.T) {
	d, _ := open(t)
	store(t, d, random(seeded(t), 0, testRows))
	if _, err := d.sql.ExecContext(t.Context(), "DROP VIEW usage_v1; ALTER TABLE exchanges RENAME COLUMN team TO squad"); err != nil {
		t.Fatal(err)
	}
	if err := RollUp(t.Context(), d.path, 0, nil); err == nil || !strings.Contains(err.Error(), "team") {
		t.Errorf("got %v", err)
	}
}

func TestRollingUpTellsHowFarItIs(t *testing.T) {
	d, _ := open(t)
	store(t, d, random(seeded(t), 0, 2*testRows+5))
	var told [][2]int64
	if err := RollUp(t.Context(), d.path, 0, func(done, all int64) { told = append(told, [2]int64{done, all}) }); err != nil {
		t.Fatal(err)
	}
	want := [][2]int64{{testRows, 2*testRows + 5}, {2 * segmentRows, 2*testRows + 5}}
	if !reflect.DeepEqual(told, want) {
		t.Errorf("told %v, want %v", told, want)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if err := RollUp(over, d.path, 0, nil); err == nil {
		t.Error("it did not end with its context")
	}
}

func TestDistinctSessionsAndTurns(t *testing.T) {
	d, r := open(t)
	asked := func(id, model, session, turn string, change ...func(*usage.Record)) usage.Record {
		return with(id, func(r *usage.Record) {
			r.Model, r.SessionID, r.TurnID = model, session, turn
			for _, c := range change {
				c(r)
			}
		})
	}
	store(t, d, []usage.Record{
		asked("1", "a", "s1", "t1"), asked("2", "b", "s1", "t1"), asked("3", "a", "s1", "t2"), asked("4", "a", "s2", "t1"), asked("5", "a", "", ""),
		asked("6", "a", "s3", "t9", func(r *usage.Record) { r.Kind = usage.Prewarm }),
	})
	table := ask(t, r, Question{Groupings: []sums.Grouping{{By: []string{"model"}, Apart: []string{"turn_id"}, CountsSessions: true, CountsTurns: true}}}).Tables[0]
	got := make(map[string]sums.Distinct)
	for _, g := range table.Groups {
		got[fmt.Sprint(g.By[0], g.IsBeside)] = g.Distinct
	}
	want := map[string]sums.Distinct{"afalse": {Sessions: 2, Turns: 3}, "bfalse": {Sessions: 1, Turns: 1}, "atrue": {Sessions: 1, Turns: 1}}
	if !reflect.DeepEqual(got, want) || table.Total != (sums.Distinct{Sessions: 2, Turns: 3}) {
		t.Errorf("got %v, in all %v", got, table.Total)
	}
}
