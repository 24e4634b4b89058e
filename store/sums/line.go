package sums

import (
	"time"

	"github.com/wiremeter/wiremeter/usage"
)

// Slot is the unit of time of lines. The offset of every time zone is a multiple
// of it, so a local day is a whole number of slots.
const Slot = 15 * time.Minute

// SlotOf is the number of the slot of a time: slots since 1970 UTC.
func SlotOf(t time.Time) int64 { return floor(t.UnixMilli(), Slot.Milliseconds()) }

func floor(n, by int64) int64 {
	if n < 0 {
		n -= by - 1
	}
	return n / by
}

// Begin is the first instant of a slot.
func Begin(slot int64) time.Time { return time.UnixMilli(slot * Slot.Milliseconds()).UTC() }

// Line is what a record, or a part of one, adds to sums.
type Line struct {
	Slot   int64
	Words  []string // in the order of Dimensions; "" is unknown
	Counts Counts
}

var modelIndex, bandIndex, knownIndex = mustIndex(modelName), mustIndex(Band), mustIndex(Known)

// Lines gives the lines of a record to add: its own, then one for each part that
// is billed. A part is no request; where it has a model of its own it stands under
// that. A line is valid until add returns.
func Lines(r *usage.Record, add func(*Line)) {
	l := Line{Slot: SlotOf(r.StartedAt), Words: make([]string, len(dimensions))}
	for i, d := range dimensions {
		l.Words[i] = d.of(r)
	}
	l.Counts = countsOf(r)
	add(&l)
	for i := range r.Parts {
		p := &r.Parts[i]
		if p.Role == usage.Unbilled {
			continue
		}
		l.Counts = Counts{}
		l.Counts.set(Parts, 1)
		l.Counts.setTokens(&p.Tokens)
		l.Words[modelIndex], l.Words[bandIndex], l.Words[knownIndex] = modelOf(r), bandOf(p.Tokens), knownOf(p.Tokens, nil)
		if p.Model != "" {
			l.Words[modelIndex] = p.Model
		}
		add(&l)
	}
}

func countsOf(r *usage.Record) (c Counts) {
	c.setTokens(&r.Tokens)
	c.setKnown(WebSearches, r.WebSearches)
	c.setKnown(ReportedCost, r.ReportedCost)
	c.set(Requests, 1)
	c.setIs(Counted, !r.Tokens.IsZero())
	c.setIs(Failed, r.Outcome == usage.Failed)
	c.setIs(Purposed, r.Purpose != "")
	c.setIs(Side, r.Purpose != "" && r.Purpose != usage.Main)
	c.setIs(Numbered, r.Retries != nil)
	c.setIs(Retried, r.Retries != nil && *r.Retries > 0)
	c.setIs(Timed, r.TTFT > 0)
	c.setIs(Doubtful, r.IsDoubtful)
	if r.TTFT > 0 {
		c.set(TTFT, r.TTFT.Milliseconds())
	}
	c.set(Duration, r.Duration.Milliseconds())
	return c
}
