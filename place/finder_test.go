package place

import (
	"net/netip"
	"path/filepath"
	"testing"
	"time"

	"github.com/wiremeter/wiremeter/usage"
)

func answer(t *testing.T, i *Inquiry) Answer {
	t.Helper()
	select {
	case <-i.Done():
	case <-time.After(10 * time.Second):
		t.Fatal("no answer")
	}
	return i.Answer()
}

func TestNobodyIsThere(t *testing.T) {
	f := NewFinder(t.TempDir())
	far := usage.Conn{ID: 1, Agent: netip.MustParseAddrPort("192.0.2.1:40000"), Front: netip.MustParseAddrPort("192.0.2.2:4719")}
	gone := usage.Conn{ID: 2, Agent: netip.MustParseAddrPort("127.0.0.1:1"), Front: netip.MustParseAddrPort("127.0.0.1:2")}
	if a := answer(t, f.Ask(Question{Who: far})); a != (Answer{}) {
		t.Errorf("another machine: %+v", a)
	}
	if a := answer(t, f.Ask(Question{Who: gone})); a.Process != (Process{}) || a.Machine != Machine() {
		t.Errorf("no connection: %+v", a)
	}
}

// TestRunsAreFound: with the disk as it is now, and no process asked for.
func TestRunsAreFound(t *testing.T) {
	root, commit := repository(t)
	runs := filepath.Join(t.TempDir(), "runs")
	if err := WriteRun(runs, "run-a", Place{Dir: root, User: "ada", Commit: "old"}); err != nil {
		t.Fatal(err)
	}
	f := NewFinder(runs)
	a := answer(t, f.Ask(Question{Run: "run-a", Who: usage.Conn{ID: 1, Agent: netip.MustParseAddrPort("127.0.0.1:1")}}))
	if !a.HasRun || a.Run.User != "ada" || a.Here.Commit != commit || a.Process != (Process{}) {
		t.Errorf("got %+v", a)
	}
	if a := answer(t, f.Ask(Question{Run: "run-b", Dir: root})); a.HasRun || a.Here.Commit != commit {
		t.Errorf("a run that is none: %+v", a)
	}
}

// TestSurprises: a panic ends nothing but its own question, which has no answer.
func TestSurprises(t *testing.T) {
	f := NewFinder(t.TempDir())
	i := &Inquiry{done: make(chan struct{}), answer: Answer{Machine: "half"}}
	f.waiting = 1
	f.busy <- struct{}{}
	func() {
		defer f.answered(i)
		recall(f, &f.byDir, "/srv", time.Minute, func() Place { panic("a file that nobody has thought of") })
	}()
	if a := answer(t, i); a != (Answer{}) || f.waiting != 0 || len(f.busy) != 0 {
		t.Errorf("got %+v; %d wait, %d are busy", a, f.waiting, len(f.busy))
	}
	if a := answer(t, f.Ask(Question{Dir: "/srv"})); a.Here != (Place{}) {
		t.Errorf("got %+v", a)
	}
}

// TestChangesAreSeen: what is on the disk is not believed for long.
func TestChangesAreSeen(t *testing.T) {
	var m memory[string, int]
	now := time.Now()
	m.put("a", found[int]{1, now})
	if _, ok := m.get("a", now.Add(-time.Second)); !ok {
		t.Error("it is forgotten too early")
	}
	if _, ok := m.get("a", now.Add(time.Second)); ok {
		t.Error("it is believed too long")
	}
}

func TestPrograms(t *testing.T) {
	for _, c := range []struct {
		executable string
		args       []string
		want       string
	}{
		{"/usr/bin/claude", []string{"claude", "-p", "say hi"}, "claude"},
		{"/usr/bin/node", []string{"node", "--max-old-space-size=1", "/usr/lib/bin/gemini.js", "say hi"}, "gemini"},
		{"/usr/bin/node", []string{"node"}, "node"},
		{"/usr/bin/python3.12", []string{"python3", "x.py"}, "x"},
	} {
		if got := programOf(c.executable, c.args); got != c.want {
			t.Errorf("%q: got %q", c.args, got)
		}
	}
}
