package main

import (
	"database/sql"
	"errors"
	"testing"
	"time"

	_ "github.com/mattn/go-sqlite3"

	"github.com/wiremeter/wiremeter/report"
	"github.com/wiremeter/wiremeter/scripted"
	"github.com/wiremeter/wiremeter/store/sqlite"
)

// TestLockedDatabase: while another program keeps the database locked, agents
// notice nothing; afterwards all that passed is there.
func TestLockedDatabase(t *testing.T) {
	h, m, provider, stop := stage(t)
	unlock := lockDatabase(t, h)
	started := time.Now()
	callAll(t, m, provider)
	if took := time.Since(started); took > 3*time.Second {
		t.Errorf("the agents waited %v", took)
	}
	unlock()
	stop()
	if c := coverage(t, h); c.Exchanges != m.proxy.Seen() || c.Lost != 0 {
		t.Errorf("%d were seen: %s", m.proxy.Seen(), c)
	}
}

// lockDatabase keeps everybody else from the house's database until unlock is
// called.
func lockDatabase(t *testing.T, h *house) (unlock func()) {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+h.database()+"?_txlock=exclusive")
	if err != nil {
		t.Fatal(err)
	}
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		t.Helper()
		if err := errors.Join(tx.Rollback(), db.Close()); err != nil {
			t.Fatal(err)
		}
	}
}

func stage(t *testing.T) (*house, *meter, *scripted.Provider, func()) {
	t.Helper()
	provider, err := scripted.Open(scripted.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shut(t, provider) })
	h := &house{dir: t.TempDir()}
	m, stop := startForTest(t, h, provider)
	return h, m, provider, stop
}

func callAll(t *testing.T, m *meter, provider *scripted.Provider) {
	t.Helper()
	agent := newDemoAgent(m)
	for _, call := range demoCalls {
		provider.Play(func(scripted.Call) scripted.Script { return call.script })
		if _, err := agent.make(t.Context(), call); err != nil && !call.mayFail {
			t.Fatalf("%s: %v", call.what, err)
		}
	}
}

func coverage(t *testing.T, h *house) report.Coverage {
	t.Helper()
	r, err := sqlite.OpenReader(h.database())
	if err != nil {
		t.Fatal(err)
	}
	defer shut(t, r)
	answer, err := report.Ask(t.Context(), r, report.Query{})
	if err != nil {
		t.Fatal(err)
	}
	return answer.Coverage
}
