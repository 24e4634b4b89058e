package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/wiremeter/wiremeter/prices"
	"github.com/wiremeter/wiremeter/report"
	"github.com/wiremeter/wiremeter/store/sqlite"
	"github.com/wiremeter/wiremeter/usage"
)

// glance is how often tail looks for what is new. Records are stored in groups,
// so to look much more often shows nothing sooner.
const glance = 200 * time.Millisecond

type tailFlags struct {
	lines  int
	window window // without times
	json   bool
}

func newTail(open func() (*house, error)) *cobra.Command {
	var f tailFlags
	c := &cobra.Command{
		Use:   "tail",
		Short: "Show requests as they finish",
		Long: `Show the last requests, and then each as it finishes, until interrupted: whoever
records them, a running serve or any run.`,
		Example: "  wiremeter tail --project engine\n  wiremeter tail --lines 0 --json | jq .model",
		Args:    noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			t, err := f.open(open, c.OutOrStdout())
			if err != nil {
				return err
			}
			ctx, stop := signal.NotifyContext(c.Context(), syscall.SIGINT, syscall.SIGTERM)
			defer stop()
			err = t.follow(ctx, f.lines)
			if ctx.Err() != nil {
				return nil // it was asked to end
			}
			return err
		},
	}
	c.Flags().IntVarP(&f.lines, "lines", "n", 10, "begin with the last `N`")
	c.Flags().BoolVar(&f.json, "json", false, "as lines of JSON, as export writes them")
	f.window.registerFilters(c.Flags())
	complete(c, open)
	return c
}

func (f *tailFlags) open(open func() (*house, error), out io.Writer) (t tail, err error) {
	if f.lines < 0 {
		return t, fmt.Errorf("--lines %d: expected 0 or more", f.lines)
	}
	if t.house, err = open(); err != nil {
		return t, err
	}
	q, err := f.window.query()
	if err != nil {
		return t, err
	}
	if t.filter, err = q.Filter(); err != nil {
		return t, err
	}
	book, err := t.house.book()
	t.show = lineOf(out, f.json, book)
	return t, err
}

// lineOf writes a record as a line.
func lineOf(w io.Writer, isJSON bool, book *prices.Book) func(*usage.Record) error {
	if isJSON {
		return func(r *usage.Record) error { return report.WriteRecord(w, r, book) }
	}
	return func(r *usage.Record) error {
		_, err := fmt.Fprintln(w, report.Line(r, time.Local, book))
		return err
	}
}

// tail follows a house's database, also into the one that takes its place.
type tail struct {
	house  *house
	filter sqlite.Filter
	show   func(*usage.Record) error
}

// follow returns with an error, ctx's at the latest.
func (t tail) follow(ctx context.Context, lines int) error {
	for {
		r, err := t.house.reader()
		if err != nil {
			return err
		}
		from, err := r.Tail(ctx, lines, t.filter)
		if err == nil {
			err = t.watch(ctx, r, from)
		}
		if err := errors.Join(err, r.Close()); err != nil {
			return err
		}
		lines = -1 // of a new file, all
	}
}

// watch returns nil when the file was moved.
func (t tail) watch(ctx context.Context, r *sqlite.Reader, at sqlite.Position) error {
	tick := time.NewTicker(glance)
	defer tick.Stop()
	for {
		isMoved := r.IsMoved() // what was stored until then is shown before it is left
		for s, err := range r.After(ctx, at, t.filter) {
			if err != nil {
				return err
			}
			if err := t.show(&s.Record); err != nil {
				return err
			}
			at = s.At
		}
		if isMoved {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}
