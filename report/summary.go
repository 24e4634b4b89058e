package report

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/wiremeter/wiremeter/store/sqlite"
	"github.com/wiremeter/wiremeter/usage"
)

// WriteSummary says what was used, as of one run: a line for each model, then what became
// of the requests that no such line counts, and why. Once a request was billable,
// what was not is passed over, and so are tunnels to hosts of no provider.
func WriteSummary(ctx context.Context, w io.Writer, r *sqlite.Reader, q Query) error {
	q.By = []string{modelName}
	report, err := Ask(ctx, r, q)
	if err != nil {
		return err
	}
	for _, line := range append(report.used(), report.unused()...) {
		if _, err := fmt.Fprintln(w, "wiremeter:", line); err != nil {
			return err
		}
	}
	return nil
}

// used has a line for each model of which a count is known.
func (r *Report) used() (lines []string) {
	for _, row := range r.Rows {
		if row.Tokens.IsZero() {
			continue
		}
		lines = append(lines, strings.Join([]string{
			name(row.Group[0]), requests(row.Requests),
			"input " + number(row.Tokens.Input), "cache read " + number(row.Tokens.CacheRead),
			"cache write " + number(row.CacheWrite()), "output " + number(row.Tokens.Output),
			"cost " + row.Cost.String(),
		}, "  "))
	}
	return lines
}

func (r *Report) unused() (lines []string) {
	c := r.Coverage
	switch {
	case c.Exchanges == 0:
		return []string{
			"no request came through the proxy",
			"is the provider in NO_PROXY, or does the agent use a base URL or its own proxy setting?",
		}
	case c.Billable == 0:
		return []string{"no billable request; " + strings.Join(append(c.notBillable(), phrases(r.tunnels())...), ", ")}
	case c.Billable == c.Prewarm:
		lines = append(lines, thousands(c.Prewarm)+" prewarm kept out of the totals")
	}
	if n := c.Billable - c.Metered; n > 0 {
		lines = append(lines, fmt.Sprintf("%s of %s requests not metered: %s", thousands(n), thousands(c.Billable), strings.Join(c.unmetered(), ", ")))
	}
	if tunnels := phrases(r.tunnelsOfProviders()); len(tunnels) > 0 {
		lines = append(lines, strings.Join(tunnels, ", "))
	}
	return lines
}

func (c Coverage) notBillable() []string {
	if c.NotBillable == 0 {
		return nil
	}
	return []string{thousands(c.NotBillable) + " not billable" + because(c.NotBillable, c.Reasons[usage.NotBillable])}
}

// tunnel is what was tunnelled to one host, and why.
type tunnel struct {
	host    string
	count   int64
	reasons map[string]int64
}

// isOfProvider reports whether the host is known to be a provider's, whose
// traffic would have been metered.
func (t *tunnel) isOfProvider() bool { return t.count > t.reasons[noProvider]+t.reasons[unreachable] }

// tunnels are in the order in which they are named: hosts of providers first,
// then by their counts.
func (r *Report) tunnels() []*tunnel {
	hosts := make(map[string]*tunnel)
	for _, n := range r.counts {
		if n.Outcome != usage.Tunnelled {
			continue
		}
		t := hosts[n.Host]
		if t == nil {
			t = &tunnel{host: n.Host, reasons: make(map[string]int64)}
			hosts[n.Host] = t
		}
		t.count += n.Count
		t.reasons[n.Reason] += n.Count
	}
	return slices.SortedFunc(maps.Values(hosts), func(a, b *tunnel) int {
		if a.isOfProvider() != b.isOfProvider() {
			return map[bool]int{true: -1, false: 1}[a.isOfProvider()]
		}
		return cmp.Or(cmp.Compare(b.count, a.count), cmp.Compare(a.host, b.host))
	})
}

func (r *Report) tunnelsOfProviders() []*tunnel {
	return slices.DeleteFunc(r.tunnels(), func(t *tunnel) bool { return !t.isOfProvider() })
}

// phrases of tunnels name the first hosts, and count the others.
func phrases(tunnels []*tunnel) (all []string) {
	var others int64
	tunnelled := " tunnelled to "
	for i, t := range tunnels {
		if i >= most {
			others += t.count
			continue
		}
		all = append(all, thousands(t.count)+tunnelled+name(t.host)+because(t.count, inWords(t.reasons)))
		tunnelled = " to "
	}
	if others > 0 {
		all = append(all, thousands(others)+" to others")
	}
	return all
}
