package report

import (
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wiremeter/wiremeter/usage"
)

func styled(t *testing.T, r *Report, s Style) string {
	t.Helper()
	table, _, _ := strings.Cut(written(t, func(w io.Writer) error { return r.WriteTable(w, s) }), "\n\n")
	return table
}

func TestStyles(t *testing.T) {
	r := filled(t, []usage.Record{
		record("2026-11-24T10:00:00Z", "a-model-with-a-long-name", usage.Tokens{Input: n(1_234_567), CacheRead: n(98_765_432), CacheWrite5m: n(9_999), Output: n(10_000)}),
		with(record("2026-11-24T10:00:00Z", "模型", usage.Tokens{Input: n(7)}), func(r *usage.Record) { r.ReportedCost = n(1_234_567_891) }),
	})
	a := ask(t, r, Query{By: []string{"model"}})
	checkText(t, "a wide terminal", styled(t, a, Style{IsShort: true, Width: 200}), `
model                     requests  input  cache read  cache write  output  reasoning   total  cache hit   cost
a-model-with-a-long-name         1   1.2M       98.7M        9,999   10.0k          -  100.0M     98.7 %      -
模型                             1      7           -            -       -          -       7          -  $1.23
total                            2   1.2M       98.7M        9,999   10.0k          -  100.0M     98.7 %  $1.23`[1:])
	checkText(t, "with every digit", styled(t, a, Style{}), `
model                     requests      input  cache read  cache write  output  reasoning        total  cache hit          cost
a-model-with-a-long-name         1  1,234,567  98,765,432        9,999  10,000          -  100,019,998     98.7 %             -
模型                             1          7           -            -       -          -            7          -  $1.234567891
total                            2  1,234,574  98,765,432        9,999  10,000          -  100,020,005     98.7 %  $1.234567891`[1:])
	checkText(t, "80 columns", styled(t, a, Style{IsShort: true, Width: 80}), `
model                     requests  input  cache read  output   total   cost
a-model-with-a-long-name         1   1.2M       98.7M   10.0k  100.0M      -
模型                             1      7           -       -       7  $1.23
total                            2   1.2M       98.7M   10.0k  100.0M  $1.23
no room for: reasoning, cache write, cache hit`[1:])
	checkText(t, "40 columns", styled(t, a, Style{IsShort: true, Width: 40}), `
model            requests   total   cost
a-model-with-a…         1  100.0M      -
模型                    1       7  $1.23
total                   2  100.0M  $1.23
no room for: reasoning, cache write, cache hit, cache read, input, output`[1:])
	coloured := styled(t, a, Style{HasColour: true})
	if !strings.HasPrefix(coloured, "\x1b[2mmodel") || !strings.Contains(coloured, "\x1b[1mtotal") || strings.Count(coloured, "\x1b[0m") != 2 {
		t.Errorf("with colour: %q", coloured)
	}
}

func TestShort(t *testing.T) {
	for number, want := range map[int64]string{
		0: "0", 9_999: "9,999", 10_000: "10.0k", 99_949: "99.9k", 999_999: "999.9k", 1_000_000: "1.0M", 1_999_999_999: "1.9G", 5e15: "5,000.0T",
	} {
		if got := short(number); got != want {
			t.Errorf("%d: %s, want %s", number, got, want)
		}
	}
}

func TestOrderAndLimit(t *testing.T) {
	r := twoDays(t)
	for sort, want := range map[string]string{
		"": "claude-opus-5 gpt-5.6", "model": "claude-opus-5 gpt-5.6", "-model": "gpt-5.6 claude-opus-5",
		"requests": "gpt-5.6 claude-opus-5", "-requests": "claude-opus-5 gpt-5.6", "total": "claude-opus-5 gpt-5.6", "cache_write": "claude-opus-5 gpt-5.6", "cache hit": "claude-opus-5 gpt-5.6",
	} {
		var got []string
		for _, row := range ask(t, r, Query{By: []string{"model"}, Sort: sort}).Rows {
			got = append(got, row.Group[0])
		}
		if strings.Join(got, " ") != want {
			t.Errorf("by %q: %v", sort, got)
		}
	}
	a := ask(t, r, Query{By: []string{"model"}, Limit: 1})
	if len(a.Rows) != 1 || a.Hidden != 1 || a.Total.Requests != 3 {
		t.Errorf("got %+v", a)
	}
	if text := styled(t, a, Style{}); !strings.HasSuffix(text, "\n1 row more, in the total") {
		t.Error(text)
	}
	if _, err := Ask(t.Context(), r, Query{By: []string{"model"}, Sort: "colour"}); err == nil || !strings.Contains(err.Error(), `sort by "colour": expected one of model, requests, `) {
		t.Errorf("got %v", err)
	}
}

