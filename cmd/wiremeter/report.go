package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/wiremeter/wiremeter/report"
	"github.com/wiremeter/wiremeter/store/sqlite"
)

type reportFlags struct {
	by        []string
	window    window
	weekStart string
	json      bool
	csv       bool
	breakdown bool
	exact     bool
	sort      string
	limit     int
}

// ready are reports with a name of their own: what they add up by, and in which
// order.
var ready = []struct {
	name, by, sort, short string
}{
	{"daily", "day", "", "Show what was used, by day"},
	{"weekly", "week", "", "Show what was used, by week"},
	{"monthly", "month", "", "Show what was used, by month"},
	{"session", "session", "total", "Show what each session used, the most first"},
	{"model", "model", "total", "Show what each model used, the most first"},
	{"agent", "agent", "total", "Show what each agent used, the most first"},
	{"provider", "provider", "total", "Show what was used of each provider, the most first"},
	{"project", "project", "total", "Show what each project used, the most first"},
	{"user", "user", "total", "Show what each user used, the most first"},
	{"team", "team", "total", "Show what each team used, the most first"},
}

func newReport(open func() (*house, error)) *cobra.Command {
	var f reportFlags
	c := &cobra.Command{
		Use:   "report",
		Short: "Show what was used and what it cost, by day, model, agent, session …",
		Long: `Show what was used and what it cost, and below it the coverage: how many
exchanges were metered, and what became of the others, and why. "-" means that no
provider said. docs/reports.md has the rest.

The model is the one that served, as the response says; where no response named
one (a request that failed) it is the one that was asked for. Days are local
time. What leaves no record (not billable, tunnelled, lost) is counted by the
hour: the coverage has whole hours of it, also where --since or --until cut one.

On a terminal large numbers are short (12.3M); elsewhere, and with --exact, they
are exact.`,
		Example: "  wiremeter report daily --breakdown --since 7d\n  wiremeter report --by agent,model --project engine\n  wiremeter report session --sort cost --limit 10\n  wiremeter report --by outcome,reason --since today",
		Args:    orUnknown,
		RunE: func(c *cobra.Command, _ []string) error {
			return withReader(open, func(h *house, r *sqlite.Reader) error { return showReport(c, h, r, f) })
		},
	}
	f.register(c.PersistentFlags())
	complete(c, open)
	for _, known := range ready {
		sub := &cobra.Command{
			Use:   known.name,
			Short: known.short,
			Long:  known.short + ". --by adds to what is added up by.",
			Args:  noArguments,
			RunE: func(c *cobra.Command, _ []string) error {
				own := f
				own.by = []string{known.by}
				if c.Flags().Changed("by") {
					own.by = append(own.by, f.by...)
				}
				if !c.Flags().Changed("sort") {
					own.sort = known.sort
				}
				return withReader(open, func(h *house, r *sqlite.Reader) error { return showReport(c, h, r, own) })
			},
		}
		c.AddCommand(sub)
	}
	c.AddCommand(newReportRequest(open))
	return c
}

// orUnknown is for a command that does something without the name of one of its
// own.
func orUnknown(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return unknownCommand(c, args[0])
	}
	return nil
}

func (f *reportFlags) register(flags *pflag.FlagSet) {
	flags.StringSliceVar(&f.by, "by", []string{"day", "model"}, fmt.Sprintf("what to add up by, of %s", strings.Join(report.Dimensions(), ", ")))
	flags.BoolVar(&f.json, "json", false, "as JSON")
	flags.BoolVar(&f.csv, "csv", false, "as CSV; what stands below a table goes to standard error")
	flags.BoolVar(&f.breakdown, "breakdown", false, "with the models of each row below it")
	flags.BoolVar(&f.exact, "exact", false, "every digit, on a terminal too")
	flags.StringVar(&f.sort, "sort", "", "by a `COLUMN`, the greatest first (total, cost, requests …), or by a group; with a - before it the other way round")
	flags.IntVar(&f.limit, "limit", 0, "at most `N` rows; the total is of all; 0: all")
	flags.StringVar(&f.weekStart, "week-start", "", "the `DAY` on which weeks begin, such as sunday: they are named by their first day then (default: ISO weeks)")
	f.window.register(flags)
}

