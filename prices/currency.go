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

// Format shows an amount with cents, and below one so that three digits are to be
// seen. What is less than half its last place is "<$0.000001" and not nothing.
func (c Currency) Format(a Amount) string {
	nano, places := c.nano(a), 2
	for limit := int64(1e9); nano > 0 && nano < limit && places < 6; limit /= 10 {
		places++
	}
	if nano > 0 && nano < 500 {
		return "<" + c.written("0.000001")
	}
	return c.written(rounded(nano, places))
}

// Exact shows an amount to the billionth, without needless zeros.
func (c Currency) Exact(a Amount) string { return c.written(decimal(c.nano(a), perMillion)) }

func (c Currency) written(number string) string {
	if c.Code == "" || c.Code == "USD" {
		return "$" + number
	}
	return number + " " + c.Code
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

// rounded is half up to so many places, of nine, with commas between the thousands.
func rounded(nano int64, places int) string {
	unit := int64(1)
	for range perMillion - places {
		unit *= 10
	}
	n := nano / unit
	if nano%unit*2 >= unit {
		n++
	}
	whole, fraction, _ := strings.Cut(decimalOf(n, places), ".")
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
