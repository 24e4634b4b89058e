package main

import (
	"cmp"
	"sync/atomic"

	"github.com/rs/zerolog"

	"github.com/wiremeter/wiremeter/proxy"
	"github.com/wiremeter/wiremeter/store"
	"github.com/wiremeter/wiremeter/usage"
)

// underWay is the number of exchanges and tunnels that have begun and not ended.
func (m *meter) underWay() int64 { return max(0, m.proxy.Seen()-m.ended.Load()) }

// counted tells when its exchange has ended.
type counted struct {
	proxy.Tap
	ended *atomic.Int64
}

func (c counted) End(err error) {
	defer c.ended.Add(1)
	c.Tap.End(err)
}

// told hands on what there is to keep, and says at level debug that it came:
// whose it was and what became of it, nothing that would tell one from another.
type told struct {
	*store.Recorder
	log zerolog.Logger
}

func (t told) Record(r usage.Record) {
	t.Recorder.Record(r)
	t.say(r.Outcome, r.Provider, cmp.Or(r.Model, r.ModelRequested), r.Agent)
}

func (t told) Tally(y usage.Tally) {
	t.Recorder.Tally(y)
	t.say(y.Outcome, y.Provider, "", "")
}

func (t told) say(o usage.Outcome, provider, model, agent string) {
	e := t.log.Debug()
	if !e.Enabled() {
		return
	}
	e = e.Str("outcome", string(o))
	for _, f := range []struct{ name, value string }{{"provider", provider}, {"model", model}, {"agent", agent}} {
		if f.value != "" {
			e = e.Str(f.name, f.value)
		}
	}
	e.Msg("exchange")
}
