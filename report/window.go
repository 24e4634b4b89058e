package report

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ParseTime reads a bound of a report's time: RFC 3339, a date (its first
// instant, where now is), or how long before now (90m, 24h, 7d). Its error says
// what was expected; the caller adds which flag it was.
func ParseTime(text string, now time.Time) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, nil
	}
	if t, err := time.ParseInLocation(time.DateOnly, text, now.Location()); err == nil {
		return firstInstant(t, text), nil
	}
	if days, ok := strings.CutSuffix(text, "d"); ok {
		if n, err := strconv.ParseUint(days, 10, 16); err == nil {
			return now.AddDate(0, 0, -int(n)), nil
		}
	}
	if d, err := time.ParseDuration(text); err == nil && d >= 0 {
		return now.Add(-d), nil
	}
	return time.Time{}, fmt.Errorf("%q: expected a date (2026-01-31), a time (2026-01-31T15:04:05Z), or how long ago (90m, 24h, 7d)", text)
}

// firstInstant mends what time makes of a midnight that the clocks pass over: it
// may be an hour before, on the day before. The day then begins at the change.
func firstInstant(t time.Time, date string) time.Time {
	if t.Format(time.DateOnly) != date {
		_, t = t.ZoneBounds()
	}
	return t
}
