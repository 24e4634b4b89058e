package sums

import "github.com/wiremeter/wiremeter/usage"

// Measure is a count of a line.
type Measure int

// The measures. Spans are in milliseconds, costs in nano-dollars. All but those
// marked so are known of every record. Of a part only Parts and tokens are.
const (
	Requests Measure = iota // records; a part is none
	Parts                   // lines of parts; 0 for records

	Input // Input to WebSearches, and ReportedCost: unknown where the provider did not say
	CacheRead
	CacheWrite5m
	CacheWrite1h
	CacheWriteOther
	Output
	Reasoning
	WebSearches
	ReportedCost

	Counted  // records of which a count of tokens is known
	Failed   // records with the outcome failed
	Purposed // records that say what they are for
	Side     // those of Purposed that are not the user's turn

	Numbered // records that say how often the same was tried before
	Retried  // those of Numbered that are not the first try

	TTFT     // added up; unknown where no response came
	Timed    // records with a TTFT
	Duration // added up

	Doubtful // records whose counts contradict the provider's total

	measures
)

// measureNames stand where a block is written down; from are the columns of a
// record that a measure is made of.
var measureNames = [measures]string{
	"requests", "parts", "input", "cache_read", "cache_write_5m", "cache_write_1h", "cache_write_other", "output", "reasoning",
	"web_searches", "reported_cost", "counted", "failed", "purposed", "side", "numbered", "retried", "ttft", "timed", "duration", "doubtful",
}

// measureColumns are the columns of a record that measures are made of.
var measureColumns = []string{
	"started_at", "outcome", "purpose", "retries", "web_searches", "reported_cost", "ttft_ms", "duration_ms", "is_doubtful", "parts",
	"input", "cache_read", "cache_write_5m", "cache_write_1h", "cache_write_other", "output", "reasoning",
}

// Counts are a line's counts, or what lines add up to. Its zero value knows
// nothing.
type Counts struct {
	n [measures]uint64 // 0: unknown; else one more than the count
}

// Of is a count; nil: unknown.
func (c *Counts) Of(m Measure) *int64 {
	if c.n[m] == 0 {
		return nil
	}
	n := int64(c.n[m] - 1)
	return &n
}

// N is a count, 0 where it is unknown: for those that are never.
func (c *Counts) N(m Measure) int64 {
	if c.n[m] == 0 {
		return 0
	}
	return int64(c.n[m] - 1)
}

// Tokens are those that are known.
func (c *Counts) Tokens() usage.Tokens {
	var n [Reasoning + 1]int64 // one piece of memory for all
	of := func(m Measure) *int64 {
		if c.n[m] == 0 {
			return nil
		}
		n[m] = int64(c.n[m] - 1)
		return &n[m]
	}
	return usage.Tokens{
		Input: of(Input), CacheRead: of(CacheRead), CacheWrite5m: of(CacheWrite5m), CacheWrite1h: of(CacheWrite1h),
		CacheWriteOther: of(CacheWriteOther), Output: of(Output), Reasoning: of(Reasoning),
	}
}

func plus(a, b uint64) uint64 {
	if b == 0 {
		return a
	}
	return a + b - min(a, 1)
}

// Add adds what is known of o.
func (c *Counts) Add(o *Counts) {
	for m, n := range o.n {
		c.add(m, n)
	}
}

func (c *Counts) add(m int, n uint64) { c.n[m] = plus(c.n[m], n) }

// set: a count below 0 is none, and taken for unknown.
func (c *Counts) set(m Measure, n int64) {
	if n >= 0 {
		c.n[m] = uint64(n) + 1
	}
}

func (c *Counts) setIs(m Measure, is bool) {
	if is {
		c.set(m, 1)
	} else {
		c.set(m, 0)
	}
}

func (c *Counts) setKnown(m Measure, n *int64) {
	if n != nil {
		c.set(m, *n)
	}
}

func (c *Counts) setTokens(t *usage.Tokens) {
	c.setKnown(Input, t.Input)
	c.setKnown(CacheRead, t.CacheRead)
	c.setKnown(CacheWrite5m, t.CacheWrite5m)
	c.setKnown(CacheWrite1h, t.CacheWrite1h)
	c.setKnown(CacheWriteOther, t.CacheWriteOther)
	c.setKnown(Output, t.Output)
	c.setKnown(Reasoning, t.Reasoning)
}
