package reconcile

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wiremeter/wiremeter/store/sqlite"
	"github.com/wiremeter/wiremeter/usage"
)

func shut(t *testing.T, c io.Closer) {
	t.Helper()
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

func check(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got\n%s\nwant\n%s", what, got, want)
	}
}

func agent(t *testing.T, name string) Agent {
	t.Helper()
	a, err := AgentOf(name)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// at is a time of the day of the logs in testdata.
func at(clock string) time.Time {
	t, err := time.Parse(time.RFC3339, "2026-11-24T"+clock+"Z")
	if err != nil {
		panic(err)
	}
	return t
}

// tokens are input, cache read, cache write, output, reasoning; below zero: unknown.
func tokens(counts ...int64) (t usage.Tokens) {
	for i, to := range []**int64{&t.Input, &t.CacheRead, &t.CacheWriteOther, &t.Output, &t.Reasoning} {
		if i < len(counts) && counts[i] >= 0 {
			*to = &counts[i]
		}
	}
	return t
}

func shownTokens(t usage.Tokens) string {
	var all []string
	for _, c := range counted {
		all = append(all, number(c.of(t)))
	}
	return strings.Join(all, " ")
}

// filled is a database that holds these.
func filled(t *testing.T, records ...usage.Record) *sqlite.Reader {
	t.Helper()
	path := filepath.Join(t.TempDir(), "w.db")
	d, err := sqlite.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shut(t, d) })
	for i := range records {
		records[i].ID = fmt.Sprintf("r%02d", i)
	}
	if err := d.Store(t.Context(), records, nil); err != nil {
		t.Fatal(err)
	}
	r, err := sqlite.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shut(t, r) })
	return r
}

// record is one of an agent's, which took a second.
func record(agent, id, clock string, t usage.Tokens) usage.Record {
	return usage.Record{
		StartedAt: at(clock), Duration: time.Second, Outcome: usage.Metered, Kind: usage.Model,
		Attribution: usage.Attribution{Agent: agent}, Response: usage.Response{ID: id, Model: "m", Tokens: t},
	}
}

func with(r usage.Record, change func(*usage.Record)) usage.Record {
	change(&r)
	return r
}

// asked is the reconciliation of an agent whose log holds these calls.
func asked(t *testing.T, q Query, calls []Call, records ...usage.Record) *Result {
	t.Helper()
	if q.Agent.Name == "" {
		q.Agent = Agent{Name: "claude", recorded: "claude-code", id: "message.id"}
	}
	q.Agent.holds = func(string) bool { return true }
	q.Agent.read = func(_ context.Context, _ source, tell func(Call)) error {
		for _, c := range calls {
			tell(c)
		}
		return nil
	}
	q.Logs = []string{filepath.Join("testdata", "opencode", "opencode.sql")} // a file, whatever it holds
	r, err := Reconcile(t.Context(), filled(t, records...), q)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// groups shows which calls are where.
func groups(r *Result) string {
	show := func(g Group) string {
		var ids []string
		for _, i := range g.Items {
			id := i.ID
			if id == "" {
				id = i.At.Format(time.TimeOnly)
			}
			if len(i.Differs) > 0 {
				id += "(" + strings.Join(i.Differs, ",") + ")"
			}
			ids = append(ids, id)
		}
		slices.Sort(ids)
		return strings.Join(ids, " ")
	}
	return fmt.Sprintf("equal %d, differing [%s], wire [%s], log [%s], twice [%s], again %d, by id %d, by time %d, before %d, without %d, prewarm %d",
		r.Equal.Calls, show(r.Differing), show(r.OnlyOnWire), show(r.OnlyInLog), show(r.Twice), r.Repeated.Calls, r.ByID, r.ByNearness, r.Before, r.NoCounts, r.Prewarm.Calls)
}
