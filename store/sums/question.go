package sums

import (
	"slices"
	"time"
)

// Filter chooses records. Its zero value chooses all.
type Filter struct {
	Since time.Time           // the first instant; zero: from the beginning
	Until time.Time           // the first instant that is too late; zero: to the end
	Run   string              // a run's name; empty: any and none
	Is    map[string][]string // by dimension: one of these, "" is unknown; a dimension without any chooses nothing
}

// Grouping says what to add up by. Times and ApartTime may be called from several
// goroutines at once.
type Grouping struct {
	By    []string                      // dimensions; none: one group
	Times []func(slot time.Time) string // groups by what these make of the begin of a line's Slot, too
	Apart []string                      // dimensions by which the sums of one group are kept apart

	ApartTime func(slot time.Time) time.Time // whole seconds: so are those for which it differs; nil: it does not

	// Epoch says of which of ApartTime's times sums with these words apart may be
	// added up: those for which it is the same. nil: of none.
	Epoch func(apart []string, at time.Time) time.Time

	// Unit is how long Times and ApartTime are the same at least, from its
	// multiples since 1970 UTC on: Slot, or more, which is faster. 0: Slot.
	Unit time.Duration

	CountsSessions bool
	CountsTurns    bool
	Measures       []Measure // nil: all
}

// Table is what a grouping adds up to.
type Table struct {
	Groups []Group
	Alike  []Alike  // by Sum.Alike
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
	Alike int // in Table.Alike
	Counts
}

// Alike is what the lines of a Sum have in common besides their group.
type Alike struct {
	Apart []string  // in the order of Grouping.Apart
	Time  time.Time // what Grouping.ApartTime says, of one of them where Epoch takes several together
}

// Needs are the dimensions that a grouping looks at.
func (g Grouping) Needs() []string {
	all := slices.Concat(g.By, g.Apart)
	if g.CountsTurns {
		all = append(all, "turn_id")
	}
	return all
}

// unit is how long the times of a grouping are the same. Without any it is long.
func (g Grouping) unit() time.Duration {
	if len(g.Times) == 0 && g.ApartTime == nil {
		return time.Hour
	}
	return max(g.Unit, Slot)
}

// VariantFor is the coarsest that answers all of the groupings, of what the filter
// chooses.
func VariantFor(f Filter, groupings []Grouping) Variant {
	var needs []string
	unit := Variants[0].unit
	for name := range f.Is {
		needs = append(needs, name)
	}
	for _, g := range groupings {
		needs, unit = append(needs, g.Needs()...), min(unit, g.unit())
	}
	for _, v := range Variants {
		if v.Answers(needs, unit) {
			return v
		}
	}
	return Variants[len(Variants)-1]
}
