package prices

import (
	"slices"
	"time"
)

// Epoch is the begin of the time around at within which no price of a provider
// changes: it is longer than a Period where the provider's prices are the same all
// day. Sums over one epoch cost what their items do.
func (b *Book) Epoch(provider string, at time.Time) time.Time {
	if !sellers()[provider] {
		return Period(at) // it may have the prices of others
	}
	var begin time.Time
	for _, t := range b.tables {
		if slices.Contains(t.hourly(), provider) {
			return Period(at)
		}
		for _, bound := range t.bounds() {
			if !bound.After(at) && bound.After(begin) {
				begin = bound
			}
		}
	}
	return begin
}

// bounds are when lines begin and end.
func (t *Table) bounds() []time.Time {
	t.epochs.once.Do(t.findEpochs)
	return t.epochs.bounds
}

// hourly are the providers some of whose prices change within a day.
func (t *Table) hourly() []string {
	t.epochs.once.Do(t.findEpochs)
	return t.epochs.hourly
}

func (t *Table) findEpochs() {
	for _, l := range t.lines {
		for _, at := range []time.Time{l.From, l.Until} {
			if !at.IsZero() && !slices.ContainsFunc(t.epochs.bounds, at.Equal) {
				t.epochs.bounds = append(t.epochs.bounds, at)
			}
		}
		if l.When.Times != (Times{}) && !slices.Contains(t.epochs.hourly, l.Provider) {
			t.epochs.hourly = append(t.epochs.hourly, l.Provider)
		}
	}
}
