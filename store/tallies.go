package store

import (
	"maps"
	"slices"
	"time"

	"github.com/wiremeter/wiremeter/usage"
)

// maxTallies bounds the kinds of tallies that wait. Agents choose the hosts that
// they call and the names of their runs, so these have no bound of their own.
const maxTallies = 4096

// otherHosts stands for the hosts beyond it, of whatever run; the counts stay
// exact.
const otherHosts = "(other hosts)"

type tallyKey struct {
	hour                        int64
	outcome                     usage.Outcome
	provider, host, reason, run string
}

// tallies adds up tallies of the same hour and kind.
type tallies map[tallyKey]usage.Tally

func (m *tallies) add(t usage.Tally) {
	if *m == nil {
		*m = make(tallies)
	}
	key := keyOf(t)
	sum, isThere := (*m)[key]
	if !isThere && len(*m) >= maxTallies {
		t.Host, t.Run = otherHosts, ""
		key = keyOf(t)
		sum = (*m)[key]
	}
	t.Count += sum.Count
	t.RequestBytes += sum.RequestBytes
	t.ResponseBytes += sum.ResponseBytes
	(*m)[key] = t
}

func keyOf(t usage.Tally) tallyKey {
	return tallyKey{t.At.Truncate(time.Hour).Unix(), t.Outcome, t.Provider, t.Host, t.Reason, t.Run}
}

func (m tallies) list() []usage.Tally { return slices.Collect(maps.Values(m)) }
