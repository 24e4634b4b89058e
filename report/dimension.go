package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/wiremeter/wiremeter/store/sqlite"
)

// dimension is what a report can be grouped by. It is a column of the store, or
// made of the time, which the store does not know how to name: that depends on
// the place.
type dimension struct {
	name   string
	column string
	of     func(at time.Time, q *Query) string // of a time at the query's place
}

// dimensions in the order in which they are named to the user.
var dimensions = []dimension{
	{name: "day", of: func(at time.Time, _ *Query) string { return at.Format(time.DateOnly) }},
	{name: "hour", of: func(at time.Time, _ *Query) string { return at.Format("2006-01-02 15:00") }},
	{name: "week", of: weekOf},
	{name: "month", of: func(at time.Time, _ *Query) string { return at.Format("2006-01") }},
	{name: modelName, column: "model"},
	{name: "agent", column: "agent"},
	{name: "agent_version", column: "agent_version"},
	{name: "session", column: "session_id"},
	{name: "parent", column: "parent_session_id"},
	{name: "subagent", column: "subagent_id"},
	{name: "turn", column: "turn_id"},
	{name: "purpose", column: "purpose"},
	{name: "provider", column: "provider"},
	{name: "host", column: "host"},
	{name: "project", column: "project"},
	{name: "repository", column: "repository"},
	{name: "branch", column: "branch"},
	{name: "commit", column: "commit_hash"},
	{name: "dir", column: "dir"},
	{name: "user", column: "user"},
	{name: "team", column: "team"},
	{name: "machine", column: "machine"},
	{name: "plan", column: "plan"},
	{name: "tier", column: "service_tier"},
	{name: "outcome", column: "outcome"},
	{name: "reason", column: "reason"},
	{name: "kind", column: "kind"},
	{name: "hop", column: "hop"},
	{name: "front", column: "front"},
	{name: runName, column: "run"},
}

const (
	modelName = "model"
	runName   = "run"
)

// maybeNone are dimensions of which a record may well have none, which is not
// unknown then.
var maybeNone = []string{"reason", runName, "hop", "parent", "subagent", "tier"}

// Dimensions lists what a report can be grouped by.
func Dimensions() (names []string) {
	for _, d := range dimensions {
		names = append(names, d.name)
	}
	return names
}

// Filters lists what a report can be filtered by.
func Filters() (names []string) {
	for _, d := range dimensions {
		if d.column != "" {
			names = append(names, d.name)
		}
	}
	return names
}

func dimensionOf(name string) (dimension, bool) {
	at := slices.IndexFunc(dimensions, func(d dimension) bool { return d.name == name })
	if at < 0 {
		return dimension{}, false
	}
	return dimensions[at], true
}

// weekOf is the ISO week, or the first day of one that begins on another day.
func weekOf(at time.Time, q *Query) string {
	if q.WeekStart == nil {
		year, week := at.ISOWeek()
		return fmt.Sprintf("%d-W%02d", year, week)
	}
	back := (int(at.Weekday()) - int(*q.WeekStart) + 7) % 7
	year, month, day := at.Date()
	return time.Date(year, month, day-back, 12, 0, 0, 0, time.UTC).Format(time.DateOnly)
}

// UnknownWord chooses, in a filter, what is unknown; besides what is called so.
const UnknownWord = "unknown"

// Filter is the query's in the words of the store. Its error is a DimensionError.
func (q Query) Filter() (sqlite.Filter, error) {
	f := sqlite.Filter{Since: q.Since, Until: q.Until, Run: q.Run, Is: make(map[string][]string)}
	for _, name := range slices.Sorted(maps.Keys(q.Where)) {
		d, ok := dimensionOf(name)
		if !ok || d.column == "" {
			return f, DimensionError(fmt.Sprintf("filter by %q: expected one of %s", name, strings.Join(Filters(), ", ")))
		}
		values := slices.Clone(q.Where[name])
		if slices.Contains(values, UnknownWord) {
			values = append(values, "")
		}
		if len(values) > 0 {
			f.Is[d.column] = values
		}
	}
	return f, nil
}
