package prices

import (
	"fmt"
	"slices"
	"time"
)

// Times are the hours of a week, in UTC, in which a line holds. Its zero value is
// always.
type Times struct {
	From, Until int8 // whole hours, the first that is too late; both 0: all
	IsWeekdays  bool // Monday to Friday only
}

// hours at which prices may change within a day. They are few so that records can
// be added up by Period.
var hours = []int8{0, 1, 4, 6, 10, 24}

// Period is the begin of the time around at within which no price changes: a
// line's days begin and end with a day in UTC, and its Times at fixed hours.
func Period(at time.Time) time.Time {
	at = at.UTC()
	begin := hours[0]
	for _, h := range hours {
		if int(h) <= at.Hour() {
			begin = h
		}
	}
	return time.Date(at.Year(), at.Month(), at.Day(), int(begin), 0, 0, 0, time.UTC)
}

func (t Times) hold(at time.Time) bool {
	if t == (Times{}) {
		return true
	}
	at = at.UTC()
	hour, day := int8(at.Hour()), at.Weekday()
	return (t.Until == 0 || t.From <= hour && hour < t.Until) && (!t.IsWeekdays || day != time.Saturday && day != time.Sunday)
}

const weekdays = "days=mon-fri"

func (t Times) words() (words []string) {
	if t.IsWeekdays {
		words = append(words, weekdays)
	}
	if t.Until > 0 {
		words = append(words, fmt.Sprintf("utc=%02d-%02d", t.From, t.Until))
	}
	return words
}

func (t *Times) add(word string) error {
	if word == weekdays {
		t.IsWeekdays = true
		return nil
	}
	_, err := fmt.Sscanf(word, "utc=%02d-%02d", &t.From, &t.Until)
	if err != nil || !slices.Contains(hours, t.From) || !slices.Contains(hours, t.Until) || t.From >= t.Until {
		return fmt.Errorf("%s: expected two hours of %v, such as utc=01-04", word, hours)
	}
	return nil
}
