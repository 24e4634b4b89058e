package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/wiremeter/wiremeter/report"
	"github.com/wiremeter/wiremeter/store/sqlite"
)

func newSessions(open func() (*house, error)) *cobra.Command {
	var w window
	var limit int
	var isJSON, isExact bool
	c := &cobra.Command{
		Use:   "sessions",
		Short: "List agents' sessions, those that asked last first",
		Long: `List agents' sessions, those that asked last first, with what they used. Their own
names of them are what --session takes elsewhere. Requests of which no session is
known are not in it.`,
		Example: "  wiremeter sessions --project engine\n  wiremeter sessions --since today --json | jq -r .session",
		Args:    noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			if limit < 0 {
				return fmt.Errorf("--limit %d: expected 0 or more", limit)
			}
			return withReader(open, func(h *house, r *sqlite.Reader) error {
				q, err := w.query()
				if err != nil {
					return err
				}
				if q.Prices, err = h.book(); err != nil {
					return err
				}
				q.Limit = limit
				h.catchUp(c.Context(), c.ErrOrStderr(), r)
				if err := w.check(c.Context(), c.ErrOrStderr(), r); err != nil {
					return err
				}
				all, err := report.AskSessions(c.Context(), r, q)
				if err != nil {
					return err
				}
				if isJSON {
					return all.WriteJSON(c.OutOrStdout())
				}
				return all.WriteTable(c.OutOrStdout(), styleOf(c.OutOrStdout(), isExact))
			})
		},
	}
	c.Flags().IntVarP(&limit, "limit", "n", 20, "at most `N`; 0: all")
	c.Flags().BoolVar(&isJSON, "json", false, "as lines of JSON")
	c.Flags().BoolVar(&isExact, "exact", false, "every digit, on a terminal too")
	w.register(c.Flags())
	complete(c, open)
	return c
}
