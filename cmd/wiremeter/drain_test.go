package main

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/wiremeter/wiremeter/scripted"
)

// TestDrain: what is under way is waited for, in words; another signal, or the
// end of the time, cuts it and says how much it was.
func TestDrain(t *testing.T) {
	for name, tt := range map[string]struct {
		calls   int
		signals int
		atMost  time.Duration
		log     string
		err     string
	}{
		"nothing":       {atMost: time.Hour, log: "stopped"},
		"second signal": {calls: 1, signals: 1, atMost: time.Hour, log: "waiting for what is under way", err: "stopped; 1 exchange under way was cut"},
		"time is up":    {calls: 2, atMost: time.Millisecond, log: "waiting for what is under way", err: "stopped; 2 exchanges under way were cut"},
	} {
		t.Run(name, func(t *testing.T) {
			_, m, provider, _ := stage(t)
			var text strings.Builder
			var err error
			if m.log, err = newLog("info", &text); err != nil {
				t.Fatal(err)
			}
			provider.Play(func(scripted.Call) scripted.Script { return scripted.Script{HangAfter: 2} })
			agent, ended := newDemoAgent(m), make(chan error)
			for range tt.calls {
				go func() {
					_, err := agent.make(t.Context(), demoCalls[0])
					ended <- err
				}()
			}
			if !await(func() bool { return m.underWay() == int64(tt.calls) }) {
				t.Fatalf("%d exchanges are under way, want %d", m.underWay(), tt.calls)
			}
			signals := make(chan os.Signal, 1)
			for range tt.signals {
				signals <- os.Interrupt
			}
			err = m.drain(tt.atMost, signals)
			if got := errorText(err); got != tt.err {
				t.Errorf("got the error %q, want %q", got, tt.err)
			}
			if !strings.Contains(text.String(), tt.log) || (tt.calls == 0) == strings.Contains(text.String(), "waiting") {
				t.Errorf("the log is %q, want %q", text.String(), tt.log)
			}
			for range tt.calls {
				if <-ended == nil {
					t.Error("a call that was cut came to its end")
				}
			}
			if n := m.underWay(); n != 0 {
				t.Errorf("%d exchanges are under way at the end", n)
			}
		})
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
