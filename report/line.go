package report

import (
	"fmt"
	"strings"
	"time"

	"github.com/wiremeter/wiremeter/prices"
	"github.com/wiremeter/wiremeter/usage"
)

// Line is a record for people, as one line without its end: the time of its end
// at the place, the agent, the model, the counts that are known, what it cost, how
// long it took and in which project, and what went wrong.
func Line(r *usage.Record, at *time.Location, book *prices.Book) string {
	parts := []string{
		r.StartedAt.Add(r.Duration).In(at).Format(time.TimeOnly),
		fmt.Sprintf("%-12s", name(r.Agent)), fmt.Sprintf("%-20s", name(modelOf(r))),
	}
	row := Row{Tokens: r.Tokens}
	for _, c := range []struct {
		name  string
		count *int64
		width int
	}{
		{"input", row.Tokens.Input, 7}, {"cache read", row.Tokens.CacheRead, 9}, {"cache write", row.CacheWrite(), 7}, {"output", row.Tokens.Output, 6},
	} {
		parts = append(parts, fmt.Sprintf("%s %*s", c.name, c.width, number(c.count)))
	}
	cost := "-"
	if nano := costOf(r, orNone(book)).amount; nano != nil {
		cost = orNone(book).Currency().Format(prices.Nanodollars(*nano))
	}
	parts = append(parts, fmt.Sprintf("%10s", cost), fmt.Sprintf("%5.1f s", r.Duration.Seconds()))
	if r.Project != "" {
		parts = append(parts, name(r.Project))
	}
	return strings.TrimRight(strings.Join(append(parts, remarks(r)...), "  "), " ")
}

func modelOf(r *usage.Record) string {
	if r.Model == "" {
		return r.ModelRequested
	}
	return r.Model
}

// remarks say what is not as usual.
func remarks(r *usage.Record) (all []string) {
	if r.Outcome != usage.Metered {
		reason := ""
		if r.Reason != "" {
			reason = " (" + name(r.Reason) + ")"
		}
		all = append(all, string(r.Outcome)+reason)
	}
	if r.Kind != usage.Model && r.Kind != "" {
		all = append(all, string(r.Kind))
	}
	if r.Purpose != usage.Main && r.Purpose != "" {
		all = append(all, string(r.Purpose))
	}
	if r.Hop != "" {
		all = append(all, string(r.Hop))
	}
	return all
}
