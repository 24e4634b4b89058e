package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/wiremeter/wiremeter/scripted"
)

// stageRun starts the proxy of a run. What it says goes into the text.
func stageRun(t *testing.T, h *house) (*runner, *meter, *scripted.Provider, *bytes.Buffer) {
	t.Helper()
	provider, err := scripted.Open(scripted.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shut(t, provider) })
	ca := h.path("provider.pem")
	if err := os.WriteFile(ca, provider.CAPEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	text := new(bytes.Buffer)
	r := &runner{house: h, errs: text, name: newName(""), began: time.Now()}
	r.flags.upstream = upstreamFlags{proxy: "none", ca: ca, connectTo: provider.ConnectTo()}
	m, err := r.startMeter(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return r, m, provider, text
}

// TestEndOfARunThatCuts: what is cut does not hide that records are lost.
func TestEndOfARunThatCuts(t *testing.T) {
	t.Parallel()
	h := &house{dir: t.TempDir()}
	if err := os.WriteFile(h.database(), bytes.Repeat([]byte("no database "), 100), 0o600); err != nil {
		t.Fatal(err)
	}
	r, m, provider, text := stageRun(t, h)
	provider.Play(func(scripted.Call) scripted.Script { return scripted.Script{HangAfter: 2} })
	agent, cut := newDemoAgent(m), make(chan error)
	go func() {
		_, err := agent.make(t.Context(), demoCalls[0])
		cut <- err
	}()
	if !await(func() bool { return m.underWay() == 1 }) {
		t.Fatal("nothing is under way")
	}
	end := m.endRun()
	if <-cut == nil {
		t.Error("the call came to its end")
	}
	if !strings.Contains(errorText(end.err), "1 records and 0 tallies are not stored") || end.seen != 1 || end.lost != 1 {
		t.Errorf("%+v", end)
	}
	text.Reset()
	if err := r.summarise(t.Context(), end); err != nil || !strings.Contains(text.String(), "1 request came through the proxy, of which nothing could be stored") {
		t.Errorf("the summary is %q, %v", text, err)
	}
}

// TestEndOfARunThatOnlyCuts: to cut what a command left open is no error.
func TestEndOfARunThatOnlyCuts(t *testing.T) {
	t.Parallel()
	_, m, provider, _ := stageRun(t, &house{dir: t.TempDir()})
	provider.Play(func(scripted.Call) scripted.Script { return scripted.Script{HangAfter: 2} })
	agent, cut := newDemoAgent(m), make(chan error)
	go func() {
		_, err := agent.make(t.Context(), demoCalls[0])
		cut <- err
	}()
	if !await(func() bool { return m.underWay() == 1 }) {
		t.Fatal("nothing is under way")
	}
	if end := m.endRun(); end != (ending{seen: 1}) {
		t.Errorf("%+v", end)
	}
	if <-cut == nil {
		t.Error("the call came to its end")
	}
}

// TestRunWithALockedDatabase: it does not wait for the lock, and loses nothing when
// that ends.
func TestRunWithALockedDatabase(t *testing.T) {
	t.Parallel()
	h := &house{dir: t.TempDir()}
	unlock := lockDatabase(t, h)
	started := time.Now()
	_, m, provider, text := stageRun(t, h)
	callAll(t, m, provider)
	if took := time.Since(started); took > 5*time.Second || !strings.Contains(text.String(), "nothing can be stored of this run, unless that ends") {
		t.Errorf("after %v: %s", took, text)
	}
	unlock()
	end := m.endRun()
	if c := coverage(t, h); end.err != nil || c.Exchanges != end.seen {
		t.Errorf("%d were seen, %v: %s", end.seen, end.err, c)
	}
}
