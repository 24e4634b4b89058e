package report

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // zones on every machine

	"github.com/wiremeter/wiremeter/prices"
	"github.com/wiremeter/wiremeter/usage"
)

func TestGroups(t *testing.T) {
	const total = "\ntotal: 3 1,500 900 210"
	r := twoDays(t)
	for by, want := range map[string]string{
		"":             ": 3 1,500 900 210",
		"day":          "2026-11-24: 2 1,200 900 210\n2026-11-25: 1 300 - 0",
		"model":        "claude-opus-5: 1 1,200 900 210\ngpt-5.6: 2 300 - 0",
		"agent":        "claude-code: 1 1,200 900 210\ncodex: 1 300 - 0\n: 1 - - -",
		"session":      "s1: 1 1,200 900 210\ns2: 1 300 - 0\n: 1 - - -",
		"provider":     "anthropic: 1 1,200 900 210\nopenai: 2 300 - 0",
		"outcome":      "failed: 1 - - -\nmetered: 2 1,500 900 210",
		"reason":       "overloaded_error: 1 - - -\n: 2 1,500 900 210",
		"run":          "run-1: 1 300 - 0\n: 2 1,200 900 210",
		"kind":         "model: 3 1,500 900 210\nprewarm: 1 7,777 - -",
		"kind,model":   "model,claude-opus-5: 1 1,200 900 210\nmodel,gpt-5.6: 2 300 - 0\nprewarm,gpt-5.6: 1 7,777 - -",
		"model,kind":   "claude-opus-5,model: 1 1,200 900 210\ngpt-5.6,model: 2 300 - 0\ngpt-5.6,prewarm: 1 7,777 - -",
		"session,day":  "s1,2026-11-24: 1 1,200 900 210\ns2,2026-11-25: 1 300 - 0\n,2026-11-24: 1 - - -",
		"day,outcome":  "2026-11-24,failed: 1 - - -\n2026-11-24,metered: 1 1,200 900 210\n2026-11-25,metered: 1 300 - 0",
		"agent,day":    "claude-code,2026-11-24: 1 1,200 900 210\ncodex,2026-11-25: 1 300 - 0\n,2026-11-24: 1 - - -",
		"day,agent":    "2026-11-24,claude-code: 1 1,200 900 210\n2026-11-24,: 1 - - -\n2026-11-25,codex: 1 300 - 0",
		"outcome,kind": "failed,model: 1 - - -\nmetered,model: 2 1,500 900 210\nmetered,prewarm: 1 7,777 - -",
	} {
		var names []string
		if by != "" {
			names = strings.Split(by, ",")
		}
		if got := shown(ask(t, r, Query{By: names})); got != want+total {
			t.Errorf("by %q:\n%s\nwant\n%s", by, got, want+total)
		}
	}
}

func TestEveryDimensionGroups(t *testing.T) {
	a := ask(t, twoDays(t), Query{By: Dimensions()})
	got := make(map[string]string)
	for i, name := range a.By {
		if word := a.Rows[0].Group[i]; word != "" {
			got[name] = word
		}
	}
	want := map[string]string{
		"day": "2026-11-24", "hour": "2026-11-24 10:00", "week": "2026-W48", "month": "2026-11", "model": "claude-opus-5",
		"agent": "claude-code", "session": "s1", "provider": "anthropic", "outcome": "metered", "kind": "model",
	}
	if len(a.Rows) != 4 || len(a.By) != 30 || !maps.Equal(got, want) {
		t.Errorf("got %v", a.Rows)
	}
}

