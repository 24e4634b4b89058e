package report

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/wiremeter/wiremeter/usage"
)

func TestCoverageOfADatabase(t *testing.T) {
	got := ask(t, twoDays(t), Query{}).Coverage
	want := Coverage{
		Exchanges: 10, Billable: 5, Metered: 3, Failed: 1, Lost: 1, NotBillable: 3, Tunnelled: 2,
		TunnelledBytes: 1_500_000, CertificateRefused: 1, LostReasons: map[string]int64{"queue_full": 1}, Prewarm: 1,
		Reasons: map[usage.Outcome]map[string]int64{
			usage.Failed: {"overloaded_error": 1},
			usage.Lost:   {"queue_full": 1}, usage.NotBillable: {"count_tokens": 3}, usage.Tunnelled: {"no_provider": 1, "certificate_refused": 1},
		},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// TestEveryOutcomeIsCovered: the classes add up to all exchanges, and the
// billable ones to Billable.
func TestEveryOutcomeIsCovered(t *testing.T) {
	var records []usage.Record
	var tallies []usage.Tally
	when := at("2026-11-24T10:00:00Z")
	for i, o := range usage.Outcomes {
		switch o {
		case usage.NotBillable, usage.Tunnelled, usage.Lost:
			tallies = append(tallies, usage.Tally{At: when, Outcome: o, Reason: "x", Count: 1 << i})
		default:
			for j := range 1 << i {
				records = append(records, usage.Record{ID: fmt.Sprint(o, j), StartedAt: when, Outcome: o, Reason: []string{"", "y"}[min(j, 1)], Response: usage.Response{IsDoubtful: j == 0}})
			}
		}
	}
	got := ask(t, filled(t, records, tallies...), Query{}).Coverage
	want := Coverage{
		Exchanges: 255, Billable: 1 + 2 + 4 + 8 + 16 + 128, Metered: 1, Interrupted: 2, NoUsage: 4, Unparsed: 8, Failed: 16,
		NotBillable: 32, Tunnelled: 64, Lost: 128, LostReasons: map[string]int64{"x": 128}, Doubtful: 5,
		Reasons: map[usage.Outcome]map[string]int64{ // the first of the records has none
			usage.Interrupted: {"y": 1}, usage.NoUsage: {"y": 3}, usage.Unparsed: {"y": 7}, usage.Failed: {"y": 15},
			usage.NotBillable: {"x": 32}, usage.Tunnelled: {"x": 64}, usage.Lost: {"x": 128},
		},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestCoverageInWords(t *testing.T) {
	type why = map[usage.Outcome]map[string]int64
	for want, c := range map[string]Coverage{
		"coverage: no billable exchanges":                                                                    {},
		"coverage: no billable exchanges; besides 1,000 not billable":                                        {Exchanges: 1000, NotBillable: 1000},
		"coverage: no billable exchanges; besides 2 not billable, 3 tunnelled (999 B)":                       {NotBillable: 2, Tunnelled: 3, TunnelledBytes: 999},
		"coverage: 1 of 1 billable exchanges metered (100.0 %), none lost":                                   {Billable: 1, Metered: 1},
		"coverage: 1,999 of 2,000 billable exchanges metered (99.9 %): 1 interrupted, none lost":             {Billable: 2000, Metered: 1999, Interrupted: 1},
		"coverage: 999,999 of 1,000,000 billable exchanges metered (99.9 %): 1 failed, none lost":            {Billable: 1e6, Metered: 1e6 - 1, Failed: 1},
		"coverage: 2 of 3 billable exchanges metered (66.6 %): 1 without usage, none lost":                   {Billable: 3, Metered: 2, NoUsage: 1},
		"coverage: 0 of 10 billable exchanges metered (0.0 %): 10 unparsed, none lost":                       {Billable: 10, Unparsed: 10},
		"coverage: 1 of 20 billable exchanges metered (5.0 %): 19 lost (disk_full)":                          {Billable: 20, Metered: 1, Lost: 19, Reasons: why{usage.Lost: {"disk_full": 19}}},
		"coverage: 1 of 4 billable exchanges metered (25.0 %): 1 failed, 2 lost (1 disk_full, 1 queue_full)": {Billable: 4, Metered: 1, Failed: 1, Lost: 2, Reasons: why{usage.Lost: {"queue_full": 1, "disk_full": 1}}},
		"coverage: 0 of 1 billable exchanges metered (0.0 %): 1 failed (upstream_unreachable), none lost":    {Billable: 1, Failed: 1, Reasons: why{usage.Failed: {"upstream_unreachable": 1}}},
		"coverage: 0 of 3 billable exchanges metered (0.0 %): 3 interrupted (2 agent_gone, 1 upstream_cut), none lost": {
			Billable: 3, Interrupted: 3, Reasons: why{usage.Interrupted: {"upstream_cut": 1, "agent_gone": 2}},
		},
		"coverage: 0 of 1,007 billable exchanges metered (0.0 %): 1,000 without usage (no_usage_sent), 7 failed (2 b, 2 c, 1 a, …), none lost": {
			Billable: 1007, NoUsage: 1000, Failed: 7, Reasons: why{usage.NoUsage: {"no_usage_sent": 1000}, usage.Failed: {"a": 1, "b": 2, "c": 2, "d": 1, "e": 1}},
		},
		"coverage: 0 of 3 billable exchanges metered (0.0 %): 3 unparsed (2 websocket), none lost": { // of the third no reason is known
			Billable: 3, Unparsed: 3, Reasons: why{usage.Unparsed: {"websocket": 2}},
		},
		"coverage: 0 of 1 billable exchanges metered (0.0 %): 1 failed (\uFFFD[2J), none lost": {Billable: 1, Failed: 1, Reasons: why{usage.Failed: {"\x1b[2J": 1}}},
		"coverage: no billable exchanges; besides 3 tunnelled (12.0 kB; 2 refused our certificate, 1 not permitted by the authority)": {
			Tunnelled: 3, TunnelledBytes: 12_000, Reasons: why{usage.Tunnelled: {"certificate_refused": 2, "no_authority": 1}},
		},
		"coverage: no billable exchanges; besides 18 tunnelled (1 B; 3 spoke no TLS, 2 named another host, 2 unreachable, …)": {
			Tunnelled: 18, TunnelledBytes: 1, Reasons: why{usage.Tunnelled: {"no_provider": 10, "not_tls": 3, "other_name": 2, "unreachable": 2, "news": 1}},
		},
		"coverage: 1 of 11 billable exchanges metered (9.0 %): 1 interrupted, 2 without usage, 3 unparsed, 4 failed, none lost": {
			Billable: 11, Metered: 1, Interrupted: 1, NoUsage: 2, Unparsed: 3, Failed: 4,
		},
		"coverage: 1 of 1 billable exchanges metered (100.0 %), none lost; besides 5 tunnelled (1.2 MB; 2 refused our certificate)": {
			Billable: 1, Metered: 1, Tunnelled: 5, TunnelledBytes: 1_234_567, Reasons: why{usage.Tunnelled: {"no_provider": 3, "certificate_refused": 2}},
		},
		"coverage: 1 of 1 billable exchanges metered (100.0 %), none lost; 1,234 prewarm kept out of the totals; 1 with doubtful counts": {
			Billable: 1, Metered: 1, Prewarm: 1234, Doubtful: 1,
		},
		"coverage: no billable exchanges; besides 1 not billable; 1 prewarm kept out of the totals; 2 with doubtful counts": {
			NotBillable: 1, Prewarm: 1, Doubtful: 2,
		},
	} {
		if got := c.String(); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}
