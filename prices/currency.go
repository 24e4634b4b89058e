package prices

import (
	"math/bits"
	"strconv"
	"strings"
)

// Currency is the money in which amounts are shown. Its zero value is the US
// dollar.
type Currency struct {
	Code string // EUR
	Rate Factor // of it for a dollar
}

// Format shows an amount to four decimals, one of a hundred and more to two. What
// is less than the last of them is "<0.0001" and not nothing.
func (c Currency) Format(a Amount) string {
	nano := c.nano(a)
	text, isTiny := rounded(nano, 5), nano > 0 && nano < 50_000
	switch {
	case nano == 0:
		text = "0"
	case isTiny:
		text = "0.0001"
	case nano >= 100e9:
		text = rounded(nano, 7)
	}
	if c.Code == "" || c.Code == "USD" {
		text = "$" + text
	} else {
		text += " " + c.Code
	}
	if isTiny {
		return "<" + text
	}
	return text
}

// nano is the amount in billionths of the currency, rounded once.
func (c Currency) nano(a Amount) int64 {
	n := a.Nano()
	if c.Rate == 0 {
		return n
	}
	hi, lo := bits.Mul64(uint64(n), uint64(c.Rate))
	if hi >= million/2 {
		return most.nano
	}
	lo, carry := bits.Add64(lo, million/2, 0)
	quotient, _ := bits.Div64(hi+carry, lo, million)
	return int64(quotient)
}

// rounded drops the last places of nine decimals, half up, and puts commas between
// the thousands.
func rounded(nano int64, places int) string {
	unit := int64(1)
	for range places {
		unit *= 10
	}
	n := nano/unit + (nano%unit+unit/2)/unit
	digits := decimalOf(n, perMillion-places)
	whole, fraction, _ := strings.Cut(digits, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	return whole + "." + fraction
}

// decimalOf writes a whole number of the last place with all its places.
func decimalOf(n int64, places int) string {
	digits := strconv.FormatInt(n, 10)
	if missing := places + 1 - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	return digits[:len(digits)-places] + "." + digits[len(digits)-places:]
}
