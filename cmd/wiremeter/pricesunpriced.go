package main

import (
	"cmp"
	"fmt"
	"slices"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/wiremeter/wiremeter/prices"
	"github.com/wiremeter/wiremeter/store/sqlite"
	"github.com/wiremeter/wiremeter/usage"
)

// unpriced adds up what has no price, for one reason.
type unpriced struct {
	Provider string        `json:"provider"`
	Model    string        `json:"model"`
	Reason   prices.Reason `json:"reason"`
	Detail   string        `json:"detail,omitempty"`
	Requests int64         `json:"requests"` // with their parts
	Tokens   int64         `json:"tokens"`   // all that are known
}

func showUnpriced(c *cobra.Command, h *house, book *prices.Book, f pricesFlags) error {
	var all []unpriced
	err := withReader(func() (*house, error) { return h, nil }, func(_ *house, r *sqlite.Reader) (err error) {
		if err = f.window.check(c.Context(), c.ErrOrStderr(), r); err == nil {
			all, err = findUnpriced(c, r, book, f)
		}
		return err
	})
	if err != nil {
		return err
	}
	if f.json {
		return writeJSON(c.OutOrStdout(), all)
	}
	if len(all) == 0 {
		_, err := fmt.Fprintln(c.OutOrStdout(), "all that was counted has a price")
		return err
	}
	t := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "provider\tmodel\trequests\ttokens\twhy")
	for _, u := range all {
		fmt.Fprintf(t, "%s\t%s\t%d\t%d\t%s\n", printable(u.Provider), printable(u.Model), u.Requests, u.Tokens, prices.Why(u.Reason, u.Detail))
	}
	return t.Flush()
}

func findUnpriced(c *cobra.Command, r *sqlite.Reader, book *prices.Book, f pricesFlags) ([]unpriced, error) {
	type key struct {
		provider, model, detail string
		reason                  prices.Reason
	}
	q, err := f.window.query()
	if err != nil {
		return nil, err
	}
	filter, err := q.Filter()
	if err != nil {
		return nil, err
	}
	sums := make(map[key]*unpriced)
	for record, err := range r.Records(c.Context(), filter) {
		if err != nil {
			return nil, err
		}
		if record.Hop == usage.Gateway || record.Kind == usage.Prewarm {
			continue // in no total
		}
		for _, i := range prices.Items(&record) {
			cost := book.Cost(i)
			if cost.IsPriced() || cost.Reason == prices.NoCounts {
				continue
			}
			k := key{i.Provider, i.Model, cost.Detail, cost.Reason}
			if sums[k] == nil {
				sums[k] = &unpriced{Provider: i.Provider, Model: i.Model, Reason: cost.Reason, Detail: cost.Detail}
			}
			sums[k].Requests++
			sums[k].Tokens += i.Total()
		}
	}
	all := make([]unpriced, 0, len(sums))
	for _, u := range sums {
		all = append(all, *u)
	}
	slices.SortFunc(all, func(a, b unpriced) int {
		return cmp.Or(cmp.Compare(b.Tokens, a.Tokens), cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.Model, b.Model), cmp.Compare(a.Detail, b.Detail))
	})
	return all, nil
}
