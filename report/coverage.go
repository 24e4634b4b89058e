package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/wiremeter/wiremeter/store/sqlite"
	"github.com/wiremeter/wiremeter/usage"
)

// Coverage says what became of all exchanges in a report's time. Billable is
// the sum of Metered to Lost; with NotBillable and Tunnelled it is Exchanges.
// Those two and Lost are kept by the hour, so hours that the time cuts are in
// it as a whole; and they are of no run: a report of one run has none of them.
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
}

func (c *Coverage) of(o usage.Outcome) *int64 {
	return map[usage.Outcome]*int64{
		usage.Metered: &c.Metered, usage.Interrupted: &c.Interrupted, usage.NoUsage: &c.NoUsage, usage.Unparsed: &c.Unparsed,
		usage.Failed: &c.Failed, usage.Lost: &c.Lost, usage.NotBillable: &c.NotBillable, usage.Tunnelled: &c.Tunnelled,
	}[o]
}

func newCoverage(counts []sqlite.Count) Coverage {
	c := Coverage{LostReasons: make(map[string]int64)}
	for _, n := range counts {
		c.Exchanges += n.Count
		c.Doubtful += n.Doubtful
		if p := c.of(n.Outcome); p != nil {
			*p += n.Count
		}
		switch {
		case n.Outcome == usage.Lost:
			c.LostReasons[n.Reason] += n.Count
		case n.Outcome == usage.Tunnelled:
			c.TunnelledBytes += n.RequestBytes + n.ResponseBytes
			if n.Reason == "certificate_refused" {
				c.CertificateRefused += n.Count
			}
		case n.Kind == usage.Prewarm:
			c.Prewarm += n.Count
		}
	}
	c.Billable = c.Exchanges - c.NotBillable - c.Tunnelled
	return c
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
		b.WriteString(map[bool]string{true: ", ", false: ": "}[c.Metered == c.Billable])
		b.WriteString(strings.Join(append(c.unmetered(), c.lost()), ", "))
	}
	if besides := c.besides(); len(besides) > 0 {
		b.WriteString("; besides " + strings.Join(besides, ", "))
	}
	if c.Prewarm > 0 {
		fmt.Fprintf(&b, "; %s prewarm kept out of the totals", thousands(c.Prewarm))
	}
	if c.Doubtful > 0 {
		fmt.Fprintf(&b, "; %s with doubtful counts", thousands(c.Doubtful))
	}
	return b.String()
}

// unmetered lists the billable exchanges whose count is not known for sure.
func (c Coverage) unmetered() []string {
	return phrases([]phrase{
		{c.Interrupted, "interrupted"}, {c.NoUsage, "without usage"}, {c.Unparsed, "unparsed"}, {c.Failed, "failed"},
	})
}

func (c Coverage) lost() string {
	if c.Lost == 0 {
		return "none lost"
	}
	return fmt.Sprintf("%s lost (%s)", thousands(c.Lost), strings.Join(slices.Sorted(maps.Keys(c.LostReasons)), ", "))
}

func (c Coverage) besides() []string {
	tunnelled := "tunnelled (" + byteSize(c.TunnelledBytes)
	if c.CertificateRefused > 0 {
		tunnelled += "; " + thousands(c.CertificateRefused) + " refused our certificate"
	}
	return phrases([]phrase{{c.NotBillable, "not billable"}, {c.Tunnelled, tunnelled + ")"}})
}

type phrase struct {
	count int64
	text  string
}

// phrases leaves out what did not happen.
func phrases(all []phrase) (some []string) {
	for _, p := range all {
		if p.count > 0 {
			some = append(some, thousands(p.count)+" "+p.text)
		}
	}
	return some
}