// query reads the flags.
func (f *reportFlags) query(h *house) (q report.Query, err error) {
	if f.json && f.csv {
		return q, errors.New("--json and --csv: choose one")
	}
	if f.limit < 0 {
		return q, fmt.Errorf("--limit %d: expected 0 or more", f.limit)
	}
	if q, err = f.window.query(); err != nil {
		return q, err
	}
	if q.WeekStart, err = weekStart(f.weekStart); err != nil {
		return q, err
	}
	q.By, q.Breakdown, q.Sort, q.Limit = f.by, f.breakdown, f.sort, f.limit
	isForMachines, sort := f.json || f.csv, strings.TrimPrefix(f.sort, "-")
	q.CountsSessions, q.CountsTurns = isForMachines || sort == "sessions", isForMachines || sort == "turns"
	if q.Breakdown && slices.Contains(q.By, "model") {
		if len(q.By) == 1 || f.by[0] == "model" {
			return q, errors.New("--breakdown: the rows are models already; choose another --by")
		}
		q.By = slices.DeleteFunc(slices.Clone(q.By), func(name string) bool { return name == "model" })
	}
	q.Prices, err = h.book()
	return q, err
}

// weekStart is nil for ISO weeks.
func weekStart(text string) (*time.Weekday, error) {
	if text == "" {
		return nil, nil
	}
	for day := time.Sunday; day <= time.Saturday; day++ {
		if strings.EqualFold(day.String(), text) {
			return &day, nil
		}
	}
	return nil, fmt.Errorf("--week-start %q: expected a day, such as sunday", text)
}

func showReport(c *cobra.Command, h *house, r *sqlite.Reader, f reportFlags) error {
	q, err := f.query(h)
	if err != nil {
		return err
	}
	h.catchUp(c.Context(), c.ErrOrStderr(), r)
	if err := f.window.check(c.Context(), c.ErrOrStderr(), r); err != nil {
		return err
	}
	answer, err := report.Ask(c.Context(), r, q)
	if err != nil {
		return flagged(err)
	}
	switch {
	case f.json:
		return answer.WriteJSON(c.OutOrStdout())
	case f.csv:
		fmt.Fprintln(c.ErrOrStderr(), strings.Join(answer.Remarks(), "\n"))
		return answer.WriteCSV(c.OutOrStdout())
	}
	return answer.WriteTable(c.OutOrStdout(), styleOf(c.OutOrStdout(), f.exact))
}

// flagged names the flag that an error is about.
func flagged(err error) error {
	if _, ok := errors.AsType[report.DimensionError](err); ok {
		return fmt.Errorf("--by: %w", err)
	}
	if _, ok := errors.AsType[report.SortError](err); ok {
		return fmt.Errorf("--sort: %w", err)
	}
	return err
}

func styleOf(out io.Writer, isExact bool) report.Style {
	width, ok := terminalWidth(out)
	if !ok {
		return report.Style{}
	}
	return report.Style{IsShort: !isExact, HasColour: isTerminal(out), Width: width}
}

// catchUp adds up what nobody has yet, so that this report and those after it are
// fast. Where that cannot be, the report reads the records one by one.
func (h *house) catchUp(ctx context.Context, errs io.Writer, r *sqlite.Reader) {
	if behind, err := r.Behind(ctx); err != nil || behind == 0 {
		return // of an error the report itself tells
	}
	bar := newProgress(errs, "adding up records")
	defer bar.end()
	if err := sqlite.RollUp(ctx, h.database(), 0, bar.tell); err != nil && ctx.Err() == nil {
		fmt.Fprintf(errs, "wiremeter: this report reads every record, and so will the next: %v\n", err)
	}
}

// withReader opens the house's database for reading; one that is not there yet
// reads as an empty one.
func withReader(open func() (*house, error), do func(*house, *sqlite.Reader) error) (err error) {
	h, err := open()
	if err != nil {
		return err
	}
	r, err := h.reader()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	return do(h, r)
}

func (h *house) reader() (*sqlite.Reader, error) {
	r, err := sqlite.OpenReader(h.database())
	if !errors.Is(err, fs.ErrNotExist) {
		return r, err
	}
	db, err := sqlite.Open(h.database())
	if err != nil {
		return nil, err
	}
	if err := db.Close(); err != nil {
		return nil, err
	}
	return sqlite.OpenReader(h.database())
}
