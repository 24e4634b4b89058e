package sqlite

import (
	"context"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/wiremeter/wiremeter/usage"
)

// versions are those of the schemas that wiremeter was released with, and that of
// the next release: testdata has a database of each.
var versions = []int{1, 5}

// released is a database as the wiremeter of that schema left it.
func released(t *testing.T, version int) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "w.db")
	shut(t, rawDB(t, path, string(read(t, fmt.Sprintf("testdata/schema_%04d.sql", version)))))
	return path
}

// fullOf is full as far as the schema of this version could keep it.
func fullOf(version int) usage.Record {
	r := full()
	if version < 2 {
		a := r.Attribution
		r.Attribution = usage.Attribution{Run: a.Run, Agent: a.Agent, AgentVersion: a.AgentVersion, UserAgent: a.UserAgent, SessionID: a.SessionID}
		r.Speed, r.Geo, r.WebSearches, r.ReportedCost, r.Hop = "", "", nil, nil, ""
		r.Retries = nil
	}
	return r
}

func TestEveryReleasedSchemaIsBroughtUpToDate(t *testing.T) {
	if last := versions[len(versions)-1]; last != len(schemas) {
		t.Fatalf("the last schema is %d, and testdata has none after %d", len(schemas), last)
	}
	for _, version := range versions {
		path := released(t, version)
		d, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer shut(t, d)
		r := openReader(t, path)
		bare := usage.Record{ID: "01K1", StartedAt: full().StartedAt.Add(1e9), Outcome: usage.Failed}
		if got, want := records(t, r, Filter{}), []usage.Record{fullOf(version), bare}; !reflect.DeepEqual(got, want) {
			t.Errorf("schema %d: got %+v", version, got)
		}
		again := full()
		again.ID, again.IsFetch = "01K2", true
		store(t, d, []usage.Record{again}, usage.Tally{At: full().StartedAt, Outcome: usage.Tunnelled, Host: "example.com", Reason: "no_provider", Count: 1})
		a := ask(t, r, Question{})
		tunnelled, _ := total(a, usage.Tunnelled)
		notBillable, _ := total(a, usage.NotBillable)
		if tunnelled != 3 || notBillable != 1 {
			t.Errorf("schema %d: got %+v", version, a.Counts)
		}
	}
}

// A released migration must not be edited: databases that have passed it would
// keep the old layout.
func TestReleasedMigrationsAreAsTheyWere(t *testing.T) {
	for _, version := range versions {
		is := rawDB(t, filepath.Join(t.TempDir(), "new.db"))
		if err := migrate(t.Context(), is, schemas[:version]); err != nil {
			t.Fatal(err)
		}
		was := rawDB(t, released(t, version))
		const layout = "SELECT group_concat(type || ' ' || name || ': ' || sql, char(10)) FROM (SELECT * FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name)"
		var got, want string
		if err := is.QueryRowContext(t.Context(), layout).Scan(&got); err != nil {
			t.Fatal(err)
		}
		if err := was.QueryRowContext(t.Context(), layout).Scan(&want); err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("schema %d is now\n%s\nand was\n%s", version, got, want)
		}
	}
}

func TestAFailedMigrationChangesNothing(t *testing.T) {
	db := rawDB(t, released(t, 1))
	bad := append(schemas[:1:1], "CREATE TABLE extra (x); INSERT INTO nowhere VALUES (1)")
	if err := migrate(t.Context(), db, bad); err == nil || !strings.Contains(err.Error(), "version 2") {
		t.Errorf("got %v", err)
	}
	var version, extra int
	if err := db.QueryRowContext(t.Context(), "SELECT (SELECT user_version FROM pragma_user_version), (SELECT count(*) FROM sqlite_schema WHERE name = 'extra')").Scan(&version, &extra); err != nil {
		t.Fatal(err)
	}
	if version != 1 || extra != 0 {
		t.Errorf("version %d, %d tables more", version, extra)
	}
}

func TestAMigrationIsAppliedOnceByMany(t *testing.T) {
	path := released(t, 1)
	next := append(schemas[:1:1], "ALTER TABLE exchanges ADD COLUMN note TEXT", "CREATE TABLE more (x)")
	var all sync.WaitGroup
	for range 6 {
		db, err := connect(path, "mode=rw&_txlock=immediate", 1)
		if err != nil {
			t.Fatal(err)
		}
		defer shut(t, db)
		all.Go(func() {
			if err := migrate(context.Background(), db, next); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	var version int
	if err := rawDB(t, path).QueryRowContext(t.Context(), "PRAGMA user_version").Scan(&version); err != nil || version != 3 {
		t.Errorf("version %d, %v", version, err)
	}
}

func TestAReaderBringsAnOldDatabaseUpToDate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "w.db")
	write(t, path, nil) // version 0
	if got := records(t, openReader(t, path), Filter{}); len(got) != 0 {
		t.Errorf("got %v", got)
	}
}
