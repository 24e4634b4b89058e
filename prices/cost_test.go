package prices

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/wiremeter/wiremeter/usage"
)

// contrived has a line for each rule; the figures are not anybody's.
const contrived = `
p	plain	-	-	-	-	5	0.5	6.25	10	-	25	10000	test	2026-01-01
p	plain	tier=batch	-	-	0.5	-	-	-	-	-	-	-	test	2026-01-01
p	plain	geo=us	-	-	1.1	-	-	-	-	-	-	-	test	2026-01-01
p	plain	speed=fast	-	-	-	30	3	37.5	60	-	150	10000	test	2026-01-01
p	tiered	-	-	-	-	1.25	0.125	-	-	-	10	-	test	2026-01-01
p	tiered	prompt>200000	-	-	-	2.5	0.25	-	-	-	15	-	test	2026-01-01
p	tiered	tier=priority	-	-	-	2.25	0.225	-	-	-	18	-	test	2026-01-01
p	tiered	tier=flex	-	-	0.5	-	-	-	-	-	-	-	test	2026-01-01
p	from	-	-	-	-	2	-	-	-	-	4	-	test	2026-01-01
p	from	prompt>=128000	-	-	-	4	-	-	-	-	8	-	test	2026-01-01
p	dated	-	-	2026-03-01	-	3	-	-	-	-	15	-	test	2026-01-01
p	dated	-	2026-03-01	-	-	2	-	-	-	-	10	-	test	2026-01-01
p	embeds	-	-	-	-	0.0375	-	-	-	-	-	-	test	2026-01-01
p	clouds	-	-	-	-	1	-	-	-	-	1	-	test	2026-01-01
p	clouds	geo=*	-	-	1.1	-	-	-	-	-	-	-	test	2026-01-01
p	clouds	geo=eu	-	-	1.2	-	-	-	-	-	-	-	test	2026-01-01
`