func TestUnknownIsNeverZero(t *testing.T) {
	const when = "2026-11-24T10:00:00Z"
	r := filled(t, []usage.Record{
		record(when, "known in part", usage.Tokens{Input: n(5), CacheWrite1h: n(3)}),
		record(when, "known in part", usage.Tokens{CacheRead: n(7), CacheWriteOther: n(4), Reasoning: n(9)}),
		record(when, "zero", usage.Tokens{Input: n(0), CacheRead: n(0), CacheWrite5m: n(0), Output: n(0), Reasoning: n(0)}),
		record(when, "unknown", usage.Tokens{}),
		record(when, "only reasoning", usage.Tokens{Reasoning: n(9)}),
	})
	var got []string
	for _, row := range ask(t, r, Query{By: []string{"model"}}).Rows {
		got = append(got, row.Group[0]+": "+strings.Join(tokens(row), " "))
	}
	want := []string{
		// requests, input, cache read, cache write, output, reasoning, total
		"known in part: 2 5 7 7 - 9 19",
		"only reasoning: 1 - - - - 9 -",
		"unknown: 1 - - - - - -",
		"zero: 1 0 0 0 0 0 0",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestParts: what a response used beside its own counts stands with the model
// that it is of, and is no request.
func TestParts(t *testing.T) {
	r := filled(t, []usage.Record{with(record("2026-11-24T10:00:00Z", "opus", usage.Tokens{Input: n(1)}), func(r *usage.Record) {
		r.Parts = []usage.Part{{Role: "advisor", Model: "haiku", Tokens: usage.Tokens{Output: n(20)}}, {Role: "compaction", Tokens: usage.Tokens{Input: n(300)}}}
	})})
	if got, want := shown(ask(t, r, Query{By: []string{"model"}})), "haiku: 0 - - 20\nopus: 1 301 - -\ntotal: 1 301 - 20"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func tokens(row Row) (all []string) {
	for _, c := range columns[:7] {
		all = append(all, c.forPeople(row, true))
	}
	return all
}

func TestNothing(t *testing.T) {
	a := ask(t, filled(t, nil), Query{By: []string{"model"}})
	if len(a.Rows) != 0 || a.Total.Requests != 0 || a.Total.Tokens != (usage.Tokens{}) || a.Coverage.Exchanges != 0 {
		t.Errorf("got %+v", a)
	}
}

// TestADayIsALocalDay, where days do not begin at a full hour, or not at
// midnight, too.
func TestADayIsALocalDay(t *testing.T) {
	for _, test := range []struct{ zone, begin, before, day string }{
		{"UTC", "2026-11-24T00:00:00Z", "2026-11-23", "2026-11-24"},
		{"Asia/Kathmandu", "2026-11-24T18:15:00Z", "2026-11-24", "2026-11-25"},    // +05:45
		{"Pacific/Chatham", "2026-11-24T10:15:00Z", "2026-11-24", "2026-11-25"},   // +13:45 in summer
		{"Pacific/Marquesas", "2026-11-24T09:30:00Z", "2026-11-23", "2026-11-24"}, // -09:30
		{"America/Santiago", "2026-09-06T04:00:00Z", "2026-09-05", "2026-09-06"},  // the clocks pass over midnight
	} {
		zone, err := time.LoadLocation(test.zone)
		if err != nil {
			t.Fatal(err)
		}
		begin := at(test.begin)
		r := filled(t, []usage.Record{
			{StartedAt: begin.Add(-time.Millisecond), Outcome: usage.Metered},
			{StartedAt: begin, Outcome: usage.Metered},
			{StartedAt: begin.Add(time.Millisecond), Outcome: usage.Metered},
		})
		want := test.before + ": 1 - - -\n" + test.day + ": 2 - - -\ntotal: 3 - - -"
		if got := shown(ask(t, r, Query{By: []string{"day"}, Location: zone})); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", test.zone, got, want)
		}
	}
}

func TestADayIsOfThisPlaceUnlessSaid(t *testing.T) {
	here := time.Local
	t.Cleanup(func() { time.Local = here })
	time.Local = time.FixedZone("", 5*60*60+45*60)
	r := filled(t, []usage.Record{{StartedAt: at("2026-11-24T18:15:00Z"), Outcome: usage.Metered}})
	a, err := Ask(t.Context(), r, Query{By: []string{"day"}})
	if err != nil || a.Rows[0].Group[0] != "2026-11-25" {
		t.Errorf("got %v, %v", a, err)
	}
}

func TestTimeAndRun(t *testing.T) {
	r := twoDays(t)
	second := at("2026-11-25T10:00:00Z")
	for name, test := range map[string]struct {
		q                       Query
		requests, exchanges     int64
		tunnelled, lost, warmed int64
	}{
		"all":             {Query{}, 3, 10, 2, 1, 1},
		"since":           {Query{Since: second}, 1, 3, 0, 1, 1},
		"just after":      {Query{Since: second.Add(time.Nanosecond)}, 0, 2, 0, 1, 1}, // the hour of the lost one is touched
		"until":           {Query{Until: second}, 2, 7, 2, 0, 0},
		"until, included": {Query{Until: second.Add(time.Nanosecond)}, 3, 9, 2, 1, 0},
		"between":         {Query{Since: at("2026-11-24T10:30:00Z"), Until: second}, 1, 6, 2, 0, 0},
		"never":           {Query{Since: second, Until: second}, 0, 0, 0, 0, 0},
		"a run":           {Query{Run: "run-1"}, 1, 4, 2, 1, 0},
		"a run, since":    {Query{Run: "run-1", Since: second}, 1, 2, 0, 1, 0},
		"another run":     {Query{Run: "run-2"}, 0, 0, 0, 0, 0},
	} {
		a := ask(t, r, test.q)
		c := a.Coverage
		if a.Total.Requests != test.requests || c.Exchanges != test.exchanges || c.Tunnelled != test.tunnelled || c.Lost != test.lost || c.Prewarm != test.warmed {
			t.Errorf("%s: %d requests, %+v", name, a.Total.Requests, c)
		}
		if !a.Since.Equal(test.q.Since) || !a.Until.Equal(test.q.Until) {
			t.Errorf("%s: the report says %v to %v", name, a.Since, a.Until)
		}
	}
}

func TestQuestionsThatCannotBe(t *testing.T) {
	r := filled(t, nil)
	for by, want := range map[string]string{
		"colour":      `group by "colour": expected one or more of day, hour, week, month, model, agent, agent_version, session, `,
		"model,":      `group by "": expected one or more of`,
		"session_id":  `group by "session_id": expected`,
		"day,day":     "group by day: it is named twice",
		"kind,x,kind": `group by "x"`,
	} {
		if _, err := Ask(t.Context(), r, Query{By: strings.Split(by, ",")}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("by %s: %v", by, err)
		}
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	if _, err := Ask(gone, r, Query{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// TestTheFirstRows are those that sorting all gives.
func TestTheFirstRows(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 5))
	for range 40 {
		var rows []*Row
		for i := range random.IntN(60) {
			rows = append(rows, &Row{Group: []string{fmt.Sprint(i)}, Requests: random.Int64N(9)})
		}
		order, err := orderOf(Query{Sort: "requests"})
		if err != nil {
			t.Fatal(err)
		}
		want := slices.Clone(rows)
		slices.SortFunc(want, order)
		for most := 1; most < 70; most++ {
			if got := firstOf(slices.Clone(rows), order, most); !slices.Equal(got, want[:min(most, len(want))]) {
				t.Fatalf("the first %d of %d differ", most, len(rows))
			}
		}
	}
}

// TestRowsAreThoseWithTheirModels: what a row adds up to does not depend on whether
// its models are asked for, and those add up to it.
func TestRowsAreThoseWithTheirModels(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 9))
	var records []usage.Record
	for range 400 {
		records = append(records, with(record("2026-11-24T10:00:00Z", oneOf(random, "claude-opus-5", "claude-haiku-4-5", "m"), usage.Tokens{Input: n(random.Int64N(1e5)), Output: n(random.Int64N(1e4))}), func(r *usage.Record) {
			r.StartedAt = r.StartedAt.Add(time.Duration(random.IntN(48)) * time.Hour)
			r.Kind, r.Hop = oneOf(random, usage.Model, usage.Model, usage.Prewarm), oneOf(random, "", "", usage.Gateway)
			r.User, r.SessionID, r.TurnID = oneOf(random, "", "ada", "ben"), oneOf(random, "", "s1", "s2", "s3"), oneOf(random, "", "1", "2")
			if random.IntN(9) == 0 {
				r.ReportedCost = n(random.Int64N(1e9))
			}
		}))
		records[len(records)-1].ID = fmt.Sprintf("r%04d", len(records))
	}
	r := filled(t, records)
	for _, by := range [][]string{nil, {"user"}, {"day", "user"}, {"kind"}, {"hop", "day"}, {"session"}} {
		q := Query{By: by, CountsTurns: true, Prices: prices.NewBook(prices.EmbeddedTable())}
		plain := ask(t, r, q)
		q.Breakdown = true
		broken := ask(t, r, q)
		for i := range broken.Rows {
			var requests int64
			for _, m := range broken.Rows[i].Models {
				requests += m.Requests
			}
			if broken.Rows[i].Models = nil; requests != broken.Rows[i].Requests {
				t.Errorf("by %v: the models of %v have %d requests, not %d", by, broken.Rows[i].Group, requests, broken.Rows[i].Requests)
			}
		}
		for _, rows := range [][]Row{plain.Rows, broken.Rows, {plain.Total}, {broken.Total}} {
			for i := range rows {
				slices.SortFunc(rows[i].Cost.By, func(a, b Share) int { return strings.Compare(string(a.Source), string(b.Source)) })
			}
		}
		if !reflect.DeepEqual(broken.Rows, plain.Rows) || !reflect.DeepEqual(broken.Total, plain.Total) {
			t.Errorf("by %v:\n%+v\nwant\n%+v", by, broken.Rows, plain.Rows)
		}
	}
}
