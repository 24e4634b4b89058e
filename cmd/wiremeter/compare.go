package main

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/wiremeter/wiremeter/report"
	"github.com/wiremeter/wiremeter/store/sqlite"
)

func newCompare(open func() (*house, error)) *cobra.Command {
	var w window
	var isJSON, isExact bool
	c := &cobra.Command{
		Use:   "compare AGENT AGENT…",
		Short: "Set agents side by side: tokens and cost per turn and session, caching, failures, speed",
		Long: `Set agents side by side over the same time, and the same project or whatever else
the filters say.

What is for one turn or session is of those requests that are known to belong to
one. Side calls are requests that an agent makes for itself (titles, sub-agents,
compactions), retries those that an agent says are not its first try; both as part of
the requests that say so. "-" is unknown.`,
		Example: "  wiremeter compare claude-code codex --since 7d --project engine",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) < 2 {
				return fmt.Errorf("expected the names of two agents or more, got %d: `wiremeter report agent` lists them", len(args))
			}
			for i, agent := range args {
				if slices.Contains(args[:i], agent) {
					return fmt.Errorf("%q is named twice: expected different agents", agent)
				}
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			return withReader(open, func(h *house, r *sqlite.Reader) error {
				q, err := w.query()
				if err != nil {
					return err
				}
				if q.Prices, err = h.book(); err != nil {
					return err
				}
				h.catchUp(c.Context(), c.ErrOrStderr(), r)
				w.where["agent"] = &args // for the check, as if by the flag
				if err := w.check(c.Context(), c.ErrOrStderr(), r); err != nil {
					return err
				}
				answer, err := report.Compare(c.Context(), r, q, args)
				if err != nil {
					return err
				}
				if isJSON {
					return answer.WriteJSON(c.OutOrStdout())
				}
				return answer.WriteTable(c.OutOrStdout(), styleOf(c.OutOrStdout(), isExact))
			})
		},
	}
	c.Flags().BoolVar(&isJSON, "json", false, "as JSON")
	c.Flags().BoolVar(&isExact, "exact", false, "every digit, on a terminal too")
	w.register(c.Flags())
	c.ValidArgsFunction = recorded(open, "agent")
	complete(c, open)
	c.Flags().Lookup("agent").Hidden = true // the arguments are it
	return c
}
