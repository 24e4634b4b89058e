package report

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/wiremeter/wiremeter/prices"
	"github.com/wiremeter/wiremeter/store/sqlite"
	"github.com/wiremeter/wiremeter/usage"
)

func book(t testing.TB, text string) *prices.Book {
	t.Helper()
	lines, aliases, err := prices.Parse("prices.tsv", strings.NewReader(strings.ReplaceAll(text, " ", "\t")))
	if err != nil {
		t.Fatal(err)
	}
	table, err := prices.NewTable(prices.ByCompany, lines, aliases)
	if err != nil {
		t.Fatal(err)
	}
	return prices.NewBook(table, prices.EmbeddedTable())
}

// ours has a model that costs more from 200,001 tokens on, and since a day.
const ours = `anthropic m1 - - 2026-11-25 - 1 0.1 1.25 2 1.25 5 - test 2026-11-01
anthropic m1 - 2026-11-25 - - 2 0.2 2.5 4 2.5 10 - test 2026-11-01
anthropic m1 prompt>200000 - - - 3 0.3 3.75 6 3.75 15 - test 2026-11-01`

func TestCost(t *testing.T) {
	const before, after = "2026-11-24T23:59:00Z", "2026-11-25T00:01:00Z"
	r := filled(t, []usage.Record{
		record(before, "m1", usage.Tokens{Input: n(1e6), Output: n(0)}),   // in the tier of great prompts: 3
		record(before, "m1", usage.Tokens{Input: n(1e5), Output: n(1e5)}), // 0.1 + 0.5
		record(after, "m1", usage.Tokens{Input: n(1e5), Output: n(1e5)}),  // 0.2 + 1
		with(record(after, "m1", usage.Tokens{Input: n(1e5), Output: n(1)}), func(r *usage.Record) { // as the provider says, with its part
			r.ReportedCost = n(7)
			r.Parts = []usage.Part{{Role: "advisor", Model: "m2", Tokens: usage.Tokens{Input: n(1)}}}
		}),
		with(record(after, "m1", usage.Tokens{Input: n(1e5), Output: n(0)}), func(r *usage.Record) { // 0.2, and a part
			r.Plan = usage.Subscription
			r.Parts = []usage.Part{{Role: "advisor", Model: "m2", Tokens: usage.Tokens{Input: n(1)}}}
		}),
		with(record(after, "m1", usage.Tokens{Output: n(1e5)}), func(r *usage.Record) { r.Outcome = usage.Interrupted }), // 1 at least
		record(after, "m2", usage.Tokens{Input: n(5)}),
		with(record(after, "m1", usage.Tokens{}), func(r *usage.Record) { r.Outcome = usage.Failed }),
	})
	a := ask(t, r, Query{By: []string{"model"}, Prices: book(t, ours)})
	total := a.Total.Cost
	if *total.Amount != 6.0e9+7 || total.of(prices.ByCompany) != 6.0e9 || total.of(prices.ByProvider) != 7 {
		t.Errorf("it costs %d: %v", *total.Amount, total.By)
	}
	if *total.Subscription != 0.2e9 || total.AtLeast != 1 || total.Unpriced != 1 || total.Parts != 1 || total.Models["m2"] != prices.UnknownModel {
		t.Errorf("got %+v", total)
	}
	checkText(t, "what is said of it", strings.Join(a.Remarks()[:4], "\n"), `
cost: $6.00 ($6.00 by your prices, <$0.000001 as the provider says)
with a subscription: $0.200 of it is the API-equivalent, not money owed
at least: 1 request cut or counted in part may have cost more
unpriced: 1 request and 1 part of others (m2: unknown model)`[1:])
	if m2 := a.Rows[1]; m2.Group[0] != "m2" || m2.Cost.Amount != nil || m2.Cost.String() != "-" {
		t.Errorf("got %+v", m2)
	}
}

