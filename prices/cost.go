package prices

import (
	"slices"
	"strings"
	"time"

	"github.com/wiremeter/wiremeter/usage"
)

// Item is what is priced: one request, one part of a request, or the sum of alike
// requests. Alike are those of the same provider, model, tier, speed, geography,
// band and Period that know the same counts: what is nil in one is nil in the
// others.
type Item struct {
	Provider    string
	Model       string    // that served, else the one that was asked for
	At          time.Time // when it was asked
	Tokens      usage.Tokens
	WebSearches *int64 // nil: not said
	ServiceTier string // as the response says
	Speed       string
	Geo         string
	Band        int64  // Band of each request's own prompt, not of their sum
	Reported    *int64 // what the provider says it costs with all its parts, in nano-dollars; nil: not said
	IsPartial   bool   // the counts are those until a cut
}

// Reason says in a fixed word why something is unpriced.
type Reason string

const (
	NoCounts      Reason = "no_counts"          // nothing was counted, so there is nothing to price
	UnknownModel  Reason = "unknown_model"      // in no table
	AmbiguousName Reason = "ambiguous_name"     // it can be several models; Detail names them
	NotThen       Reason = "no_price_then"      // in a table, but not for that time
	NoCondition   Reason = "unpriced_condition" // not for that tier, speed or geography, which Detail names
	NoPriceOf     Reason = "unpriced_count"     // something was counted that has no price; Detail names it
	ImpossiblyBig Reason = "impossibly_much"    // more than an Amount can hold
)

// Why is a reason in words for people.
func Why(r Reason, detail string) string {
	if r == UnknownModel {
		detail = "" // the model, which is named beside it
	}
	if detail == "" {
		return reasons[r]
	}
	return reasons[r] + " " + detail
}

var reasons = map[Reason]string{
	NoCounts:      "nothing was counted",
	UnknownModel:  "no table has a price of it",
	AmbiguousName: "its name can be one of several:",
	NotThen:       "no table has a price for that time",
	NoCondition:   "no price for",
	NoPriceOf:     "no price of",
	ImpossiblyBig: "more than anybody can pay",
}

// Cost is the answer: an amount with its source, or a reason. It is unpriced
// where Source is empty; Amount means nothing then.
type Cost struct {
	Amount       Amount
	Source       Source
	IsLowerBound bool // input or output is unknown, or was cut: the amount is the least that it can have been
	Reason       Reason
	Detail       string

	Charges []Charge // what the amount is made of; none where the provider reported it
	Lines   []Line   // the prices used: the first has prices, the others factors
	Name    Resolved
}

// IsPriced reports whether there is an amount.
func (c Cost) IsPriced() bool { return c.Source != "" }

// Charge is one count times its price.
type Charge struct {
	Count  Count
	N      int64
	Price  Price
	Amount Amount
}

// Book holds the tables, in the order of their truth, and the currency in which
// what they say is shown.
type Book struct {
	tables   []*Table
	currency Currency
}

// NewBook takes the tables of the highest source first, and leaves out those
// that are nil.
func NewBook(tables ...*Table) *Book {
	var b Book
	for _, t := range tables {
		if t != nil {
			b.tables = append(b.tables, t)
		}
	}
	return &b
}

// In is the same book, with costs shown in c.
func (b *Book) In(c Currency) *Book { return &Book{b.tables, c} }

// Currency is in what costs are shown.
func (b *Book) Currency() Currency { return b.currency }

// Tables are its tables, the highest source first.
func (b *Book) Tables() []*Table { return slices.Clone(b.tables) }

// Cost is what the provider said, else what the tables say.
func (b *Book) Cost(i Item) Cost {
	if i.Reported != nil {
		return Cost{Amount: Nanodollars(*i.Reported), Source: ByProvider}
	}
	return b.Computed(i)
}

// Computed is what the tables say, whatever the provider said. The first table
// with a price for the model at that time decides; of a public one that cannot
// price all of the item the next is asked, but the company's own prices are not
// mixed with others.
func (b *Book) Computed(i Item) Cost {
	if i.Tokens.IsZero() && i.WebSearches == nil {
		return Cost{Reason: NoCounts}
	}
	answer := Cost{Reason: UnknownModel, Detail: i.Model}
	var discounts []Line
	for _, t := range b.tables {
		found, isKnown := t.lookUp(i)
		if !isKnown {
			discounts = append(discounts, t.discount(i)...)
			continue
		}
		c := t.cost(found, i, discounts)
		if c.IsPriced() || c.Reason == AmbiguousName || t.source == ByCompany && c.Reason != NotThen {
			return c
		}
		if answer.Reason == UnknownModel {
			answer = c
		}
	}
	return answer
}

