package report

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// thousands writes 1234567 as 1,234,567.
func thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

// number is "-" for what is unknown.
func number(n *int64) string {
	if n == nil {
		return "-"
	}
	return thousands(*n)
}

// byteSize writes 1234567 as 1.2 MB.
func byteSize(n int64) string {
	if n < 1000 {
		return fmt.Sprintf("%d B", n)
	}
	v, unit := float64(n)/1000, 0
	for units := "kMGTPE"; v >= 999.95 && unit < len(units)-1; unit++ {
		v /= 1000
	}
	return fmt.Sprintf("%.1f %cB", v, "kMGTPE"[unit])
}

// name is a group for people. Names come from the wire, and a terminal obeys
// control characters.
func name(s string) string {
	if s == "" {
		return "unknown"
	}
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}
