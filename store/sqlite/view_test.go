package sqlite

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wiremeter/wiremeter/usage"
)

var (
	viewRow  = regexp.MustCompile("(?m)^\\| `(\\w+)` \\| ([^|:\n]+?)(?::[^|\n]*)? \\|$")
	fieldRow = regexp.MustCompile("(?m)^\\| `(\\w+)` \\|")
)

// sqlTypes are those of the page, as SQLite's typeof names them.
var sqlTypes = map[string]string{"text": "text", "integer": "integer", "0 or 1": "integer", "JSON": "text"}

// TestViewIsAsDocumented: the columns are those of the page, in its order, of its
// types, and NULL just where it says so.
func TestViewIsAsDocumented(t *testing.T) {
	_, r := twoRows(t)
	page := viewRow.FindAllStringSubmatch(string(read(t, "../../docs/sql.md")), -1)
	var names []string
	for _, m := range page {
		names = append(names, m[1])
	}
	if got := texts(t, r, "SELECT name FROM pragma_table_info('usage_v1')"); len(names) < 60 || !slices.Equal(got, names) {
		t.Fatalf("the view has the columns\n%s\nand the page\n%s", got, names)
	}
	for _, m := range page {
		kind, isNullable := strings.CutSuffix(m[2], " or NULL")
		types := texts(t, r, fmt.Sprintf("SELECT typeof(%q) FROM usage_v1 ORDER BY id", m[1]))
		if types[0] != sqlTypes[kind] || (types[1] == "null") != isNullable {
			t.Errorf("%s is %v, the page says %q", m[1], types, m[2])
		}
	}
}

// TestViewSaysWhatTheExportSays, under the same names.
func TestViewSaysWhatTheExportSays(t *testing.T) {
	_, r := twoRows(t)
	_, table, _ := strings.Cut(string(read(t, "../../docs/export.md")), "\n## Fields\n")
	table, _, _ = strings.Cut(table, "\n## ")
	var exported []string
	for _, m := range fieldRow.FindAllStringSubmatch(table, -1) {
		exported = append(exported, m[1])
	}
	columns := texts(t, r, "SELECT name FROM pragma_table_info('usage_v1')")
	for _, name := range exported {
		isWorkedOut := name == "schema_version" || name == "cost" || strings.HasPrefix(name, "cost_")
		if slices.Contains(columns, name) == isWorkedOut {
			t.Errorf("%s: the view has what the export works out, or lacks what it has", name)
		}
	}
	for _, name := range columns {
		own := map[string]string{"commit": "commit_hash", "started_at_ms": "started_at"}[name]
		switch {
		case name == "is_counted" || name == "started_at":
			continue
		case name != "started_at_ms" && !slices.Contains(exported, name):
			t.Errorf("%s is no field of the export", name)
		case own == "":
			own = name
		}
		same := fmt.Sprintf("SELECT count(*) FROM usage_v1 AS v JOIN exchanges AS x USING (id) WHERE v.%q IS x.%q", name, own)
		if got := texts(t, r, same); got[0] != "2" {
			t.Errorf("%s is not what the record has", name)
		}
	}
	if got := texts(t, r, "SELECT started_at FROM usage_v1 ORDER BY id"); !slices.Equal(got, []string{"2026-11-24T12:30:00.123Z", "1970-01-01T00:00:00.001Z"}) {
		t.Errorf("started_at is %v", got)
	}
}

// TestViewKnowsWhatIsInTotals: prewarms are not, nor the way to a gateway.
func TestViewKnowsWhatIsInTotals(t *testing.T) {
	d, r := open(t)
	store(t, d, []usage.Record{
		{ID: "a", Outcome: usage.Metered}, {ID: "b", Outcome: usage.Metered, Kind: usage.Model}, {ID: "c", Outcome: usage.Metered, Kind: usage.Prewarm}, {ID: "d", Outcome: usage.Metered, Hop: usage.Gateway},
	})
	if got := texts(t, r, "SELECT group_concat(is_counted, '') FROM (SELECT is_counted FROM usage_v1 ORDER BY id)"); got[0] != "1100" {
		t.Errorf("got %s", got[0])
	}
}

// TestStrangersMayReadTheView: a program that knows nothing of wiremeter, within a
// transaction of its own, keeps no writer waiting.
func TestStrangersMayReadTheView(t *testing.T) {
	d, r := twoRows(t)
	stranger := rawDB(t, r.path)
	tx, err := stranger.BeginTx(t.Context(), &sql.TxOptions{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	count := func() (n int) {
		if err := tx.QueryRowContext(t.Context(), "SELECT count(*) FROM usage_v1").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := count()
	for i := range 100 {
		store(t, d, []usage.Record{{ID: fmt.Sprint("more", i), Outcome: usage.Metered}})
	}
	if after := count(); before != 2 || after != before {
		t.Errorf("one moment has %d rows, then %d", before, after)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if got := texts(t, r, "SELECT count(*) FROM usage_v1"); got[0] != "102" {
		t.Errorf("then there are %s", got[0])
	}
}

// twoRows holds a full record and one that is as bare as can be.
func twoRows(t *testing.T) (*DB, *Reader) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "w.db")
	d, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shut(t, d) })
	bare := usage.Record{ID: "01K1", StartedAt: time.UnixMilli(1), Outcome: usage.Failed}
	store(t, d, []usage.Record{full(), bare})
	return d, openReader(t, path)
}

func texts(t *testing.T, r *Reader, query string) (all []string) {
	t.Helper()
	rows, err := r.sql.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			t.Fatal(err)
		}
		all = append(all, text)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}
