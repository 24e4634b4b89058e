package prices

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Count is something that is counted and priced.
type Count int

const (
	Input Count = iota
	CacheRead
	CacheWrite5m
	CacheWrite1h
	CacheWriteOther
	Output
	WebSearch
	counts int = iota
)

// countNames are the names of the counts in tables and in the export.
var countNames = [counts]string{"input", "cache_read", "cache_write_5m", "cache_write_1h", "cache_write_other", "output", "web_search"}

func (c Count) String() string { return countNames[c] }

// Rates are prices by Count. One that is not stated is negative: what is counted
// there cannot be priced.
type Rates [counts]Price

// NoRates states no price.
func NoRates() Rates {
	var r Rates
	for c := range r {
		r[c] = none
	}
	return r
}

// Line is one price of one model in one period, under one condition.
type Line struct {
	Provider string
	Model    string
	When     Condition
	From     time.Time // the first instant; zero: always
	Until    time.Time // the first instant that is too late; zero: still

	Rates  Rates  // of a line with a Factor: none
	Factor Factor // multiplies the token prices of the lines without this condition; 0: Rates hold

	Origin  string // who published it
	Checked string // when it was read there, as 2026-01-31
}

// Condition is when a line holds. Its zero value is the ordinary request at any
// time.
type Condition struct {
	Tier  string // service tier: batch, flex, priority
	Speed string // fast
	Geo   string // us; "*" is anywhere but the ordinary
	From  int64  // a prompt of at least this size, one of Bounds
	Times Times
}

// String is as in a table, "-" for the ordinary.
func (c Condition) String() string {
	var words []string
	for _, w := range []struct{ name, value string }{{"tier", c.Tier}, {"speed", c.Speed}, {"geo", c.Geo}} {
		if w.value != "" {
			words = append(words, w.name+"="+w.value)
		}
	}
	if c.From > 0 {
		words = append(words, "prompt>="+strconv.FormatInt(c.From, 10))
	}
	if words = append(words, c.Times.words()...); len(words) == 0 {
		return "-"
	}
	return strings.Join(words, ",")
}

// ParseCondition reads a list such as tier=batch,prompt>200000.
func ParseCondition(text string) (Condition, error) {
	var c Condition
	if text == "-" || text == "" {
		return c, nil
	}
	for _, word := range strings.Split(text, ",") {
		if err := c.add(strings.TrimSpace(word)); err != nil {
			return c, err
		}
	}
	return c, nil
}

func (c *Condition) add(word string) error {
	if size, isPrompt := strings.CutPrefix(word, "prompt>"); isPrompt {
		return c.addPrompt(size)
	}
	name, value, _ := strings.Cut(word, "=")
	if name == "utc" || word == weekdays {
		return c.Times.add(word)
	}
	place, isKnown := map[string]*string{"tier": &c.Tier, "speed": &c.Speed, "geo": &c.Geo}[name]
	if !isKnown || value == "" {
		return fmt.Errorf("expected tier=…, speed=…, geo=…, prompt>N, prompt>=N, utc=HH-HH or days=mon-fri, got %q", word)
	}
	*place = value
	return nil
}

func (c *Condition) addPrompt(size string) error {
	digits, isFrom := strings.CutPrefix(size, "=")
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return fmt.Errorf("expected prompt>N or prompt>=N, got \"prompt>%s\"", size)
	}
	if !isFrom {
		n++
	}
	if !slices.Contains(bounds, n) {
		return fmt.Errorf("prompt>%s: expected one of the sizes %s", size, sizes())
	}
	c.From = n
	return nil
}

// sizes are those that a condition can name.
func sizes() string {
	var list []string
	for _, b := range bounds {
		if slices.Contains(bounds, b+1) {
			list = append(list, strconv.FormatInt(b, 10))
		}
	}
	return strings.Join(list, ", ")
}

// holds reports whether the line is of this instant.
func (l *Line) holds(at time.Time) bool {
	return !at.Before(l.From) && (l.Until.IsZero() || at.Before(l.Until)) && l.When.Times.hold(at)
}
