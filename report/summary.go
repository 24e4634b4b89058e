package report

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/wiremeter/wiremeter/store/sqlite"
)

// WriteSummary says what one run used: a line for each model, and one for what
// was not metered, if anything.
func WriteSummary(ctx context.Context, w io.Writer, r *sqlite.Reader, run string) error {
	report, err := Ask(ctx, r, Query{By: []string{"model"}, Run: run})
	if err != nil {
		return err
	}
	for _, row := range report.Rows {
		if row.Tokens.IsZero() {
			continue // the line below counts it
		}
		if _, err := fmt.Fprintln(w, "wiremeter:", summary(row)); err != nil {
			return err
		}
	}
	c := report.Coverage
	text := ""
	switch {
	case c.Exchanges == 0:
		text = "no billable request to a known provider"
	case c.Exchanges == c.Prewarm:
		text = thousands(c.Prewarm) + " prewarm kept out of the totals"
	case c.Metered < c.Billable:
		text = fmt.Sprintf("%s of %s requests not metered: %s", thousands(c.Billable-c.Metered), thousands(c.Billable), strings.Join(c.unmetered(), ", "))
	}
	if text != "" {
		_, err = fmt.Fprintln(w, "wiremeter:", text)
	}
	return err
}

func summary(row Row) string {
	requests := thousands(row.Requests) + " requests"
	if row.Requests == 1 {
		requests = "1 request"
	}
	return strings.Join([]string{
		name(row.Group[0]), requests,
		"input " + number(row.Tokens.Input), "cache read " + number(row.Tokens.CacheRead),
		"cache write " + number(row.CacheWrite()), "output " + number(row.Tokens.Output),
	}, "  ")
}
