package prices

import (
	"math"
	"testing"
)

func TestAmounts(t *testing.T) {
	half := Price(500_000).times(1)
	if n := half.Nano(); n != 1 {
		t.Errorf("half a nano-dollar is shown as %d", n)
	}
	if whole := half.Plus(half); whole != Nanodollars(1) {
		t.Errorf("two halves are %v", whole)
	}
	if a := Nanodollars(math.MaxInt64).Plus(half).Plus(half); a != most || a.Nano() != math.MaxInt64 {
		t.Errorf("it grows beyond its end: %v", a)
	}
	if a := maxPrice.times(math.MaxInt64); a != most {
		t.Errorf("it grows beyond its end: %v", a)
	}
	// A thousand million tokens at 150 dollars a million, a thousand times.
	var sum Amount
	for range 1000 {
		sum = sum.Plus(Price(150e9).times(1e9))
	}
	if sum != Nanodollars(150e6*1e9) {
		t.Errorf("a company's year is %v", sum)
	}
}

func TestPricesAndFactors(t *testing.T) {
	for text, want := range map[string]Price{"0": 0, "5": 5e9, "0.0375": 37_500_000, "0.000000001": 1, "1000000": maxPrice, ".5": 5e8} {
		got, err := ParsePrice(text)
		if err != nil || got != want {
			t.Errorf("%s: %d, %v", text, got, err)
		}
	}
	for _, text := range []string{"", ".", "-1", "+1", "1e-3", "NaN", "0.0000000001", "1000001", "99999999999", "1,5", " 1"} {
		if got, err := ParsePrice(text); err == nil {
			t.Errorf("%q is taken as %v", text, got)
		}
	}
	for price, want := range map[Price]string{0: "0", 5e9: "5", 37_500_000: "0.0375", 1: "0.000000001", 1_250_000_000: "1.25"} {
		if got := price.String(); got != want {
			t.Errorf("%d is written as %s", price, got)
		}
	}
	if f, err := ParseFactor("1.1"); err != nil || f.of(37_500_000) != 41_250_000 || f.of(none) != none || f.String() != "1.1" {
		t.Errorf("a tenth more: %v, %v", f, err)
	}
	if f, err := ParseFactor("1000"); err != nil || f.of(maxPrice) != 1000*maxPrice {
		t.Errorf("a thousand times: %v", err)
	}
	if p := maxFactor.of(maxFactor.of(maxPrice)); p.times(1e12) != most {
		t.Errorf("more than can be held is %v", p)
	}
	if f, err := ParseFactor("100001"); err == nil {
		t.Errorf("taken as a factor: %v", f)
	}
}

func TestBands(t *testing.T) {
	for prompt, want := range map[int64]int64{0: 0, 31_999: 0, 32_000: 32_000, 32_001: 32_001, 199_999: 131_073, 200_000: 200_000, 200_001: 200_001, 5e6: 1_048_577} {
		if got := Band(prompt); got != want {
			t.Errorf("%d: %d, want %d", prompt, got, want)
		}
	}
	for i, b := range Bounds() {
		if Band(b) != b || Band(b-1) == b {
			t.Errorf("%d does not begin a band", b)
		}
		if i > 0 && b <= bounds[i-1] {
			t.Errorf("%d does not rise", b)
		}
	}
}

func TestCurrencies(t *testing.T) {
	euro := Currency{"EUR", 920_000}
	for nano, want := range map[int64]string{
		0: "$0.00", 1: "<$0.000001", 499: "<$0.000001", 500: "$0.000001", 1_234_567: "$0.00123", 50_000: "$0.000050", 500_000_000: "$0.500", 999_999_999: "$1.000",
		12_345_678_900: "$12.35", 1_234_567_895_000_000: "$1,234,567.90", 100e9: "$100.00",
	} {
		if got := (Currency{}).Format(Nanodollars(nano)); got != want {
			t.Errorf("%d: %s, want %s", nano, got, want)
		}
	}
	for nano, want := range map[int64]string{0: "0.00 EUR", 1e9: "0.920 EUR", 1: "<0.000001 EUR", 1_000_000e9: "920,000.00 EUR"} {
		if got := euro.Format(Nanodollars(nano)); got != want {
			t.Errorf("%d: %s, want %s", nano, got, want)
		}
	}
	if got := euro.Exact(Nanodollars(1_250_000_000)); got != "1.15 EUR" {
		t.Errorf("exactly %s", got)
	}
	if got := (Currency{"VND", maxFactor}).Format(most); got != "9,223,372,036.85 VND" {
		t.Errorf("the most is %s", got)
	}
}
