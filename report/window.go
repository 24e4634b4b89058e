package report

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"time"
)

// ParseTime reads a bound of a report's time: RFC 3339, a time without a zone or
// a date (its first instant), both where now is, today, yesterday, or how long
// before now (90m, 24h, 7d, 1.5d, 2w). Its error says what was expected; the
// caller adds which flag it was.
func ParseTime(text string, now time.Time) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, nil
	}
	for _, layout := range []string{"2006-01-02T15:04", "2006-01-02T15:04:05"} {
		if t, err := time.ParseInLocation(layout, text, now.Location()); err == nil {
			return t, nil
		}
	}
	if t, ok := parseDay(text, now); ok {
		return t, nil
	}
	if t, ok := parseAgo(text, now); ok {
		return t, nil
	}
	return time.Time{}, fmt.Errorf("%q: expected a date (2026-01-31, today, yesterday), a time (2026-01-31T15:04, 2026-01-31T15:04:05Z), or how long ago (90m, 24h, 7d, 2w)", text)
}

func parseDay(text string, now time.Time) (time.Time, bool) {
	year, month, day := now.Date()
	switch text {
	case "yesterday":
		day--
		fallthrough
	case "today":
		// In UTC every day has its midnight.
		text = time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
	}
	t, err := time.ParseInLocation(time.DateOnly, text, now.Location())
	return firstInstant(t, text), err == nil
}

var daysAgo = regexp.MustCompile(`^([0-9]{1,5}(?:\.[0-9]{1,5})?)([dw])$`)

// parseAgo: a day ago it was the same time of the day, however long that day was.
func parseAgo(text string, now time.Time) (time.Time, bool) {
	if m := daysAgo.FindStringSubmatch(text); m != nil {
		n, err := strconv.ParseFloat(m[1], 64)
		whole, part := math.Modf(n * map[string]float64{"d": 1, "w": 7}[m[2]])
		return now.AddDate(0, 0, -int(whole)).Add(-time.Duration(part * float64(24*time.Hour))), err == nil
	}
	d, err := time.ParseDuration(text)
	return now.Add(-d), err == nil && d >= 0
}

// firstInstant mends what time makes of a midnight that the clocks pass over: it
// may be an hour before, on the day before. The day then begins at the change.
func firstInstant(t time.Time, date string) time.Time {
	if t.Format(time.DateOnly) != date {
		_, t = t.ZoneBounds()
	}
	return t
}
