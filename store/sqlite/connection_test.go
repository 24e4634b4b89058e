package sqlite

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/wiremeter/wiremeter/usage"
)

// TestStatementsGoWithTheirConnection: what was prepared on a connection that is
// no more is prepared again, and keeps no file open.
func TestStatementsGoWithTheirConnection(t *testing.T) {
	d, err := Open(filepath.Join(t.TempDir(), "w.db"))
	if err != nil {
		t.Fatal(err)
	}
	store(t, d, []usage.Record{numbered(1)})
	d.sql.SetMaxIdleConns(-1) // closes the connection
	store(t, d, []usage.Record{numbered(2)})
	store(t, d, []usage.Record{numbered(3)})
	var n int
	if err := d.sql.QueryRowContext(t.Context(), "SELECT count(*) FROM exchanges").Scan(&n); err != nil || n != 3 {
		t.Errorf("%d records, %v", n, err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(d.path + "-wal"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the log is still there: %v", err)
	}
}

// TestAFailureTakesTheBatchBack: nothing of it is kept, and the next is.
func TestAFailureTakesTheBatchBack(t *testing.T) {
	d, r := open(t)
	bad := numbered(2)
	bad.ID = ""
	if err := d.Store(t.Context(), []usage.Record{numbered(1), bad}, nil); err == nil {
		t.Fatal("a record without an id was stored")
	}
	store(t, d, []usage.Record{numbered(3)})
	if got := records(t, r, Filter{}); len(got) != 1 || got[0].ID != numbered(3).ID {
		t.Errorf("got %+v", got)
	}
}
