package report

import (
	"fmt"
	"strings"

	"github.com/wiremeter/wiremeter/store/sqlite"
	"github.com/wiremeter/wiremeter/usage"
)

// Coverage says what became of all exchanges in a report's time. Billable is
// the sum of Metered to Lost; with NotBillable and Tunnelled it is Exchanges.
// Those two and Lost are kept by the hour, so hours that the time cuts are in
// it as a whole.
type Coverage struct {
	Exchanges   int64 `json:"exchanges"`
	Billable    int64 `json:"billable"`
	Metered     int64 `json:"metered"`
	Interrupted int64 `json:"interrupted"`
	NoUsage     int64 `json:"no_usage"`
	Unparsed    int64 `json:"unparsed"`
	Failed      int64 `json:"failed"`
	Lost        int64 `json:"lost"`
	NotBillable int64 `json:"not_billable"`
	Tunnelled   int64 `json:"tunnelled"`

	TunnelledBytes     int64            `json:"tunnelled_bytes"`     // both ways
	CertificateRefused int64            `json:"certificate_refused"` // of Tunnelled: the agent did not believe our certificate
	LostReasons        map[string]int64 `json:"lost_reasons"`
	Doubtful           int64            `json:"doubtful"` // of all: counts that contradict the provider's total
	Prewarm            int64            `json:"prewarm"`  // of all: kept out of the totals
	Gateway            int64            `json:"gateway"`  // of all: the way to a gateway that asked through wiremeter, too; kept out of the totals

	// Untold is a filter that what leaves no record cannot be told by: then
	// NotBillable, Tunnelled and Lost are not in it. nil: they are.
	Untold *string `json:"untold"`

	// Reasons says how often each class was for which reason, where one is known.
	Reasons map[usage.Outcome]map[string]int64 `json:"reasons"`
}

func (c *Coverage) of(o usage.Outcome) *int64 {
	return map[usage.Outcome]*int64{
		usage.Metered: &c.Metered, usage.Interrupted: &c.Interrupted, usage.NoUsage: &c.NoUsage, usage.Unparsed: &c.Unparsed,
		usage.Failed: &c.Failed, usage.Lost: &c.Lost, usage.NotBillable: &c.NotBillable, usage.Tunnelled: &c.Tunnelled,
	}[o]
}

func newCoverage(a sqlite.Answer) Coverage {
	c := Coverage{LostReasons: make(map[string]int64), Reasons: make(map[usage.Outcome]map[string]int64), Untold: untold(a)}
	for _, n := range a.Counts {
		c.Exchanges += n.Count
		c.Doubtful += n.Doubtful
		if p := c.of(n.Outcome); p != nil {
			*p += n.Count
		}
		if n.Reason != "" {
			if c.Reasons[n.Outcome] == nil {
				c.Reasons[n.Outcome] = make(map[string]int64)
			}
			c.Reasons[n.Outcome][n.Reason] += n.Count
		}
		switch {
		case n.Outcome == usage.Lost:
			c.LostReasons[n.Reason] += n.Count
		case n.Outcome == usage.Tunnelled:
			c.TunnelledBytes += n.RequestBytes + n.ResponseBytes
			if n.Reason == certificateRefused {
				c.CertificateRefused += n.Count
			}
		case n.Hop == usage.Gateway:
			c.Gateway += n.Count
		case n.Kind == usage.Prewarm:
			c.Prewarm += n.Count
		}
	}
	c.Billable = c.Exchanges - c.NotBillable - c.Tunnelled
	return c
}

func untold(a sqlite.Answer) *string {
	for _, d := range dimensions {
		if a.Untold != "" && d.column == a.Untold {
			return &d.name
		}
	}
	return nil
}

// String is one line for people.
func (c Coverage) String() string {
	var b strings.Builder
	if c.Billable == 0 {
		b.WriteString("coverage: no billable exchanges")
	} else {
		// Rounded down: 100.0 % means all.
		share := c.Metered * 1000 / c.Billable
		fmt.Fprintf(&b, "coverage: %s of %s billable exchanges metered (%d.%d %%)", thousands(c.Metered), thousands(c.Billable), share/10, share%10)
		missing := c.unmetered()
		if c.Lost == 0 && c.Untold == nil {
			missing = append(missing, "none lost")
		}
		if len(missing) > 0 {
			b.WriteString(map[bool]string{true: ", ", false: ": "}[c.Metered == c.Billable])
		}
		b.WriteString(strings.Join(missing, ", "))
	}
	if c.Untold != nil {
		fmt.Fprintf(&b, "; what left no record (lost, not billable, tunnelled) is not known by %s", *c.Untold)
	}
	if besides := c.besides(); len(besides) > 0 {
		b.WriteString("; besides " + strings.Join(besides, ", "))
	}
	if c.Prewarm > 0 {
		fmt.Fprintf(&b, "; %s prewarm kept out of the totals", thousands(c.Prewarm))
	}
	if c.Gateway > 0 {
		fmt.Fprintf(&b, "; %s on the way to a gateway kept out of the totals", thousands(c.Gateway))
	}
	if c.Doubtful > 0 {
		fmt.Fprintf(&b, "; %s with doubtful counts", thousands(c.Doubtful))
	}
	return b.String()
}

// unmetered lists the billable exchanges whose count is not known for sure, and
// why.
func (c Coverage) unmetered() (all []string) {
	for _, class := range []struct {
		outcome usage.Outcome
		name    string
	}{
		{usage.Interrupted, "interrupted"}, {usage.NoUsage, "without usage"}, {usage.Unparsed, "unparsed"},
		{usage.Failed, "failed"}, {usage.Lost, "lost"},
	} {
		if n := *c.of(class.outcome); n > 0 {
			all = append(all, thousands(n)+" "+class.name+because(n, c.Reasons[class.outcome]))
		}
	}
	return all
}

// besides lists the exchanges that are not billable, or not known to be.
func (c Coverage) besides() (all []string) {
	if c.NotBillable > 0 {
		all = append(all, thousands(c.NotBillable)+" not billable")
	}
	if c.Tunnelled > 0 {
		about := byteSize(c.TunnelledBytes)
		if why := listed(inWords(c.Reasons[usage.Tunnelled])); why != "" {
			about += "; " + why
		}
		all = append(all, fmt.Sprintf("%s tunnelled (%s)", thousands(c.Tunnelled), about))
	}
	return all
}