// TestSumsCostWhatTheirRecordsDo: the cost of sums of alike records is that of the
// records one by one, to the nano-dollar, whatever the groups.
func TestSumsCostWhatTheirRecordsDo(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 5))
	some := func() *int64 { return oneOf(random, nil, n(0), n(random.Int64N(500_000))) }
	var all []usage.Record
	for i := range 3000 {
		r := usage.Record{
			ID: fmt.Sprintf("r%04d", i), StartedAt: at("2026-11-23T00:00:00Z").Add(time.Duration(random.Int64N(int64(72 * time.Hour)))),
			Outcome: oneOf(random, usage.Metered, usage.Interrupted), Kind: oneOf(random, usage.Model, usage.Prewarm), Provider: oneOf(random, "anthropic", "openai", "deepseek"),
			Attribution: usage.Attribution{Agent: oneOf(random, "a", "b"), SessionID: oneOf(random, "s1", "s2")},
			Response: usage.Response{
				Model: oneOf(random, "m1", "claude-opus-5", "gpt-5.6", "deepseek-chat", "nobody-knows"), Speed: oneOf(random, "", "fast"), Geo: oneOf(random, "", "us"),
				ServiceTier: oneOf(random, "", "standard", "batch", "flex"), WebSearches: oneOf(random, nil, n(0), n(2)), ReportedCost: oneOf(random, nil, nil, n(random.Int64N(1e9))),
				Tokens: usage.Tokens{Input: some(), CacheRead: some(), CacheWrite5m: some(), CacheWrite1h: some(), CacheWriteOther: some(), Output: some()},
			},
		}
		if random.IntN(4) == 0 {
			r.Parts = []usage.Part{{Role: "advisor", Model: oneOf(random, "", "claude-haiku-4-5"), Tokens: usage.Tokens{Input: some(), Output: some()}}}
		}
		all = append(all, r)
	}
	b := book(t, ours)
	r := filled(t, all)
	for _, by := range [][]string{nil, {"agent"}, {"session", "hour"}, {"day", "model"}} {
		want := oneByOne(r, b, t)
		got := ask(t, r, Query{By: by, Prices: b}).Total.Cost
		if *got.Amount != want.Nano() {
			t.Errorf("by %v: %d nano-dollars, want %d", by, *got.Amount, want.Nano())
		}
	}
}

func oneByOne(r *sqlite.Reader, b *prices.Book, t *testing.T) (total prices.Amount) {
	t.Helper()
	for record, err := range r.Records(t.Context(), sqlite.Filter{}) {
		if err != nil {
			t.Fatal(err)
		}
		if record.Kind == usage.Prewarm {
			continue
		}
		for _, item := range prices.Items(&record) {
			if c := b.Cost(item); c.IsPriced() {
				total = total.Plus(c.Amount)
			}
		}
	}
	return total
}

func TestDollars(t *testing.T) {
	for nano, want := range map[int64]string{
		0: "$0.00", 1: "<$0.000001", 500: "$0.000001", 4_999: "$0.000005", 12_345: "$0.000012", 26_045_000: "$0.0260", 260_450_000: "$0.260",
		1e9: "$1.00", 12_345_678_901_234: "$12,345.68", 999_999_999: "$1.000",
	} {
		if got := (Cost{}).money(nano); got != want {
			t.Errorf("%d: %s, want %s", nano, got, want)
		}
	}
	for nano, want := range map[int64]string{0: "0", 1: "0.000000001", 1e9: "1", 1_500_000_000: "1.5", 26_045_000: "0.026045"} {
		if got := exactDollars(nano); got != want {
			t.Errorf("%d: %s, want %s", nano, got, want)
		}
	}
}

func TestExportedCost(t *testing.T) {
	b := book(t, ours)
	for name, test := range map[string]struct {
		change func(*usage.Record)
		want   string
	}{
		"priced":   {func(*usage.Record) {}, `"cost":600000000,"cost_source":"company","cost_reason":null,"cost_at_least":false}`},
		"reported": {func(r *usage.Record) { r.ReportedCost = n(7) }, `"cost":7,"cost_source":"provider","cost_reason":null,"cost_at_least":false}`},
		"cut":      {func(r *usage.Record) { r.Outcome = usage.Interrupted }, `"cost":600000000,"cost_source":"company","cost_reason":null,"cost_at_least":true}`},
		"a part more": {func(r *usage.Record) {
			r.Parts = []usage.Part{{Model: "m1", Tokens: usage.Tokens{Input: n(1e5), Output: n(0)}}}
		}, `"cost":700000000,"cost_source":"company","cost_reason":null,"cost_at_least":false}`},
		"a part that nobody prices": {func(r *usage.Record) { r.Parts = []usage.Part{{Model: "m2", Tokens: usage.Tokens{Input: n(1)}}} }, `"cost":null,"cost_source":null,"cost_reason":"unknown_model","cost_at_least":false}`},
		"nothing counted":           {func(r *usage.Record) { r.Tokens = usage.Tokens{} }, `"cost":null,"cost_source":null,"cost_reason":"no_counts","cost_at_least":false}`},
	} {
		r := filled(t, []usage.Record{with(record("2026-11-24T10:00:00Z", "m1", usage.Tokens{Input: n(1e5), Output: n(1e5)}), test.change)})
		if got := exported(t, r, Query{Prices: b}); !strings.HasSuffix(got, test.want+"\n") {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// of is how much is made with the prices of a source.
func (c Cost) of(source prices.Source) (nano int64) {
	for _, s := range c.By {
		if s.Source == source {
			nano += s.Amount
		}
	}
	return nano
}
