package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/wiremeter/wiremeter/prices"
	"github.com/wiremeter/wiremeter/store/sums"
	"github.com/wiremeter/wiremeter/usage"
)

// Cost is what the requests of a row cost, as far as that is known. Amounts are in
// nano-dollars (1e-9 USD).
type Cost struct {
	Amount       *int64                   // nil: unknown
	By           []Share                  // whose prices the amount is made with, each once, in no order
	Subscription *int64                   // the part of requests with a subscription's login, which owe no money of their own; nil: there are none
	AtLeast      int64                    // requests that cost at least what is counted: they were cut, or not all of their counts are known
	Unpriced     int64                    // requests whose tokens are known, and their price is not
	Parts        int64                    // parts of others of which that is so
	Models       map[string]prices.Reason // those that are unpriced, and why

	in prices.Currency // for people
}

// Share is the part of an amount that is made with the prices of one source.
type Share struct {
	Source prices.Source
	Amount int64
}

// money writes nano-dollars for people.
func (c Cost) money(nano int64) string { return c.in.Format(prices.Nanodollars(nano)) }

// priced are the dimensions on which a price depends, and the plan.
var priced = []string{
	atProvider: "provider", atModel: "model", atTier: "service_tier", atSpeed: "speed", atGeo: "geo", atBand: sums.Band,
	atKnown: sums.Known, atPartial: sums.IsPartial, atReported: sums.IsReported, atPlan: "plan",
}

const (
	atProvider = iota
	atModel
	atTier
	atSpeed
	atGeo
	atBand
	atKnown
	atPartial
	atReported
	atPlan
)

// pricing prices the sums of one table. It looks up alike ones once.
type pricing struct {
	book  *prices.Book
	alike []alike // by sums.Sum.Alike
}

// alike is what sums have in common, and what the first of them costs.
type alike struct {
	item prices.Item // but for the counts
	cost prices.Cost

	isReported, hasPlan, isPriced bool
}

func newPricing(b *prices.Book, t *sums.Table) *pricing {
	p := &pricing{book: orNone(b)}
	for i := range t.Alike {
		p.alike = append(p.alike, alikeOf(&t.Alike[i]))
	}
	return p
}

// orNone is a book without prices in place of nil.
func orNone(b *prices.Book) *prices.Book { return cmp.Or(b, prices.NewBook()) }

func alikeOf(a *sums.Alike) alike {
	band, err := strconv.ParseInt(a.Apart[atBand], 10, 64)
	if err != nil {
		panic(err) // the store makes it of a number
	}
	return alike{
		item: prices.Item{
			Provider: a.Apart[atProvider], Model: a.Apart[atModel], At: a.Time,
			ServiceTier: a.Apart[atTier], Speed: a.Apart[atSpeed], Geo: a.Apart[atGeo], Band: band, IsPartial: a.Apart[atPartial] != "",
		},
		isReported: a.Apart[atReported] != "", hasPlan: a.Apart[atPlan] == string(usage.Subscription),
	}
}

func (p *pricing) cost(s *sums.Sum) prices.Cost {
	a := &p.alike[s.Alike]
	i := a.item
	i.Tokens, i.WebSearches, i.Reported = s.Tokens(), s.Of(sums.WebSearches), s.Of(sums.ReportedCost)
	if a.isPriced {
		if c, ok := a.cost.Again(i); ok {
			return c
		}
	}
	a.cost, a.isPriced = p.book.Cost(i), true
	return a.cost
}

// tally is a row being made.
type tally struct {
	counts       sums.Counts
	isPriced     bool
	amount       prices.Amount
	by           []paid
	hasPlan      bool
	subscription prices.Amount
	cost         Cost // but for the amounts
}

// paid is the exact amount of a Share.
type paid struct {
	source prices.Source
	amount prices.Amount
}

func (t *tally) pay(source prices.Source, amount prices.Amount) {
	for i := range t.by {
		if t.by[i].source == source {
			t.by[i].amount = t.by[i].amount.Plus(amount)
			return
		}
	}
	t.by = append(t.by, paid{source, amount})
}

// unpriced keeps one of a model's reasons, whichever comes first.
func (t *tally) unpriced(model string, reason prices.Reason) {
	if known, ok := t.cost.Models[model]; !ok || reason < known {
		t.cost.Models = with1(t.cost.Models, model, reason)
	}
}

func (t *tally) add(s *sums.Sum, p *pricing) {
	t.counts.Add(&s.Counts)
	t.cost.in = p.book.Currency()
	alike := &p.alike[s.Alike]
	if alike.isReported && s.Of(sums.ReportedCost) == nil {
		return // parts of what the provider has priced
	}
	c := p.cost(s)
	switch {
	case c.Reason == prices.NoCounts:
	case !c.IsPriced():
		t.cost.Unpriced += s.N(sums.Requests)
		t.cost.Parts += s.N(sums.Parts)
		t.unpriced(alike.item.Model, c.Reason)
	default:
		t.isPriced, t.amount = true, t.amount.Plus(c.Amount)
		t.pay(c.Source, c.Amount)
		if c.IsLowerBound {
			t.cost.AtLeast += s.N(sums.Requests)
		}
		if alike.hasPlan {
			t.hasPlan, t.subscription = true, t.subscription.Plus(c.Amount)
		}
	}
}

