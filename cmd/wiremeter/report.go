package main

import (
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/wiremeter/wiremeter/report"
	"github.com/wiremeter/wiremeter/store/sqlite"
)

// timeFlag is a bound of a report's time, read as it is given.
type timeFlag struct {
	text string
	at   time.Time
}

func (f *timeFlag) String() string { return f.text }
func (f *timeFlag) Type() string   { return "time" }

func (f *timeFlag) Set(text string) (err error) {
	f.text = text
	f.at, err = report.ParseTime(text, time.Now())
	return err
}

// window is what to show: a time, and perhaps one run.
type window struct {
	since, until timeFlag
	run          string
}

func (w *window) register(flags *pflag.FlagSet) {
	flags.Var(&w.since, "since", "from this time on: today, yesterday, 2026-01-31, 2026-01-31T15:04 (all local time), 2026-01-31T15:04:05Z, or how long ago: 90m, 24h, 1.5d, 2w")
	flags.Var(&w.until, "until", "up to this time, not included; given alike")
	flags.StringVar(&w.run, "run", "", "only what this run asked for, by its `NAME`")
}

// check says so when there never was such a run: a mistyped name looks like one
// that used nothing.
func (w *window) check(c *cobra.Command, r *sqlite.Reader) error {
	if w.run == "" {
		return nil
	}
	isKnown, err := r.KnowsRun(c.Context(), w.run)
	if err == nil && !isKnown {
		fmt.Fprintf(c.ErrOrStderr(), "wiremeter: nothing is recorded of a run named %q\n", w.run)
	}
	return err
}

type reportFlags struct {
	by     []string
	window window
	json   bool
	csv    bool
}

func newReport(open func() (*house, error)) *cobra.Command {
	var f reportFlags
	c := &cobra.Command{
		Use:   "report",
		Short: "Show what was used, by day, model, agent, session …",
		Long: `Show what was used, and below it the coverage: how many exchanges were metered,
and what became of the others, and why. "-" means that no provider said.

The model is the one that served, as the response says; where no response named
one (a request that failed) it is the one that was asked for. Days are local
time. What leaves no record (not billable, tunnelled, lost) is counted by the
hour: the coverage has whole hours of it, also where --since or --until cut one.`,
		Example: "  wiremeter report --by agent,model --since 7d\n  wiremeter report --by outcome,reason --since today",
		Args:    noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			if f.json && f.csv {
				return errors.New("--json and --csv: choose one")
			}
			return withReader(open, func(r *sqlite.Reader) error { return showReport(c, r, f) })
		},
	}
	c.Flags().StringSliceVar(&f.by, "by", []string{"day", "model"}, fmt.Sprintf("what to add up by, of %v", report.Dimensions()))
	c.Flags().BoolVar(&f.json, "json", false, "as JSON")
	c.Flags().BoolVar(&f.csv, "csv", false, "as CSV; the coverage goes to standard error")
	f.window.register(c.Flags())
	return c
}

func showReport(c *cobra.Command, r *sqlite.Reader, f reportFlags) error {
	if err := f.window.check(c, r); err != nil {
		return err
	}
	answer, err := report.Ask(c.Context(), r, report.Query{By: f.by, Since: f.window.since.at, Until: f.window.until.at, Run: f.window.run})
	if _, ok := errors.AsType[report.DimensionError](err); ok {
		return fmt.Errorf("--by: %w", err)
	}
	if err != nil {
		return err
	}
	switch {
	case f.json:
		return answer.WriteJSON(c.OutOrStdout())
	case f.csv:
		fmt.Fprintln(c.ErrOrStderr(), answer.Coverage)
		return answer.WriteCSV(c.OutOrStdout())
	}
	return answer.WriteTable(c.OutOrStdout())
}

// withReader opens the house's database for reading; one that is not there yet
// reads as an empty one.
func withReader(open func() (*house, error), do func(*sqlite.Reader) error) (err error) {
	h, err := open()
	if err != nil {
		return err
	}
	r, err := h.reader()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	return do(r)
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
