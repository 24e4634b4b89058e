package sqlite

import (
	"errors"
	"io"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/wiremeter/wiremeter/usage"
)

func n(v int64) *int64 { return &v }

// full is a record in which nothing is unknown.
func full() usage.Record {
	return usage.Record{
		ID: "01K0", StartedAt: time.Date(2026, 11, 24, 12, 30, 0, 123e6, time.UTC), Outcome: usage.Metered, Reason: "total_contradicts_counts",
		Front: usage.Forward, Provider: "anthropic", Dialect: "messages", Host: "api.anthropic.com", Path: "/v1/messages",
		Status: 200, Streamed: true, Transport: usage.HTTP2, Kind: usage.Model,
		Attribution: usage.Attribution{
			Run: "run-1", Agent: "claude-code", AgentVersion: "2.1", UserAgent: "claude-cli/2.1", SessionID: "s1",
			ParentSessionID: "s0", SubagentID: "a1", TurnID: "t1", Purpose: usage.Subagent,
			User: "ada", Team: "payments", Project: "engine", Repository: "git.example/ada/engine", Branch: "main", Commit: "c0ffee", Dir: "/src/engine", Machine: "m1",
			Plan: usage.Subscription, Sources: map[usage.Dimension]usage.Source{usage.ByTeam: usage.FromRule}, Conflicts: []usage.Dimension{usage.BySession},
		},
		Hop: usage.Gateway, Retries: n(10),
		ModelRequested: "opus",
		Response: usage.Response{
			ID: "msg_1", Model: "claude-opus-5",
			Tokens:      usage.Tokens{Input: n(1), CacheRead: n(2), CacheWrite5m: n(3), CacheWrite1h: n(4), CacheWriteOther: n(0), Output: n(6), Reasoning: n(7)},
			ServiceTier: "standard", StopReason: "end_turn", Raw: []byte(`{"input_tokens": 1.0e0}`), IsDoubtful: true, Rule: usage.Inclusive,
			Speed: "fast", Geo: "us", WebSearches: n(8), ReportedCost: n(9),
			Parts: []usage.Part{{Role: "advisor", Model: "haiku", Tokens: usage.Tokens{Input: n(10), Output: n(0)}}},
		},
		RequestID: "req_1", GroupID: "group_1", TTFT: 300 * time.Millisecond, Duration: 2 * time.Second, RequestBytes: 10, ResponseBytes: 20, ParserVersion: 3,
	}
}

func open(t testing.TB) (*DB, *Reader) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "wire meter?#%.db")
	d, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shut(t, d) })
	return d, openReader(t, path)
}

func openReader(t testing.TB, path string) *Reader {
	t.Helper()
	r, err := OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shut(t, r) })
	return r
}

func shut(t testing.TB, c io.Closer) {
	t.Helper()
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

func store(t testing.TB, d *DB, records []usage.Record, tallies ...usage.Tally) {
	t.Helper()
	if err := d.Store(t.Context(), records, tallies); err != nil {
		t.Fatal(err)
	}
}

func records(t testing.TB, r *Reader, f Filter) (all []usage.Record) {
	t.Helper()
	for record, err := range r.Records(t.Context(), f) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, record)
	}
	return all
}