func tableOf(t *testing.T, source Source, text string) *Table {
	t.Helper()
	lines, aliases, err := Parse("test", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	table, err := NewTable(source, lines, aliases)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func tokens(in, read, write5m, write1h, out int64) usage.Tokens {
	return usage.Tokens{Input: &in, CacheRead: &read, CacheWrite5m: &write5m, CacheWrite1h: &write1h, Output: &out}
}

func day(text string) time.Time {
	t, err := ParseDay(text)
	if err != nil {
		panic(err)
	}
	return t
}

func instant(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at.UTC()
}

func TestCostsByHand(t *testing.T) {
	book := NewBook(tableOf(t, Embedded, contrived))
	three := int64(3)
	for name, c := range map[string]struct {
		item Item
		want int64 // nano-dollars
	}{
		// 1000×5000 + 2000×500 + 400×6250 + 100×10000 + 50×25000
		"ordinary": {Item{Model: "plain", Tokens: tokens(1000, 2000, 400, 100, 50)}, 10_750_000},
		"the words for ordinary": {Item{Model: "plain", ServiceTier: "standard", Speed: "standard", Geo: "global",
			Tokens: tokens(1000, 2000, 400, 100, 50)}, 10_750_000},
		"batch":    {Item{Model: "plain", ServiceTier: "batch", Tokens: tokens(1000, 2000, 400, 100, 50)}, 5_375_000},
		"us":       {Item{Model: "plain", Geo: "us", Tokens: tokens(1000, 2000, 400, 100, 50)}, 11_825_000},
		"fast":     {Item{Model: "plain", Speed: "fast", Tokens: tokens(1000, 2000, 400, 100, 50)}, 64_500_000},
		"fast, us": {Item{Model: "plain", Speed: "fast", Geo: "us", Tokens: tokens(1000, 2000, 400, 100, 50)}, 70_950_000},
		// 3 searches of a cent each are not multiplied.
		"searches, us": {Item{Model: "plain", Geo: "us", WebSearches: &three, Tokens: tokens(1000, 2000, 400, 100, 50)}, 41_825_000},
		// At the threshold the lower price holds, above it the whole request is dearer.
		"at the threshold":       {Item{Model: "tiered", Band: Band(200_000), Tokens: tokens(100_000, 100_000, 0, 0, 1000)}, 147_500_000},
		"above the threshold":    {Item{Model: "tiered", Band: Band(200_001), Tokens: tokens(100_000, 100_001, 0, 0, 1000)}, 290_000_250},
		"flex":                   {Item{Model: "tiered", ServiceTier: "flex", Tokens: tokens(1000, 0, 0, 0, 1000)}, 5_625_000},
		"flex above":             {Item{Model: "tiered", ServiceTier: "flex", Band: 200_001, Tokens: tokens(300_000, 0, 0, 0, 1000)}, 382_500_000},
		"priority":               {Item{Model: "tiered", ServiceTier: "ON_DEMAND_PRIORITY", Tokens: tokens(1000, 1000, 0, 0, 1000)}, 20_475_000},
		"below from":             {Item{Model: "from", Band: Band(127_999), Tokens: tokens(127_999, 0, 0, 0, 0)}, 255_998_000},
		"from on":                {Item{Model: "from", Band: Band(128_000), Tokens: tokens(128_000, 0, 0, 0, 0)}, 512_000_000},
		"before a change":        {Item{Model: "dated", At: day("2026-03-01").Add(-1), Tokens: tokens(1000, 0, 0, 0, 1000)}, 18_000_000},
		"after a change":         {Item{Model: "dated", At: day("2026-03-01"), Tokens: tokens(1000, 0, 0, 0, 1000)}, 12_000_000},
		"half a nano-dollar, up": {Item{Model: "embeds", Tokens: usage.Tokens{Input: &three}}, 113},
		"anywhere":               {Item{Model: "clouds", Geo: "us", Tokens: tokens(1000, 0, 0, 0, 0)}, 1_100_000},
		"somewhere":              {Item{Model: "clouds", Geo: "eu", Tokens: tokens(1000, 0, 0, 0, 0)}, 1_200_000},
	} {
		c.item.Provider = "p"
		got := book.Cost(c.item)
		if got.Source != Embedded || got.Amount.Nano() != c.want || got.IsLowerBound {
			t.Errorf("%s: %d of %q, %s %s; want %d", name, got.Amount.Nano(), got.Source, got.Reason, got.Detail, c.want)
		}
	}
}

func TestWhatIsUnpriced(t *testing.T) {
	book := NewBook(tableOf(t, Embedded, contrived))
	for name, c := range map[string]struct {
		item   Item
		reason Reason
		detail string
	}{
		"no counts":       {Item{Model: "plain"}, NoCounts, ""},
		"another model":   {Item{Model: "plain-2", Tokens: tokens(1, 0, 0, 0, 1)}, UnknownModel, "plain-2"},
		"no model":        {Item{Tokens: tokens(1, 0, 0, 0, 1)}, UnknownModel, ""},
		"another tier":    {Item{Model: "plain", ServiceTier: "priority", Tokens: tokens(1, 0, 0, 0, 1)}, NoCondition, "tier=priority"},
		"no such search":  {Item{Model: "from", WebSearches: new(int64(1)), Tokens: tokens(1, 0, 0, 0, 1)}, NoPriceOf, "web_search"},
		"no such write":   {Item{Model: "tiered", Tokens: tokens(1, 0, 1, 0, 1)}, NoPriceOf, "cache_write_5m"},
		"no such tier":    {Item{Model: "tiered", ServiceTier: "priority", Band: 200_001, Tokens: tokens(1, 0, 0, 0, 1)}, NoCondition, "tier=priority,prompt>=200001"},
		"more than money": {Item{Model: "plain", Tokens: tokens(math.MaxInt64, 0, 0, 0, 1)}, ImpossiblyBig, ""},
	} {
		c.item.Provider = "p"
		if got := book.Cost(c.item); got.IsPriced() || got.Reason != c.reason || got.Detail != c.detail {
			t.Errorf("%s: %d of %q, %s %q", name, got.Amount.Nano(), got.Source, got.Reason, got.Detail)
		}
	}
}

func TestALowerBound(t *testing.T) {
	book := NewBook(tableOf(t, Embedded, contrived))
	for name, c := range map[string]struct {
		item Item
		want bool
	}{
		"all is known":             {Item{Model: "plain", Tokens: tokens(1, 0, 0, 0, 1)}, false},
		"cut":                      {Item{Model: "plain", IsPartial: true, Tokens: tokens(1, 0, 0, 0, 1)}, true},
		"no output":                {Item{Model: "plain", Tokens: usage.Tokens{Input: new(int64(5))}}, true},
		"no input":                 {Item{Model: "plain", Tokens: usage.Tokens{Output: new(int64(5))}}, true},
		"a model without output":   {Item{Model: "embeds", Tokens: usage.Tokens{Input: new(int64(5))}}, false},
		"the provider's own price": {Item{Model: "plain", IsPartial: true, Reported: new(int64(5))}, false},
	} {
		c.item.Provider = "p"
		if got := book.Cost(c.item); !got.IsPriced() || got.IsLowerBound != c.want {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestOrderOfTruth(t *testing.T) {
	company := tableOf(t, ByCompany, "p\tplain\t-\t2026-02-01\t-\t-\t4\t-\t-\t-\t-\t20\t-\tcontract\t2026-01-01\n")
	refreshed := tableOf(t, Refreshed, "p\tplain\t-\t-\t-\t-\t6\t-\t-\t-\t-\t30\t-\tfeed\t2026-01-01\n")
	book := NewBook(company, nil, refreshed, tableOf(t, Embedded, contrived))
	for name, c := range map[string]struct {
		item Item
		want Source
		nano int64
	}{
		"as reported":             {Item{At: day("2026-02-01"), Reported: new(int64(0)), Tokens: tokens(1, 0, 0, 0, 0)}, ByProvider, 0},
		"by contract":             {Item{At: day("2026-02-01"), Tokens: tokens(1, 0, 0, 0, 0)}, ByCompany, 4000},
		"before the contract":     {Item{At: day("2026-01-31"), Tokens: tokens(1, 0, 0, 0, 0)}, Refreshed, 6000},
		"what the feed lacks":     {Item{At: day("2026-01-31"), Tokens: tokens(1, 0, 0, 1, 0)}, Embedded, 15000},
		"what the contract lacks": {Item{At: day("2026-02-01"), Tokens: tokens(1, 0, 0, 1, 0)}, "", 0},
	} {
		c.item.Provider, c.item.Model = "p", "plain"
		got := book.Cost(c.item)
		if got.Source != c.want || c.want != "" && got.Amount.Nano() != c.nano {
			t.Errorf("%s: %d of %q, %s %s", name, got.Amount.Nano(), got.Source, got.Reason, got.Detail)
		}
	}
}

// The cost of a sum is the sum of the costs, to the last of an Amount's places.
func TestCostIsLinear(t *testing.T) {
	book := NewBook(tableOf(t, Embedded, contrived))
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		alike := Item{Provider: "p", Model: "plain", Geo: []string{"", "us"}[random.IntN(2)], ServiceTier: []string{"", "batch"}[random.IntN(2)]}
		var each Amount
		var sum [5]int64
		for range 1 + random.IntN(50) {
			var n [5]int64
			for i := range n {
				n[i] = random.Int64N(1 << (1 + random.IntN(34)))
				sum[i] += n[i]
			}
			alike.Tokens = tokens(n[0], n[1], n[2], n[3], n[4])
			each = each.Plus(book.Cost(alike).Amount)
		}
		alike.Tokens = tokens(sum[0], sum[1], sum[2], sum[3], sum[4])
		if at := book.Cost(alike).Amount; at != each {
			t.Fatalf("%+v: %v at once, %v one by one", alike, at, each)
		}
	}
}

func TestItemsOfARecord(t *testing.T) {
	r := usage.Record{Provider: "p", ModelRequested: "tiered", Outcome: usage.Metered}
	r.Tokens = tokens(140_000, 60_001, 0, 0, 10)
	r.Parts = []usage.Part{
		{Role: "compaction", Tokens: tokens(100, 0, 0, 0, 7)},
		{Role: "advisor", Model: "plain", Tokens: tokens(1, 0, 0, 0, 1)},
		{Role: "fallback_declined", Model: "plain", Tokens: tokens(1, 0, 0, 0, 1)},
	}
	items := Items(&r)
	if len(items) != 3 || items[0].Band != 200_001 || items[1].Band != 0 || items[1].Model != "tiered" || items[2].Model != "plain" {
		t.Errorf("%+v", items)
	}
	r.ReportedCost = new(int64(7))
	if items := Items(&r); len(items) != 1 || *items[0].Reported != 7 {
		t.Errorf("%+v", items)
	}
}

func TestADiscountOnWhatOthersAsk(t *testing.T) {
	const line = "p\t*\t-\t2026-02-01\t-\t0.85\t-\t-\t-\t-\t-\t-\t-\tcontract\t2026-01-01\n"
	company := tableOf(t, ByCompany, line+"p\tembeds\t-\t-\t-\t-\t0.01\t-\t-\t-\t-\t-\t-\tcontract\t2026-01-01\n")
	book := NewBook(company, tableOf(t, Embedded, contrived))
	ten := int64(10)
	for name, c := range map[string]struct {
		item Item
		want Source
		nano int64
	}{
		// (1000×5000 + 100×25000) × 0.85
		"a model of the list":  {Item{Model: "plain", At: day("2026-02-01"), Tokens: tokens(1000, 0, 0, 0, 100)}, ByCompany, 6_375_000},
		"with a factor":        {Item{Model: "plain", Geo: "us", At: day("2026-02-01"), Tokens: tokens(1000, 0, 0, 0, 100)}, ByCompany, 7_012_500},
		"searches are as ever": {Item{Model: "plain", At: day("2026-02-01"), WebSearches: &ten, Tokens: tokens(1000, 0, 0, 0, 100)}, ByCompany, 106_375_000},
		"before it":            {Item{Model: "plain", At: day("2026-01-31"), Tokens: tokens(1000, 0, 0, 0, 100)}, Embedded, 7_500_000},
		"a price of its own":   {Item{Model: "embeds", At: day("2026-02-01"), Tokens: usage.Tokens{Input: new(int64(1000))}}, ByCompany, 10_000},
	} {
		c.item.Provider = "p"
		if got := book.Cost(c.item); got.Source != c.want || got.Amount.Nano() != c.nano {
			t.Errorf("%s: %d of %q, %s %s", name, got.Amount.Nano(), got.Source, got.Reason, got.Detail)
		}
	}
	if found := book.Find("p", "plain"); len(found) != 1 || found[0].Lines[len(found[0].Lines)-1].Model != AnyModel {
		t.Errorf("%+v", found)
	}
	for text, want := range map[string]string{
		line + line: "p *: two factors for the same time",
		"p\t*\t-\t-\t-\t-\t5\t-\t-\t-\t-\t-\t-\t-\t-\n":            "p *: expected a factor, and no condition",
		"p\t*\ttier=batch\t-\t-\t0.5\t-\t-\t-\t-\t-\t-\t-\t-\t-\n": "p *: expected a factor, and no condition",
	} {
		lines, _, err := Parse("", strings.NewReader(text))
		if err == nil {
			_, err = NewTable(ByCompany, lines, nil)
		}
		if err == nil || err.Error() != want {
			t.Errorf("%q: %v", text, err)
		}
	}
}
