package report

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/wiremeter/wiremeter/prices"
	"github.com/wiremeter/wiremeter/store/sums"
)

// column is a number of a row.
type column struct {
	name  string // in JSON and CSV
	title string // for people; empty: it is not for a table
	of    func(Row) *int64
	as    unit
}

// unit is what a column's number counts, and how it is written.
type unit struct {
	people  func(n int64, isExact bool, in prices.Currency) string
	machine func(n int64) string // a number of JSON
}

var (
	counted = unit{
		people: func(n int64, isExact bool, _ prices.Currency) string {
			if isExact {
				return thousands(n)
			}
			return short(n)
		},
		machine: func(n int64) string { return strconv.FormatInt(n, 10) },
	}
	money = unit{
		people: func(n int64, isExact bool, in prices.Currency) string {
			if isExact {
				return in.Exact(prices.Nanodollars(n))
			}
			return in.Format(prices.Nanodollars(n))
		},
		machine: exactDollars,
	}
	share = unit{
		people:  func(n int64, _ bool, _ prices.Currency) string { return fmt.Sprintf("%d.%d %%", n/1000, n%1000/100) },
		machine: func(n int64) string { return strconv.FormatFloat(float64(n)/100_000, 'f', -1, 64) },
	}
)

// columns of a table and of CSV, in their order.
var columns = []column{
	{"requests", "requests", func(r Row) *int64 { return &r.Requests }, counted},
	{"input", "input", func(r Row) *int64 { return r.Tokens.Input }, counted},
	{"cache_read", "cache read", func(r Row) *int64 { return r.Tokens.CacheRead }, counted},
	{"cache_write", "cache write", Row.CacheWrite, counted},
	{"output", "output", func(r Row) *int64 { return r.Tokens.Output }, counted},
	{"reasoning", "reasoning", func(r Row) *int64 { return r.Tokens.Reasoning }, counted},
	{"total", "total", Row.All, counted},
	{"cache_hit_rate", "cache hit", cacheHits, share},
	{"cost_usd", "cost", func(r Row) *int64 { return r.Cost.Amount }, money},
	{"unpriced", "", func(r Row) *int64 { return &r.Cost.Unpriced }, counted},
	{"sessions", "", func(r Row) *int64 { return positive(r.Sessions) }, counted},
	{"turns", "", func(r Row) *int64 { return positive(r.Turns) }, counted},
	{"failed", "", func(r Row) *int64 { return new(r.Counts.N(sums.Failed)) }, counted},
	{"ttft_ms", "", func(r Row) *int64 { return positive(r.TTFT().Milliseconds()) }, counted},
	{"duration_ms", "", func(r Row) *int64 { return meanDuration(r) }, counted},
}

// cacheHits is in thousandths of a per cent, rounded down: 100.0 % means all.
func cacheHits(r Row) *int64 {
	part := r.CacheHits()
	if part == nil {
		return nil
	}
	return new(int64(math.Floor(*part * 100_000)))
}

func meanDuration(r Row) *int64 {
	if r.Requests == 0 {
		return nil
	}
	return new(r.Duration().Round(time.Millisecond).Milliseconds())
}

func (c column) forPeople(r Row, isExact bool) string {
	n := c.of(r)
	if n == nil {
		return "-"
	}
	return c.as.people(*n, isExact, r.Cost.in)
}

// forMachines is nil for what is unknown.
func (c column) forMachines(r Row) *json.Number {
	n := c.of(r)
	if n == nil {
		return nil
	}
	return new(json.Number(c.as.machine(*n)))
}

// short writes 12345678 as 12.3M, rounded down, and what is below ten thousand as
// it is.
func short(n int64) string {
	if n < 10_000 {
		return thousands(n)
	}
	v, unit := n/100, 0 // in tenths
	for units := "kMGT"; v >= 10_000 && unit < len(units)-1; unit++ {
		v /= 1000
	}
	return fmt.Sprintf("%s.%d%c", thousands(v/10), v%10, "kMGT"[unit])
}

// exactDollars is a decimal without needless zeros.
func exactDollars(nano int64) string { return prices.Nanodollars(nano).String() }