func ask(t testing.TB, r *Reader, q Question) Answer {
	t.Helper()
	a, err := r.Ask(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestRecordsComeBackAsTheyWere(t *testing.T) {
	d, r := open(t)
	bare := usage.Record{ID: "01K1", StartedAt: full().StartedAt.Add(time.Second), Outcome: usage.Failed}
	want := []usage.Record{full(), bare}
	store(t, d, []usage.Record{bare, full()})
	if got := records(t, r, Filter{}); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestEveryFieldOfARecordIsSet(t *testing.T) {
	notKept := []string{"IsFetch", "Response.Error", "Response.IsPending", "Response.Kind"}
	unset := func(v reflect.Value, path string) {
		for i := range v.NumField() {
			if name := path + v.Type().Field(i).Name; v.Field(i).IsZero() && !slices.Contains(notKept, name) {
				t.Errorf("full() leaves %s unset, so the test of what comes back is blind to it", name)
			}
		}
	}
	unset(reflect.ValueOf(full()), "")
	unset(reflect.ValueOf(full().Response), "Response.")
	unset(reflect.ValueOf(full().Attribution), "Attribution.")
	unset(reflect.ValueOf(full().Tokens), "Tokens.")
}

func TestUnknownIsNull(t *testing.T) {
	d, _ := open(t)
	store(t, d, []usage.Record{{ID: "01K1", StartedAt: full().StartedAt, Outcome: usage.Failed}})
	known := map[string]bool{"id": true, "started_at": true, "outcome": true, "streamed": true, "duration_ms": true,
		"request_bytes": true, "response_bytes": true, "is_doubtful": true}
	for _, c := range columns {
		var isNull bool
		if err := d.sql.QueryRowContext(t.Context(), "SELECT "+c.name+" IS NULL FROM exchanges").Scan(&isNull); err != nil {
			t.Fatal(err)
		}
		if isNull == known[c.name] {
			t.Errorf("column %s: null is %v", c.name, isNull)
		}
	}
}

func TestSpansAreRoundedUp(t *testing.T) {
	d, r := open(t)
	a := full()
	a.TTFT, a.Duration = time.Microsecond, 1500*time.Microsecond
	store(t, d, []usage.Record{a})
	if got := records(t, r, Filter{})[0]; got.TTFT != time.Millisecond || got.Duration != 2*time.Millisecond {
		t.Errorf("got %v and %v", got.TTFT, got.Duration)
	}
}

func TestFilter(t *testing.T) {
	d, r := open(t)
	start := full().StartedAt
	var all []usage.Record
	for i, id := range []string{"a", "b", "c"} {
		x := full()
		x.ID, x.StartedAt, x.Run = id, start.Add(time.Duration(i)*time.Hour), "run-"+id
		all = append(all, x)
	}
	store(t, d, all)
	for name, test := range map[string]struct {
		f    Filter
		want string
	}{
		"all":             {Filter{}, "abc"},
		"since holds":     {Filter{Since: start.Add(time.Hour)}, "bc"},
		"since just past": {Filter{Since: start.Add(time.Hour + 1)}, "c"},
		"until excludes":  {Filter{Until: start.Add(time.Hour)}, "a"},
		"until just past": {Filter{Until: start.Add(time.Hour + 1)}, "ab"},
		"run":             {Filter{Run: "run-b"}, "b"},
		"nothing":         {Filter{Since: start, Until: start}, ""},
	} {
		got := ""
		for _, x := range records(t, r, test.f) {
			got += x.ID
		}
		if got != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

func TestABatchIsStoredWhollyOrNot(t *testing.T) {
	d, r := open(t)
	bad := full()
	bad.ID = "" // NOT NULL refuses it
	err := d.Store(t.Context(), []usage.Record{full(), bad}, []usage.Tally{{At: time.Now(), Outcome: usage.Tunnelled, Count: 1}})
	trouble, ok := errors.AsType[*Error](err)
	if !ok || trouble.Reason() != "record_rejected" || !trouble.IsPermanent() {
		t.Errorf("got %v", err)
	}
	if a := ask(t, r, Question{}); len(a.Counts) != 0 {
		t.Errorf("stored %v", a.Counts)
	}
	store(t, d, []usage.Record{full()})
	store(t, d, []usage.Record{full()}) // a batch whose answer was lost
	if got := records(t, r, Filter{}); len(got) != 1 {
		t.Errorf("stored %d records", len(got))
	}
}

func TestAFetchCountsOnce(t *testing.T) {
	d, r := open(t)
	fetch := func(id, response string, o usage.Outcome) usage.Record {
		x := full()
		x.ID, x.Response.ID, x.IsFetch, x.Outcome = id, response, o == "", o
		if x.IsFetch {
			x.Outcome = usage.Metered
		}
		return x
	}
	store(t, d, []usage.Record{
		fetch("1", "metered", usage.Metered), fetch("2", "pending", usage.NoUsage),
		fetch("3", "metered", ""), fetch("4", "pending", ""), fetch("5", "pending", ""), fetch("6", "new", ""),
	})
	other := fetch("7", "metered", "")
	other.Provider = "openai"
	store(t, d, []usage.Record{other, fetch("8", "", ""), fetch("9", "", "")})
	got := ""
	for _, x := range records(t, r, Filter{}) {
		got += x.ID
	}
	if got != "1246789" {
		t.Errorf("stored %s", got)
	}
	tallied := int64(0)
	for _, c := range ask(t, r, Question{Filter: Filter{Run: full().Run}}).Counts {
		if c.Outcome != usage.NotBillable {
			continue
		}
		if tallied += c.Count; c.Reason != "already_counted" || c.Count != 2 || c.RequestBytes != 20 || c.ResponseBytes != 40 {
			t.Errorf("tallied %+v", c)
		}
	}
	if tallied != 2 {
		t.Errorf("tallied %d for their run", tallied)
	}
}
