package prices

import (
	"fmt"
	"math"
	"math/bits"
	"strconv"
	"strings"
)

// Amount is money in US dollars, exact to the millionth of a nano-dollar (1e-15
// USD). It goes up to 9.2 billion dollars, and stays there when more is added.
// It is never negative. Its zero value is nothing owed, which is not the same as
// unknown.
type Amount struct {
	nano int64
	rest int64 // millionths of a nano-dollar, below million
}

const million = 1_000_000

var most = Amount{nano: math.MaxInt64, rest: million - 1}

// Nanodollars is an amount of n of them.
func Nanodollars(n int64) Amount { return Amount{nano: max(n, 0)} }

// Plus adds, exactly.
func (a Amount) Plus(b Amount) Amount {
	rest := a.rest + b.rest
	carry := rest / million
	if a.nano > math.MaxInt64-b.nano-carry {
		return most
	}
	return Amount{a.nano + b.nano + carry, rest % million}
}

// Nano is the amount in nano-dollars (1e-9 USD), rounded half up.
func (a Amount) Nano() int64 {
	if a.rest < million/2 || a.nano == math.MaxInt64 {
		return a.nano
	}
	return a.nano + 1
}

// String is in dollars, exact to the nano-dollar.
func (a Amount) String() string { return decimal(a.Nano(), 9) }

// Price is in nano-dollars (1e-9 USD) for a million of what is counted.
type Price int64

// none is the price that nobody states.
const none Price = -1

// perMillion is the number of decimals that a price in dollars can have.
const perMillion = 9

// maxPrice is a million dollars for a million tokens: more is a slip.
const maxPrice Price = 1e15

// ParsePrice reads dollars for a million, such as 0.0375.
func ParsePrice(text string) (Price, error) {
	n, err := parseDecimal(text, perMillion)
	if err != nil {
		return none, err
	}
	if Price(n) > maxPrice {
		return none, fmt.Errorf("expected a price in dollars for a million tokens, got %q", text)
	}
	return Price(n), nil
}

// String is in dollars, without needless zeros.
func (p Price) String() string { return decimal(int64(p), perMillion) }

// times is what n of something cost.
func (p Price) times(n int64) Amount {
	hi, lo := bits.Mul64(uint64(max(n, 0)), uint64(p))
	if hi >= million {
		return most
	}
	nano, rest := bits.Div64(hi, lo, million)
	if nano > math.MaxInt64 {
		return most
	}
	return Amount{int64(nano), int64(rest)}
}

// Factor multiplies a price, in millionths: 1.1 is 1,100,000.
type Factor int64

const (
	one       Factor = million
	maxFactor        = 100_000 * one
)

// ParseFactor reads a factor such as 0.5.
func ParseFactor(text string) (Factor, error) {
	n, err := parseDecimal(text, 6)
	if err != nil {
		return 0, err
	}
	if Factor(n) > maxFactor {
		return 0, fmt.Errorf("expected a factor of at most 100000, got %q", text)
	}
	return Factor(n), nil
}

func (f Factor) String() string { return decimal(int64(f), 6) }

// of rounds half up to a whole nano-dollar for a million tokens. Prices with up
// to seven decimals and factors with up to two come out exact.
func (f Factor) of(p Price) Price {
	if p == none || f == one {
		return p
	}
	hi, lo := bits.Mul64(uint64(p), uint64(f))
	if hi >= million/2 {
		return math.MaxInt64 // and its cost is more than an Amount can hold
	}
	lo, carry := bits.Add64(lo, million/2, 0)
	quotient, _ := bits.Div64(hi+carry, lo, million)
	return Price(min(quotient, math.MaxInt64))
}

// parseDecimal reads a decimal without sign as a whole number of its last place.
func parseDecimal(text string, places int) (int64, error) {
	whole, fraction, _ := strings.Cut(text, ".")
	if strings.Trim(whole+fraction, "0123456789") != "" || whole+fraction == "" {
		return 0, fmt.Errorf("expected a number such as 0.25, got %q", text)
	}
	if len(fraction) > places {
		return 0, fmt.Errorf("expected at most %d decimals, got %q", places, text)
	}
	n, err := strconv.ParseInt(whole+fraction+strings.Repeat("0", places-len(fraction)), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("expected a smaller number, got %q", text)
	}
	return n, nil
}

// decimal is as short as it can be.
func decimal(n int64, places int) string {
	return strings.TrimSuffix(strings.TrimRight(decimalOf(n, places), "0"), ".")
}
