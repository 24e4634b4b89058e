package report

import (
	"strings"
	"testing"
	"time"
)

func TestTimes(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 10, 26, 12, 30, 15, 7, berlin) // a day after the clocks went back
	for text, want := range map[string]string{
		"2026-01-31":                    "2026-01-31T00:00:00+01:00",
		"2026-07-31":                    "2026-07-31T00:00:00+02:00",
		"2026-01-31T15:04:05Z":          "2026-01-31T15:04:05Z",
		"2026-01-31T15:04:05.5-09:30":   "2026-01-31T15:04:05.5-09:30",
		"2026-01-31T15:04":              "2026-01-31T15:04:00+01:00",
		"2026-07-31T15:04:05":           "2026-07-31T15:04:05+02:00",
		"today":                         "2026-10-26T00:00:00+01:00",
		"yesterday":                     "2026-10-25T00:00:00+02:00",
		"1w":                            "2026-10-19T12:30:15.000000007+02:00",
		"0.5w":                          "2026-10-23T00:30:15.000000007+02:00",
		"1.5d":                          "2026-10-25T00:30:15.000000007+01:00", // a day ago, and twelve hours before that
		"90m":                           "2026-10-26T11:00:15.000000007+01:00",
		"1h30m":                         "2026-10-26T11:00:15.000000007+01:00",
		"24h":                           "2026-10-25T12:30:15.000000007+01:00",
		"36h":                           "2026-10-25T00:30:15.000000007+01:00", // and not 00:30 summer time
		"0":                             "2026-10-26T12:30:15.000000007+01:00",
		"0d":                            "2026-10-26T12:30:15.000000007+01:00",
		"1d":                            "2026-10-25T12:30:15.000000007+01:00",
		"2d":                            "2026-10-24T12:30:15.000000007+02:00", // the same time of that day
		"7d":                            "2026-10-19T12:30:15.000000007+02:00",
		"400d":                          "2025-09-21T12:30:15.000000007+02:00",
		"2024-02-29":                    "2024-02-29T00:00:00+01:00",
		"2026-01-31T15:04:05.000+00:00": "2026-01-31T15:04:05Z",
	} {
		got, err := ParseTime(text, now)
		if err != nil || !got.Equal(at(want)) {
			t.Errorf("%s: got %s, %v, want %s", text, got.Format(time.RFC3339Nano), err, want)
		}
	}
}

// TestADateIsItsFirstInstant, where the clocks pass over midnight or come to it
// twice, too.
func TestADateIsItsFirstInstant(t *testing.T) {
	for _, test := range []struct{ zone, date, want string }{
		{"America/Santiago", "2026-09-06", "2026-09-06T01:00:00-03:00"},
		{"America/Sao_Paulo", "2018-11-04", "2018-11-04T01:00:00-02:00"},
		{"Africa/Cairo", "2026-04-24", "2026-04-24T01:00:00+03:00"},
		{"America/Havana", "2025-11-02", "2025-11-02T00:00:00-04:00"},
		{"Pacific/Apia", "2011-12-30", "2011-12-31T00:00:00+14:00"}, // a day that was not
		{"Asia/Kathmandu", "2026-11-24", "2026-11-24T00:00:00+05:45"},
	} {
		zone, err := time.LoadLocation(test.zone)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := ParseTime(test.date, time.Now().In(zone)); err != nil || !got.Equal(at(test.want)) {
			t.Errorf("%s in %s: got %v, %v, want %s", test.date, test.zone, got, err, test.want)
		}
	}
}

// TestTodayIsItsFirstInstant, and yesterday is the day before by the calendar.
func TestTodayIsItsFirstInstant(t *testing.T) {
	for _, test := range []struct{ zone, now, today, yesterday string }{
		{"America/Santiago", "2026-09-06T23:00:00-03:00", "2026-09-06T01:00:00-03:00", "2026-09-05T00:00:00-04:00"},
		{"America/Santiago", "2026-09-07T00:00:00-03:00", "2026-09-07T00:00:00-03:00", "2026-09-06T01:00:00-03:00"},
		{"Africa/Cairo", "2026-05-01T00:00:00+03:00", "2026-05-01T00:00:00+03:00", "2026-04-30T00:00:00+03:00"},
		{"Europe/Berlin", "2026-01-01T00:30:00+01:00", "2026-01-01T00:00:00+01:00", "2025-12-31T00:00:00+01:00"},
	} {
		zone, err := time.LoadLocation(test.zone)
		if err != nil {
			t.Fatal(err)
		}
		for text, want := range map[string]string{"today": test.today, "yesterday": test.yesterday} {
			if got, err := ParseTime(text, at(test.now).In(zone)); err != nil || !got.Equal(at(want)) {
				t.Errorf("%s at %s in %s: got %v, %v, want %s", text, test.now, test.zone, got, err, want)
			}
		}
	}
}

func TestWhatIsNoTime(t *testing.T) {
	for _, text := range []string{
		"", " ", "tomorrow", "Today", "2026-1-31", "2026-02-30", "31.01.2026", "2026-01-31 15:04:05", "2026-01-31T15", "2026-01-31T25:04", "2026-01-31T25:00:00Z",
		"-1h", "-7d", "+7d", "7 d", "1,5d", ".5d", "1.d", "1e3d", "7D", "d", "-1w", "700000d", "1w2d", "1790000000",
	} {
		got, err := ParseTime(text, time.Now())
		if err == nil || !got.IsZero() || !strings.HasPrefix(err.Error(), `"`+text+`": expected a date (2026-01-31, today, yesterday), a time (`) {
			t.Errorf("%q: got %v, %v", text, got, err)
		}
	}
}