func (t *tally) join(o *tally) {
	t.counts.Add(&o.counts)
	t.isPriced, t.amount = t.isPriced || o.isPriced, t.amount.Plus(o.amount)
	t.hasPlan, t.subscription = t.hasPlan || o.hasPlan, t.subscription.Plus(o.subscription)
	for _, p := range o.by {
		t.pay(p.source, p.amount)
	}
	t.cost.in = o.cost.in
	t.cost.AtLeast += o.cost.AtLeast
	t.cost.Unpriced += o.cost.Unpriced
	t.cost.Parts += o.cost.Parts
	for model, reason := range o.cost.Models {
		t.unpriced(model, reason)
	}
}

// with1 sets a member of a map that may be nil.
func with1[K comparable, V any](m map[K]V, k K, v V) map[K]V {
	if m == nil {
		m = make(map[K]V)
	}
	m[k] = v
	return m
}

func (t *tally) row(group []string, d sums.Distinct) Row {
	r := Row{Group: group, Requests: t.counts.N(sums.Requests), Tokens: t.counts.Tokens(), Cost: t.cost, Sessions: d.Sessions, Turns: d.Turns, Counts: t.counts}
	if t.isPriced {
		r.Cost.Amount = new(t.amount.Nano())
	}
	for _, p := range t.by {
		r.Cost.By = append(r.Cost.By, Share{p.source, p.amount.Nano()})
	}
	if t.hasPlan {
		r.Cost.Subscription = new(t.subscription.Nano())
	}
	return r
}

// String is "-" for what is unknown.
func (c Cost) String() string {
	if c.Amount == nil {
		return "-"
	}
	text := c.money(*c.Amount)
	if c.Unpriced+c.Parts > 0 {
		text += " and what is unpriced"
	}
	if c.Subscription != nil {
		text += " (API-equivalent, not money owed)"
	}
	return text
}

// sourceWords put the sources for people.
var sourceWords = map[prices.Source]string{
	prices.ByProvider: "as the provider says", prices.ByCompany: "by your prices",
	prices.Refreshed: "by public prices", prices.Embedded: "by wiremeter's list prices",
}

// lines say for people where a cost comes from, and what is not in it.
func (c Cost) lines() (all []string) {
	if c.Amount != nil {
		all = append(all, "cost: "+c.money(*c.Amount)+" "+c.sources())
	}
	if c.Subscription != nil {
		which := c.money(*c.Subscription) + " of it"
		if *c.Subscription == *c.Amount {
			which = "that"
		}
		all = append(all, "with a subscription: "+which+" is the API-equivalent, not money owed")
	}
	if c.AtLeast > 0 {
		all = append(all, "at least: "+requests(c.AtLeast)+" cut or counted in part may have cost more")
	}
	if c.Unpriced+c.Parts > 0 {
		all = append(all, "unpriced: "+c.unpriced())
	}
	return all
}

// sources name one source, or how much is of each.
func (c Cost) sources() string {
	var all []string
	for _, s := range slices.SortedFunc(slices.Values(c.By), func(a, b Share) int {
		return cmp.Or(cmp.Compare(b.Amount, a.Amount), cmp.Compare(a.Source, b.Source))
	}) {
		words := cmp.Or(sourceWords[s.Source], string(s.Source))
		if len(c.By) > 1 {
			words = c.money(s.Amount) + " " + words
		}
		all = append(all, words)
	}
	if len(all) == 1 {
		return all[0]
	}
	return "(" + strings.Join(all, ", ") + ")"
}

func (c Cost) unpriced() string {
	var what []string
	if c.Unpriced > 0 {
		what = append(what, requests(c.Unpriced))
	}
	if c.Parts > 0 {
		what = append(what, thousands(c.Parts)+" "+map[bool]string{true: "part", false: "parts"}[c.Parts == 1]+" of others")
	}
	var models []string
	for _, m := range slices.Sorted(maps.Keys(c.Models)) {
		if len(models) == most {
			models = append(models, "…")
			break
		}
		models = append(models, fmt.Sprintf("%s: %s", name(m), strings.ReplaceAll(string(c.Models[m]), "_", " ")))
	}
	return strings.Join(what, " and ") + " (" + strings.Join(models, ", ") + ")"
}

func requests(n int64) string {
	if n == 1 {
		return "1 request"
	}
	return thousands(n) + " requests"
}
