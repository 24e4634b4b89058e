package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/wiremeter/wiremeter/prices"
)

// foundModel is what one table has of a model at a provider.
type foundModel struct {
	Asked string // the provider
	prices.Found
}

// find asks all tables for a model: of these providers, else of all that have it
// themselves.
func find(book *prices.Book, model string, providers []string) (all []foundModel) {
	isAsked := len(providers) > 0
	if !isAsked {
		providers = book.Providers()
	}
	for _, p := range providers {
		for _, f := range book.Find(p, model) {
			if isOwn := f.Name.Provider == p || f.Name.Model == ""; isAsked || isOwn {
				all = append(all, foundModel{p, f})
			}
		}
	}
	return all
}

func showModel(w io.Writer, book *prices.Book, model string, f pricesFlags) error {
	providers := *f.window.where["provider"]
	all := find(book, model, providers)
	if len(all) == 0 {
		at := ""
		if len(providers) > 0 {
			at = " at " + strings.Join(providers, " and ")
		}
		return fmt.Errorf("no table has a price of %q%s: docs/prices.md tells how to add one", model, at)
	}
	if f.json {
		return writeJSON(w, modelJSON(all))
	}
	for i, found := range all {
		if i > 0 {
			fmt.Fprintln(w)
		}
		if err := writeFound(w, found); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintln(w, "\nDollars for a million tokens, or a million searches. x is a factor on the token prices.")
	return err
}

func writeFound(w io.Writer, f foundModel) error {
	if f.Name.Model == "" {
		_, err := fmt.Fprintf(w, "%s: ambiguous, so unpriced: %s\n", f.Asked, strings.Join(f.Name.Choices, ", "))
		return err
	}
	fmt.Fprintf(w, "%s %s (%s)\n", f.Name.Provider, f.Name.Model, f.Source)
	for _, s := range f.Name.Steps {
		fmt.Fprintf(w, "  found %s\n", s)
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "  when\tinput\tcache read\twrite 5m\twrite 1h\twrite other\toutput\tweb search\tfrom\tuntil\torigin")
	for _, l := range f.Lines {
		fmt.Fprintf(t, "  %s\t%s\t%s\t%s\t%s\n", whenOf(l), strings.Join(cellsOf(l), "\t"), dayText(l.From), dayText(l.Until), originOf(l))
	}
	return t.Flush()
}

func whenOf(l prices.Line) string {
	if l.Model == prices.AnyModel {
		return "always"
	}
	if l.When == (prices.Condition{}) {
		return "ordinary"
	}
	return l.When.String()
}

func cellsOf(l prices.Line) []string {
	var cells []string
	for _, p := range l.Rates {
		switch {
		case l.Factor != 0:
			cells = append(cells, "x"+l.Factor.String())
		case p < 0:
			cells = append(cells, "-")
		default:
			cells = append(cells, p.String())
		}
	}
	if l.Factor != 0 {
		cells[prices.WebSearch] = "-"
	}
	return cells
}

func dayText(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Format(time.DateOnly)
}

func originOf(l prices.Line) string {
	if l.Checked == "" {
		return l.Origin
	}
	return l.Origin + ", " + l.Checked
}

// modelPrices are the prices of a model in one table, for JSON.
type modelPrices struct {
	Provider string        `json:"provider"`
	Model    string        `json:"model,omitempty"`
	Source   prices.Source `json:"source"`
	Steps    []string      `json:"steps,omitempty"`
	Choices  []string      `json:"choices,omitempty"` // of an ambiguous name
	Prices   []linePrices  `json:"prices,omitempty"`
}

// linePrices are in dollars for a million, as decimals.
type linePrices struct {
	When    string            `json:"when"`
	From    string            `json:"from,omitempty"`
	Until   string            `json:"until,omitempty"`
	Factor  string            `json:"factor,omitempty"`
	Prices  map[string]string `json:"usd_per_million,omitempty"`
	Origin  string            `json:"origin,omitempty"`
	Checked string            `json:"checked,omitempty"`
}

func modelJSON(all []foundModel) []modelPrices {
	var out []modelPrices
	for _, f := range all {
		m := modelPrices{Provider: f.Name.Provider, Model: f.Name.Model, Source: f.Source, Steps: f.Name.Steps, Choices: f.Name.Choices}
		if m.Provider == "" {
			m.Provider = f.Asked
		}
		for _, l := range f.Lines {
			m.Prices = append(m.Prices, lineJSON(l))
		}
		out = append(out, m)
	}
	return out
}

func lineJSON(l prices.Line) linePrices {
	j := linePrices{When: whenOf(l), Origin: l.Origin, Checked: l.Checked}
	if !l.From.IsZero() {
		j.From = dayText(l.From)
	}
	if !l.Until.IsZero() {
		j.Until = dayText(l.Until)
	}
	if l.Factor != 0 {
		j.Factor = l.Factor.String()
		return j
	}
	j.Prices = make(map[string]string)
	for c, p := range l.Rates {
		if p >= 0 {
			j.Prices[prices.Count(c).String()] = p.String()
		}
	}
	return j
}
