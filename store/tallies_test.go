package store

import (
	"testing"
	"time"

	"github.com/wiremeter/wiremeter/usage"
)

func TestTalliesOfOneHourAndKindAreOne(t *testing.T) {
	one := usage.Tally{
		At: time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC), Outcome: usage.Tunnelled, Provider: "p", Host: "h", Reason: "r", Run: "u",
		Count: 2, RequestBytes: 30, ResponseBytes: 400,
	}
	for name, test := range map[string]struct {
		change func(*usage.Tally)
		isSame bool
	}{
		"the same":                      {func(x *usage.Tally) {}, true},
		"the hour's last instant":       {func(x *usage.Tally) { x.At = x.At.Add(time.Hour - 1) }, true},
		"the same hour elsewhere":       {func(x *usage.Tally) { x.At = x.At.In(time.FixedZone("", 5*60*60)) }, true},
		"the next hour":                 {func(x *usage.Tally) { x.At = x.At.Add(time.Hour) }, false},
		"the hour before":               {func(x *usage.Tally) { x.At = x.At.Add(-1) }, false},
		"another outcome":               {func(x *usage.Tally) { x.Outcome = usage.Lost }, false},
		"another provider":              {func(x *usage.Tally) { x.Provider = "" }, false},
		"another host":                  {func(x *usage.Tally) { x.Host = "" }, false},
		"another reason":                {func(x *usage.Tally) { x.Reason = "" }, false},
		"another run":                   {func(x *usage.Tally) { x.Run = "" }, false},
		"a reason that is not a run's":  {func(x *usage.Tally) { x.Run, x.Reason = "r", "u" }, false},
		"a host that is not a reason's": {func(x *usage.Tally) { x.Host, x.Reason = "r", "h" }, false},
	} {
		other := one
		test.change(&other)
		var m tallies
		m.add(one)
		m.add(other)
		all := m.list()
		if test.isSame && (len(all) != 1 || all[0].Count != 4 || all[0].RequestBytes != 60 || all[0].ResponseBytes != 800) {
			t.Errorf("%s: got %+v", name, all)
		}
		if !test.isSame && (len(all) != 2 || all[0].Count != 2 || all[1].Count != 2) {
			t.Errorf("%s: got %+v", name, all)
		}
	}
}

// TestBeyondTheBoundOnlyTheHostAndTheRunAreForgotten, and only of kinds that are
// new.
func TestBeyondTheBoundOnlyTheHostAndTheRunAreForgotten(t *testing.T) {
	var m tallies
	known := usage.Tally{Outcome: usage.Tunnelled, Host: "known", Reason: "no_provider", Run: "known", Count: 1}
	m.add(known)
	for i := range maxTallies - 1 {
		m.add(usage.Tally{At: time.Unix(int64(i)*3600, 0), Outcome: usage.NotBillable, Count: 1})
	}
	m.add(known)
	for _, host := range []string{"a", "b"} {
		m.add(usage.Tally{Outcome: usage.Tunnelled, Host: host, Reason: "no_provider", Run: host, Count: 1})
		m.add(usage.Tally{Outcome: usage.Tunnelled, Host: host, Reason: "certificate_refused", Count: 10})
	}
	got := make(map[string]int64)
	for _, x := range m.list() {
		if x.Outcome == usage.Tunnelled {
			got[x.Host+" "+x.Reason+" "+x.Run] = x.Count
		}
	}
	if len(got) != 3 || got["known no_provider known"] != 2 || got[otherHosts+" no_provider "] != 2 || got[otherHosts+" certificate_refused "] != 20 {
		t.Errorf("got %v", got)
	}
}

func TestALostRecordIsTalliedForItsRun(t *testing.T) {
	var r Recorder
	record := usage.Record{Provider: "p", Host: "h", Attribution: usage.Attribution{Run: "u"}, RequestBytes: 2, ResponseBytes: 3}
	r.lose(&record, "disk_full")
	want := usage.Tally{Outcome: usage.Lost, Provider: "p", Host: "h", Reason: "disk_full", Run: "u", Count: 1, RequestBytes: 2, ResponseBytes: 3}
	if all := r.tallies.list(); len(all) != 1 || all[0] != want {
		t.Errorf("got %+v", all)
	}
}
