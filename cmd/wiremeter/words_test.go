package main

import (
	"context"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/wiremeter/wiremeter/capture"
	"github.com/wiremeter/wiremeter/usage"
)

// A tunnel keeps no name of a proxy's user that is no run's.
func TestATunnelIsOfARunOrOfNone(t *testing.T) {
	h := &house{dir: t.TempDir()}
	l, err := listen(t.Context(), anyPort)
	if err != nil {
		t.Fatal(err)
	}
	m, err := startMeter(h, l, upstreamFlags{proxy: "none"}, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"alice", demoRun} {
		m.tally(usage.Tally{At: time.Now(), Outcome: usage.Tunnelled, Host: "example.com", Run: name, Count: 1})
	}
	if err := m.close(context.Background()); err != nil {
		t.Fatal(err)
	}
	r, err := h.reader()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"alice": false, demoRun: true} {
		if got, err := r.KnowsRun(t.Context(), name); err != nil || got != want {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}

func TestTheNamesOfRunsAreKept(t *testing.T) {
	outer := newName("")
	for _, name := range []string{demoRun, outer, newName(outer), newName(newName(outer))} {
		if capture.RunName(name) != name {
			t.Errorf("%s is not kept", name)
		}
	}
}
