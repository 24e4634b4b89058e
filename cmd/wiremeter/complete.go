package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/wiremeter/wiremeter/report"
	"github.com/wiremeter/wiremeter/store/sqlite"
)

// complete lets a shell complete what the command's filters and its --by take, as
// far as the command has them: dimensions, and what is recorded of each.
func complete(c *cobra.Command, open func() (*house, error)) {
	for _, name := range report.Filters() {
		completeFlag(c, flagOf(name), recorded(open, name))
	}
	completeFlag(c, "by", func(_ *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
		return listItem(report.Dimensions(), begun), cobra.ShellCompDirectiveNoSpace | cobra.ShellCompDirectiveNoFileComp
	})
}

func completeFlag(c *cobra.Command, flag string, values cobra.CompletionFunc) {
	if c.Flag(flag) == nil {
		return
	}
	if err := c.RegisterFlagCompletionFunc(flag, values); err != nil {
		panic(err) // a flag twice: ours
	}
}

// recorded completes with what is known of a dimension. Where the database cannot
// be read there is nothing to choose from.
func recorded(open func() (*house, error), dimension string) cobra.CompletionFunc {
	return func(c *cobra.Command, args []string, begun string) (values []string, _ cobra.ShellCompDirective) {
		err := withReader(open, func(_ *house, r *sqlite.Reader) (err error) {
			values, err = report.Values(c.Context(), r, dimension)
			return err
		})
		if err != nil {
			return nil, cobra.ShellCompDirectiveError
		}
		values = slices.DeleteFunc(values, func(v string) bool { return slices.Contains(args, v) })
		return listItem(values, begun), cobra.ShellCompDirectiveNoFileComp
	}
}

// listItem are the words that can be the last of a list with commas.
func listItem(words []string, begun string) (all []string) {
	at := strings.LastIndexByte(begun, ',') + 1
	before := strings.Split(begun[:at], ",")
	for _, w := range words {
		if strings.HasPrefix(w, begun[at:]) && !slices.Contains(before, w) {
			all = append(all, begun[:at]+w)
		}
	}
	return all
}
