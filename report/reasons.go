package report

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// most is how many reasons, or hosts, a line names.
const most = 3

// because says in brackets why so many exchanges ended as they did; nothing
// where no reason is known.
func because(count int64, reasons map[string]int64) string {
	for reason, n := range reasons {
		if n == count {
			return " (" + name(reason) + ")"
		}
	}
	if len(reasons) == 0 {
		return ""
	}
	return " (" + listed(reasons) + ")"
}

// listed names each reason and its count, the most frequent first.
func listed(reasons map[string]int64) string {
	var all []string
	for _, reason := range byCount(reasons) {
		if len(all) == most {
			all = append(all, "…")
			break
		}
		all = append(all, thousands(reasons[reason])+" "+name(reason))
	}
	return strings.Join(all, ", ")
}

func byCount(counts map[string]int64) []string {
	return slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
}

// Reasons of tunnels.
const (
	noProvider         = "no_provider"
	unreachable        = "unreachable"
	certificateRefused = "certificate_refused"
)

// tunnelWords put the reasons of tunnels for people. That a host is no
// provider's needs no word.
var tunnelWords = map[string]string{
	unreachable:        "unreachable",
	certificateRefused: "refused our certificate",
	"no_authority":     "not permitted by the authority",
	"other_name":       "named another host",
	"not_tls":          "spoke no TLS",
}

func inWords(reasons map[string]int64) map[string]int64 {
	words := make(map[string]int64)
	for reason, n := range reasons {
		if reason != noProvider {
			words[cmp.Or(tunnelWords[reason], reason)] += n
		}
	}
	return words
}
