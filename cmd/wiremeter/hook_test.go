package main

import (
	"strings"
	"testing"
	"time"

	"github.com/wiremeter/wiremeter/store/sqlite"
)

// TestAHookDoesNotWaitForALock: Cursor would wait with it.
func TestAHookDoesNotWaitForALock(t *testing.T) {
	h := &house{dir: t.TempDir()}
	db, err := sqlite.Open(h.database())
	if err != nil {
		t.Fatal(err)
	}
	shut(t, db)
	unlock := lockDatabase(t, h)
	said := `{"hook_event_name":"stop","conversation_id":"c","output_tokens":1}`
	hear := func() error {
		return hearCursor(t.Context(), func() (*house, error) { return h, nil }, strings.NewReader(said))
	}
	started := time.Now()
	if err := hear(); err == nil || time.Since(started) > 2*hookTimeout {
		t.Errorf("after %v: %v", time.Since(started), err)
	}
	unlock()
	if err := hear(); err != nil {
		t.Error(err)
	}
	if c := coverage(t, h); c.Exchanges != 1 {
		t.Errorf("got %s", c)
	}
}

// TestAHookSurvivesAPanic: it is told of, without its value.
func TestAHookSurvivesAPanic(t *testing.T) {
	err := hearCursor(t.Context(), func() (*house, error) { panic("secret") }, strings.NewReader(`{"hook_event_name":"stop","conversation_id":"c"}`))
	if err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("got %v", err)
	}
}
