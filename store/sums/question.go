package sums

import "time"

// Filter chooses records. Its zero value chooses all.
type Filter struct {
	Since time.Time           // the first instant; zero: from the beginning
	Until time.Time           // the first instant that is too late; zero: to the end
	Run   string              // a run's name; empty: any and none
	Is    map[string][]string // by dimension: one of these, "" is unknown; a dimension without any chooses nothing
}

// Grouping says what to add up by.
type Grouping struct {
	By    []string                      // dimensions; none: one group
	Times []func(slot time.Time) string // groups by what these make of the begin of a line's Slot, too
	Apart []string                      // dimensions by which the sums of one group are kept apart

	ApartTime func(slot time.Time) time.Time // whole seconds: so are those for which it differs; nil: it does not

	CountsSessions bool
	CountsTurns    bool
	Measures       []Measure // nil: all
}

// Table is what a grouping adds up to.
type Table struct {
	Groups []Group
	Total  Distinct // of all groups but those beside
}

// Group is one group of a table.
type Group struct {
	By    []string // in the order of Grouping.By; "" is unknown
	Times []string // in the order of Grouping.Times

	// IsBeside: these are prewarms, or the way to a gateway that asked through
	// wiremeter, too. They are a group of their own, and belong in no total.
	IsBeside bool

	Distinct
	Sums []Sum
}

// Distinct counts what lines have in common, once each; 0 unless asked for.
type Distinct struct {
	Sessions int64 // different session ids
	Turns    int64 // different turn ids of a session
}

// Sum adds up the lines of a group that have the same words apart.
type Sum struct {
	Apart []string  // in the order of Grouping.Apart
	Time  time.Time // what Grouping.ApartTime says
	Counts
}
