package report

import (
	"math"
	"testing"
)

func TestThousands(t *testing.T) {
	for number, want := range map[int64]string{
		0: "0", 7: "7", 999: "999", 1000: "1,000", 12345: "12,345", 999999: "999,999", 1234567: "1,234,567",
		-1: "-1", -999: "-999", -1000: "-1,000", -123456: "-123,456",
		math.MaxInt64: "9,223,372,036,854,775,807", math.MinInt64: "-9,223,372,036,854,775,808",
	} {
		if got := thousands(number); got != want {
			t.Errorf("%d: got %s, want %s", number, got, want)
		}
	}
}

func TestNumbers(t *testing.T) {
	if got := number(nil); got != "-" {
		t.Errorf("unknown is %q", got)
	}
	if got := number(n(0)); got != "0" {
		t.Errorf("0 is %q", got)
	}
}

func TestByteSizes(t *testing.T) {
	for size, want := range map[int64]string{
		0: "0 B", 1: "1 B", 999: "999 B", 1000: "1.0 kB", 1049: "1.0 kB", 1050: "1.1 kB", 12345: "12.3 kB",
		999_949: "999.9 kB", 999_950: "1.0 MB", 1_234_567: "1.2 MB",
		999_949_999: "999.9 MB", 999_950_000: "1.0 GB", 999_950_000_000: "1.0 TB", 999_950_000_000_000: "1.0 PB",
		1e18: "1.0 EB", math.MaxInt64: "9.2 EB",
	} {
		if got := byteSize(size); got != want {
			t.Errorf("%d: got %s, want %s", size, got, want)
		}
	}
}

// TestNamesCannotSteerATerminal: they come from the wire.
func TestNamesCannotSteerATerminal(t *testing.T) {
	for given, want := range map[string]string{
		"":                       "unknown",
		"claude-opus-5":          "claude-opus-5",
		"modèle 日本":              "modèle 日本",
		"\x1b[31mred\x1b[0m":     "\uFFFD[31mred\uFFFD[0m",
		"a\tb\r\nc\x00":          "a\uFFFDb\uFFFD\uFFFDc\uFFFD",
		"\u009b2J":               "\uFFFD2J", // CSI in one character
		"evil\u202egnp.exe":      "evil\uFFFDgnp.exe",
		"line\u2028end":          "line\uFFFDend",
		"no UTF-8 \xff\xfe here": "no UTF-8 \uFFFD\uFFFD here",
	} {
		if got := name(given); got != want {
			t.Errorf("%q: got %q, want %q", given, got, want)
		}
	}
}
