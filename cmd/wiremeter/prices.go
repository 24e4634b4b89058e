package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/wiremeter/wiremeter/prices"
)

type pricesFlags struct {
	unpriced bool
	json     bool
	window   window
}

func newPrices(open func() (*house, error)) *cobra.Command {
	var f pricesFlags
	c := &cobra.Command{
		Use:   "prices [MODEL]",
		Short: "Show what models cost, and where the figures are from",
		Long: `Show the price tables that costs are worked out from; with MODEL, what they say of
it, and how its name led there. What a provider states itself wins over them all.
docs/prices.md has the rest.`,
		Example: "  wiremeter prices claude-opus-5\n  wiremeter prices --provider bedrock us.anthropic.claude-opus-5\n  wiremeter prices --unpriced --since 7d",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return fmt.Errorf("expected one model, got %d", len(args))
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			if err := f.check(c, args); err != nil {
				return err
			}
			h, err := open()
			if err != nil {
				return err
			}
			book, err := h.book()
			switch {
			case err != nil:
				return err
			case f.unpriced:
				return showUnpriced(c, h, book, f)
			case len(args) == 1:
				return showModel(c.OutOrStdout(), book, args[0], f)
			}
			return showTables(c.OutOrStdout(), h, book, f.json)
		},
	}
	c.Flags().BoolVar(&f.unpriced, "unpriced", false, "the recorded models without a price, with their requests and tokens")
	c.Flags().BoolVar(&f.json, "json", false, "as JSON")
	f.window.register(c.Flags())
	complete(c, open)
	c.ValidArgsFunction = completeModels(open)
	c.AddCommand(newPricesUpdate(open))
	return c
}

// completeModels completes with the models that the tables name.
func completeModels(open func() (*house, error)) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, begun string) (models []string, _ cobra.ShellCompDirective) {
		h, err := open()
		if err != nil || len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		book, err := h.book()
		if err != nil {
			return nil, cobra.ShellCompDirectiveError
		}
		for _, t := range book.Tables() {
			for _, m := range t.Models() {
				if strings.HasPrefix(m.Model, begun) {
					models = append(models, m.Model)
				}
			}
		}
		slices.Sort(models)
		return slices.Compact(models), cobra.ShellCompDirectiveNoFileComp
	}
}

// check: the flags of a report choose what is unpriced. Of them a model takes
// only the provider.
func (f *pricesFlags) check(c *cobra.Command, args []string) error {
	if f.unpriced && len(args) > 0 {
		return errors.New("--unpriced: expected no model")
	}
	var err error
	c.Flags().Visit(func(flag *pflag.Flag) {
		isMine := flag.Name == "json" || flag.Name == "home" || flag.Name == "provider" && len(args) > 0
		if !f.unpriced && !isMine {
			err = fmt.Errorf("--%s: expected --unpriced%s", flag.Name, map[bool]string{true: " or a model"}[flag.Name == "provider"])
		}
	})
	return err
}

// tableSummary is one table in the overview.
type tableSummary struct {
	Source    prices.Source `json:"source"`
	File      string        `json:"file,omitempty"`
	Prices    int           `json:"prices"`
	Models    int           `json:"models"`
	Providers int           `json:"providers"`
	From      string        `json:"checked_from,omitempty"` // days on which figures were looked up
	Until     string        `json:"checked_until,omitempty"`
}

func summaryOf(t *prices.Table, h *house) tableSummary {
	s := tableSummary{Source: t.Source(), Prices: len(t.Lines()), Models: len(t.Models())}
	switch s.Source {
	case prices.ByCompany:
		s.File = h.config.Prices.File
	case prices.Refreshed:
		s.File = h.path(refreshedFile)
	}
	providers := make(map[string]bool)
	for _, l := range t.Lines() {
		providers[l.Provider] = true
		if l.Checked != "" {
			s.From, s.Until = min(cmp.Or(s.From, l.Checked), l.Checked), max(s.Until, l.Checked)
		}
	}
	s.Providers = len(providers)
	return s
}

func showTables(w io.Writer, h *house, book *prices.Book, asJSON bool) error {
	var all []tableSummary
	for _, t := range book.Tables() {
		all = append(all, summaryOf(t, h))
	}
	if asJSON {
		return writeJSON(w, all)
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, s := range all {
		fmt.Fprintf(t, "%s\t%s of %s at %s%s%s\n", s.Source, many(s.Prices, "price"), many(s.Models, "model"), many(s.Providers, "provider"), checkedWhen(s), inFile(s))
	}
	if !slices.ContainsFunc(all, func(s tableSummary) bool { return s.Source == prices.Refreshed }) {
		fmt.Fprintf(t, "%s\tnone: `wiremeter prices update --from URL` reads one\n", prices.Refreshed)
	}
	if in := book.Currency(); in.Code != "" {
		fmt.Fprintf(t, "currency\t%s, %v for a dollar\n", in.Code, in.Rate)
	}
	fmt.Fprintf(t, "\nThe first that knows a model decides. What a provider states itself wins over all.\n")
	return t.Flush()
}

func many(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func checkedWhen(s tableSummary) string {
	switch {
	case s.Until == "":
		return ""
	case s.From == s.Until:
		return ", of " + s.Until
	}
	return ", of " + s.From + " to " + s.Until
}

func inFile(s tableSummary) string {
	if s.File == "" {
		return ""
	}
	return ", in " + s.File
}

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// printable: names come from the wire, and a terminal obeys control characters.
func printable(s string) string {
	if s == "" {
		return "unknown"
	}
	quoted := fmt.Sprintf("%+q", s)
	if quoted[1:len(quoted)-1] == s {
		return s
	}
	return strings.Trim(quoted, `"`)
}
