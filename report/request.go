package report

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/wiremeter/wiremeter/prices"
	"github.com/wiremeter/wiremeter/usage"
)

// Request is one record, and what it cost.
type Request struct {
	Record   *usage.Record
	Items    []prices.Item // the record and its parts, as the tables were asked
	Computed []prices.Cost // what the tables say of each, whatever the provider states

	book *prices.Book
}

// NewRequest prices a record.
func NewRequest(r *usage.Record, book *prices.Book) *Request {
	unsaid := *r
	unsaid.ReportedCost = nil
	q := &Request{Record: r, Items: prices.Items(&unsaid), book: book}
	for _, i := range q.Items {
		q.Computed = append(q.Computed, book.Computed(i))
	}
	return q
}

// WriteText writes the cost, how it comes about, and everything that is known of
// the record, for people.
func (q *Request) WriteText(w io.Writer) error {
	b := bufio.NewWriter(w)
	q.writeCost(b)
	for i, c := range q.Computed {
		q.writeComputed(b, q.Items[i], c, i)
	}
	fmt.Fprintln(b, "\nrecord")
	for _, m := range line(q.Record, q.book) {
		if text := attribute(m.value); text != "" {
			fmt.Fprintf(b, "  %-18s %s\n", m.name, text)
		}
	}
	return b.Flush()
}

// writeCost says what the request cost in one line.
func (q *Request) writeCost(w io.Writer) {
	c := costOf(q.Record, q.book)
	words := "unknown: " + prices.Why(c.reason, "")
	if c.amount != nil {
		words = map[bool]string{true: "at least "}[c.isAtLeast] + q.book.Currency().Format(prices.Nanodollars(*c.amount)) + " " + sourceWords[c.source]
		if q.Record.Plan == usage.Subscription {
			words += " (API-equivalent, not money owed: a subscription's login)"
		}
	}
	fmt.Fprintln(w, "cost  "+words)
	if q.Record.Hop == usage.Gateway {
		fmt.Fprintln(w, "      in no total: the gateway's own request to the provider is")
	}
}

// writeComputed shows each count times its price.
func (q *Request) writeComputed(w io.Writer, i prices.Item, c prices.Cost, at int) {
	what := "tables"
	if at > 0 {
		what = "part: " + name(i.Model)
	}
	if !c.IsPriced() {
		fmt.Fprintf(w, "\n%s  unpriced: %s\n", what, prices.Why(c.Reason, c.Detail))
		return
	}
	fmt.Fprintf(w, "\n%s  %s %s (%s; %s)\n", what, c.Name.Provider, c.Name.Model, c.Source, origins(c.Lines))
	for _, s := range c.Name.Steps {
		fmt.Fprintf(w, "  found %s\n", s)
	}
	g := grid{left: 1, cells: [][]string{{"", "count", "$ a million", "$"}}}
	for _, charge := range c.Charges {
		g.cells = append(g.cells, []string{"  " + strings.ReplaceAll(charge.Count.String(), "_", " "), thousands(charge.N), charge.Price.String(), charge.Amount.String()})
	}
	g.cells = append(g.cells, []string{"  sum", "", "", c.Amount.String()})
	g.writeAll(w, Style{})
}

// origins name the lines that were used.
func origins(lines []prices.Line) string {
	var all []string
	for _, l := range lines {
		text := l.Origin
		if l.Checked != "" {
			text += " " + l.Checked
		}
		if l.When != (prices.Condition{}) {
			text = l.When.String() + ": " + text
		}
		if l.Factor != 0 {
			text = "x" + l.Factor.String() + " for " + text
		}
		all = append(all, text)
	}
	return strings.Join(all, "; ")
}

// attribute is a value of the record in a line; "" for what is unknown.
func attribute(value any) string {
	text, err := json.Marshal(value)
	if err != nil || string(text) == "null" || string(text) == "false" {
		return ""
	}
	var word string
	if json.Unmarshal(text, &word) == nil {
		return name(word)
	}
	return name(string(text))
}

// WriteJSON writes the same as an object: cost, computed (by the record and its
// parts) and record, which is as export writes it.
func (q *Request) WriteJSON(w io.Writer) error {
	c := costOf(q.Record, q.book)
	cost := object{
		{"nanodollars", c.amount}, {"source", known(c.source)}, {"is_at_least", c.isAtLeast},
		{"reason", known(c.reason)}, {"is_owed", isOwed(q.Record.Plan)},
	}
	var computed []object
	for i, c := range q.Computed {
		computed = append(computed, computedObject(q.Items[i], c))
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(object{{"cost", cost}, {"computed", computed}, {"record", line(q.Record, q.book)}})
}

// isOwed is nil where nobody says how a request is paid for.
func isOwed(p usage.Plan) *bool {
	if p == "" {
		return nil
	}
	is := p == usage.PayPerUse
	return &is
}

func computedObject(i prices.Item, c prices.Cost) object {
	o := object{{"provider", known(i.Provider)}, {"model", known(i.Model)}}
	if !c.IsPriced() {
		return append(o, member{"reason", c.Reason}, member{"detail", known(c.Detail)})
	}
	charges := make([]object, 0, len(c.Charges))
	for _, h := range c.Charges {
		charges = append(charges, object{{"what", h.Count.String()}, {"count", h.N}, {"usd_per_million", h.Price.String()}, {"usd", h.Amount.String()}})
	}
	return append(o, member{"nanodollars", c.Amount.Nano()}, member{"source", c.Source}, member{"is_at_least", c.IsLowerBound},
		member{"priced_as", c.Name.Provider + " " + c.Name.Model}, member{"steps", c.Name.Steps}, member{"prices", origins(c.Lines)}, member{"charges", charges})
}
