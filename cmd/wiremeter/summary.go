package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/wiremeter/wiremeter/report"
	"github.com/wiremeter/wiremeter/store/sqlite"
)

// ending is what the proxy says at the end of a run.
type ending struct {
	seen int64 // exchanges; unknown where the proxy serves others too
	lost int64 // records
	err  error // why not all is stored
}

const unknown = -1

// endRun closes the machine. Its command is gone: what that left open has nobody to
// answer to, and is cut.
func (m *meter) endRun() ending {
	hurry, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	err := m.proxy.Shutdown(hurry)
	if errors.Is(err, context.DeadlineExceeded) {
		err = nil
	}
	err = errors.Join(err, m.finish())
	if n := m.underWay(); n > 0 {
		err = errors.Join(err, fmt.Errorf("%s did not end, and left no record", requests(n)))
	}
	return ending{m.proxy.Seen(), m.recorder.Lost(), err}
}

// summarise says what the run used, and never that nothing came where something
// did.
func (r *runner) summarise(ctx context.Context, end ending) (err error) {
	isShort := end.err != nil || end.lost > 0
	reader, err := r.house.reader()
	if err != nil {
		if isShort {
			r.tellShort(end)
			return nil
		}
		return err
	}
	defer func() { err = errors.Join(err, reader.Close()) }()
	own, err := report.Ask(ctx, reader, report.Query{Run: r.name})
	if err != nil {
		return err
	}
	inner, err := r.inner(ctx, reader)
	if err != nil {
		return err
	}
	hasOwn := own.Coverage.Exchanges > 0
	if !hasOwn && inner == 0 && isShort && end.seen != 0 {
		r.tellShort(end)
		return nil
	}
	if hasOwn || inner == 0 && end.seen <= 0 {
		book, err := r.house.book()
		if err != nil {
			fmt.Fprintln(r.errs, "wiremeter: costs are left out:", err)
		}
		if err := report.WriteSummary(ctx, r.errs, reader, report.Query{Run: r.name, Prices: book}); err != nil {
			return err
		}
	}
	switch {
	case inner > 0:
		fmt.Fprintf(r.errs, "wiremeter: %s of runs inside this one, which say what they used\n", requests(inner))
	case !hasOwn && end.seen > 0:
		fmt.Fprintf(r.errs, "wiremeter: %s came through the proxy, none under the name of this run (%s)\n", requests(end.seen), r.name)
	}
	return nil
}

func (r *runner) tellShort(end ending) {
	if end.seen == unknown {
		fmt.Fprintln(r.errs, "wiremeter: no summary: not all that was seen is stored")
		return
	}
	fmt.Fprintf(r.errs, "wiremeter: no summary: %s came through the proxy, of which nothing could be stored\n", requests(end.seen))
}

// inner is the number of requests that runs inside this one have made.
func (r *runner) inner(ctx context.Context, reader *sqlite.Reader) (n int64, err error) {
	answer, err := report.Ask(ctx, reader, report.Query{By: []string{"run"}, Since: r.began})
	if err != nil {
		return 0, err
	}
	for _, row := range answer.Rows {
		if strings.HasPrefix(row.Group[0], r.name+".") {
			n += row.Requests
		}
	}
	return n, nil
}

func requests(n int64) string {
	if n == 1 {
		return "1 request"
	}
	return fmt.Sprintf("%d requests", n)
}
