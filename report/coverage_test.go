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
				records = append(records, usage.Record{ID: fmt.Sprint(o, j), StartedAt: when, Outcome: o, Response: usage.Response{IsDoubtful: j == 0}})
			}
		}
	}
	got := ask(t, filled(t, records, tallies...), Query{}).Coverage
	want := Coverage{
		Exchanges: 255, Billable: 1 + 2 + 4 + 8 + 16 + 128, Metered: 1, Interrupted: 2, NoUsage: 4, Unparsed: 8, Failed: 16,
		NotBillable: 32, Tunnelled: 64, Lost: 128, LostReasons: map[string]int64{"x": 128}, Doubtful: 5,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestCoverageInWords(t *testing.T) {
	for want, c := range map[string]Coverage{
		"coverage: no billable exchanges":                                                                {},
		"coverage: no billable exchanges; besides 1,000 not billable":                                    {Exchanges: 1000, NotBillable: 1000},
		"coverage: no billable exchanges; besides 2 not billable, 3 tunnelled (999 B)":                   {NotBillable: 2, Tunnelled: 3, TunnelledBytes: 999},
		"coverage: 1 of 1 billable exchanges metered (100.0 %), none lost":                               {Billable: 1, Metered: 1},
		"coverage: 1,999 of 2,000 billable exchanges metered (99.9 %): 1 interrupted, none lost":         {Billable: 2000, Metered: 1999, Interrupted: 1},
		"coverage: 999,999 of 1,000,000 billable exchanges metered (99.9 %): 1 failed, none lost":        {Billable: 1e6, Metered: 1e6 - 1, Failed: 1},
		"coverage: 2 of 3 billable exchanges metered (66.6 %): 1 without usage, none lost":               {Billable: 3, Metered: 2, NoUsage: 1},
		"coverage: 0 of 10 billable exchanges metered (0.0 %): 10 unparsed, none lost":                   {Billable: 10, Unparsed: 10},
		"coverage: 1 of 20 billable exchanges metered (5.0 %): 19 lost (disk_full)":                      {Billable: 20, Metered: 1, Lost: 19, LostReasons: map[string]int64{"disk_full": 19}},
		"coverage: 1 of 4 billable exchanges metered (25.0 %): 1 failed, 2 lost (disk_full, queue_full)": {Billable: 4, Metered: 1, Failed: 1, Lost: 2, LostReasons: map[string]int64{"queue_full": 1, "disk_full": 1}},
		"coverage: 1 of 11 billable exchanges metered (9.0 %): 1 interrupted, 2 without usage, 3 unparsed, 4 failed, none lost": {
			Billable: 11, Metered: 1, Interrupted: 1, NoUsage: 2, Unparsed: 3, Failed: 4,
		},
		"coverage: 1 of 1 billable exchanges metered (100.0 %), none lost; besides 5 tunnelled (1.2 MB; 2 refused our certificate)": {
			Billable: 1, Metered: 1, Tunnelled: 5, TunnelledBytes: 1_234_567, CertificateRefused: 2,
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