// Again is the cost of another item that is alike to that which c is the cost of,
// without its Charges. It is ok unless the item has to be looked up after all.
func (c Cost) Again(i Item) (again Cost, ok bool) {
	switch {
	case i.Reported != nil:
		return Cost{}, false
	case len(c.Lines) == 0:
		return c, !c.IsPriced()
	}
	again = c
	again.Amount, again.Charges = Amount{}, nil
	for count, n := range countsOf(i) {
		if n == nil || *n == 0 {
			continue
		}
		price := priceOf(Count(count), c.Lines)
		if price == none || !c.IsPriced() {
			return Cost{}, false
		}
		again.Amount = again.Amount.Plus(price.times(*n))
	}
	return again, again.Amount != most
}

// discount is the line that multiplies what the tables below ask.
func (t *Table) discount(i Item) []Line {
	for _, l := range t.discounts {
		if l.Provider == i.Provider && l.holds(i.At) {
			return []Line{l}
		}
	}
	return nil
}

func (t *Table) cost(found Resolved, i Item, discounts []Line) Cost {
	c := Cost{Name: found}
	if found.model == nil {
		c.Reason, c.Detail = AmbiguousName, strings.Join(found.Choices, ", ")
		return c
	}
	lines, missing, ok := found.model.pick(conditionOf(i), i.At)
	switch {
	case !ok && missing == "":
		c.Reason = NotThen
		return c
	case !ok:
		c.Reason, c.Detail = NoCondition, missing
		return c
	}
	c.Lines = append(lines, discounts...)
	if c.charge(i); c.Reason == "" {
		if c.Source = t.source; len(discounts) > 0 {
			c.Source = ByCompany
		}
		c.IsLowerBound = i.IsPartial || i.Tokens.Input == nil || i.Tokens.Output == nil && lines[0].Rates[Output] > 0
	}
	return c
}

// charge multiplies each count with its price.
func (c *Cost) charge(i Item) {
	for count, n := range countsOf(i) {
		if n == nil {
			continue
		}
		price := priceOf(Count(count), c.Lines)
		if price == none {
			if *n == 0 {
				continue
			}
			c.Reason, c.Detail = NoPriceOf, Count(count).String()
			return
		}
		charge := Charge{Count(count), *n, price, price.times(*n)}
		c.Charges, c.Amount = append(c.Charges, charge), c.Amount.Plus(charge.Amount)
	}
	if c.Amount == most {
		c.Reason = ImpossiblyBig
	}
}

func countsOf(i Item) [counts]*int64 {
	t := i.Tokens
	return [counts]*int64{t.Input, t.CacheRead, t.CacheWrite5m, t.CacheWrite1h, t.CacheWriteOther, t.Output, i.WebSearches}
}

// priceOf multiplies the prices of tokens by the factors; a search costs the same
// everywhere.
func priceOf(c Count, lines []Line) Price {
	price := lines[0].Rates[c]
	if c == WebSearch {
		return price
	}
	for _, l := range lines[1:] {
		price = l.Factor.of(price)
	}
	return price
}

// Items are what a record has to be priced as: itself, and each of its parts that
// is billed. What the provider reported includes the parts.
func Items(r *usage.Record) []Item {
	whole := Item{
		Provider: r.Provider, Model: modelOf(r), At: r.StartedAt, Tokens: r.Tokens, WebSearches: r.WebSearches,
		ServiceTier: r.ServiceTier, Speed: r.Speed, Geo: r.Geo, Band: Band(Prompt(r.Tokens)), Reported: r.ReportedCost,
		IsPartial: r.Outcome != usage.Metered || r.Rule == usage.LowerBound,
	}
	items := []Item{whole}
	if whole.Reported != nil {
		return items
	}
	for _, p := range r.Parts {
		if p.Role == usage.Unbilled {
			continue
		}
		part := whole
		part.Tokens, part.WebSearches, part.Band = p.Tokens, nil, Band(Prompt(p.Tokens))
		if p.Model != "" {
			part.Model = p.Model
		}
		items = append(items, part)
	}
	return items
}

func modelOf(r *usage.Record) string {
	if r.Model != "" {
		return r.Model
	}
	return r.ModelRequested
}

// Total is all that is known to have been processed.
func (i Item) Total() int64 {
	n := Prompt(i.Tokens)
	if i.Tokens.Output != nil {
		n += *i.Tokens.Output
	}
	return n
}

// Prompt is the size of what was sent: all that is known of input, cache reads
// and cache writes.
func Prompt(t usage.Tokens) int64 {
	var n int64
	for _, c := range []*int64{t.Input, t.CacheRead, t.CacheWrite5m, t.CacheWrite1h, t.CacheWriteOther} {
		if c != nil {
			n += *c
		}
	}
	return n
}
