package main

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/wiremeter/wiremeter/report"
	"github.com/wiremeter/wiremeter/store/sqlite"
)

func newReportRequest(open func() (*house, error)) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "request ID",
		Short: "Show what one request cost, count by count, and all that is known of it",
		Long: `Show what one request cost: each count times its price, whose price it is, and what
the provider states itself; and all that is known of the request. ID is its id in
the export.`,
		Example: "  wiremeter report request 01JD8Q2V6X5WJ7K2R9T4M3N8PB",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("expected the id of one request, got %d", len(args))
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			if err := onlyFlags(c, "json", "home"); err != nil {
				return err
			}
			return withReader(open, func(h *house, r *sqlite.Reader) error {
				record, ok, err := r.Record(c.Context(), args[0])
				if err != nil {
					return err
				}
				if !ok {
					return fmt.Errorf("no request with the id %q is recorded: `wiremeter export` lists them", args[0])
				}
				book, err := h.book()
				if err != nil {
					return err
				}
				q := report.NewRequest(&record, book)
				if asJSON {
					return q.WriteJSON(c.OutOrStdout())
				}
				return q.WriteText(c.OutOrStdout())
			})
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	return c
}

// onlyFlags refuses those that a command has of the one above it, and does not
// heed.
func onlyFlags(c *cobra.Command, names ...string) (err error) {
	c.Flags().Visit(func(f *pflag.Flag) {
		if !slices.Contains(names, f.Name) {
			err = fmt.Errorf("--%s: expected a report, not one request", f.Name)
		}
	})
	return err
}