func TestBreakdown(t *testing.T) {
	a := ask(t, twoDays(t), Query{By: []string{"day"}, Breakdown: true})
	checkText(t, "by day", styled(t, a, Style{}), `
day              requests  input  cache read  cache write  output  reasoning   total  cache hit  cost
2026-11-24              2  1,200      18,000          900     210         64  20,310     89.5 %     -
  claude-opus-5         1  1,200      18,000          900     210         64  20,310     89.5 %     -
  gpt-5.6               1      -           -            -       -          -       -          -     -
2026-11-25              1    300           0            -       0          -     300      0.0 %     -
  gpt-5.6               1    300           0            -       0          -     300      0.0 %     -
total                   3  1,500      18,000          900     210         64  20,610     88.2 %     -`[1:])
}

func TestWeeks(t *testing.T) {
	sunday, saturday := time.Sunday, time.Saturday
	r := filled(t, []usage.Record{
		record("2026-12-27T10:00:00Z", "m", usage.Tokens{}), // a Sunday
		record("2026-12-28T10:00:00Z", "m", usage.Tokens{}),
		record("2027-01-03T23:59:59Z", "m", usage.Tokens{}), // the Sunday of the same week
	})
	for _, test := range []struct {
		start *time.Weekday
		want  []string
	}{
		{nil, []string{"2026-W52 1", "2026-W53 2"}},
		{&sunday, []string{"2026-12-27 2", "2027-01-03 1"}},
		{&saturday, []string{"2026-12-26 2", "2027-01-02 1"}},
	} {
		var got []string
		for _, row := range ask(t, r, Query{By: []string{"week"}, WeekStart: test.start}).Rows {
			got = append(got, row.Group[0]+" "+thousands(row.Requests))
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("got %v, want %v", got, test.want)
		}
	}
}

func TestFilters(t *testing.T) {
	r := twoDays(t)
	for name, test := range map[string]struct {
		where              map[string][]string
		requests, billable int64
		untold             string
	}{
		"none":                 {nil, 3, 5, ""},
		"a model":              {map[string][]string{"model": {"gpt-5.6"}}, 2, 3, "model"},
		"two models":           {map[string][]string{"model": {"gpt-5.6", "claude-opus-5"}}, 3, 4, "model"},
		"an agent nobody told": {map[string][]string{"agent": {UnknownWord}}, 1, 1, "agent"},
		"two dimensions":       {map[string][]string{"agent": {"codex"}, "session": {"s2"}}, 1, 2, "agent"},
		"a provider":           {map[string][]string{"provider": {"openai"}}, 2, 4, ""}, // the lost one is openai's
		"a run":                {map[string][]string{"run": {"run-1"}}, 1, 2, ""},
		"nothing":              {map[string][]string{"team": {"x"}}, 0, 0, "team"},
	} {
		a := ask(t, r, Query{Where: test.where})
		untold := ""
		if a.Coverage.Untold != nil {
			untold = *a.Coverage.Untold
		}
		if a.Total.Requests != test.requests || a.Coverage.Billable != test.billable || untold != test.untold {
			t.Errorf("%s: %d requests, %+v, untold %q", name, a.Total.Requests, a.Coverage, untold)
		}
	}
	if _, err := Ask(t.Context(), r, Query{Where: map[string][]string{"day": {"today"}}}); err == nil || !strings.Contains(err.Error(), `filter by "day": expected one of model, agent`) {
		t.Errorf("got %v", err)
	}
	if got, err := Values(t.Context(), r, "agent"); err != nil || !slices.Equal(got, []string{"claude-code", "codex"}) {
		t.Errorf("got %v, %v", got, err)
	}
}

// What is in no total stands in rows of its own, where they can be told.
func TestGatewaysAreBeside(t *testing.T) {
	r := filled(t, []usage.Record{
		record(when, "m", usage.Tokens{Input: n(1)}),
		with(record(when, "m", usage.Tokens{Input: n(1)}), func(r *usage.Record) { r.Hop = usage.Gateway }),
	})
	if got := shown(ask(t, r, Query{By: []string{"model"}})); got != "m: 1 1 - -\ntotal: 1 1 - -" {
		t.Error(got)
	}
	a := ask(t, r, Query{By: []string{"hop"}})
	if got := shown(a); got != "gateway: 1 1 - -\n: 1 1 - -\ntotal: 1 1 - -" {
		t.Error(got)
	}
	if text := a.Coverage.String(); !strings.HasSuffix(text, "; 1 on the way to a gateway kept out of the totals") {
		t.Error(text)
	}
}
