package sqlite

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wiremeter/wiremeter/usage"
)

// told makes a record of a hook's, and seen one of the wire's.
func told(id, turn string, at int, edits ...func(*usage.Record)) usage.Record {
	return edited(usage.Record{
		ID: id, StartedAt: full().StartedAt.Add(time.Duration(at) * time.Second), Outcome: usage.Metered, Front: usage.FromHook, Provider: "cursor",
		Attribution: usage.Attribution{SessionID: "c1", TurnID: turn},
		Response:    usage.Response{Model: "m", Tokens: usage.Tokens{Input: n(2), CacheRead: n(7), Output: n(5)}, Rule: usage.HookInclusive, Raw: []byte(`{}`)},
	}, edits)
}

func seen(id, request string, at int, edits ...func(*usage.Record)) usage.Record {
	r := told(id, "", at-10)
	r.Front, r.RequestID, r.Duration, r.Rule = usage.Forward, request, 10*time.Second, usage.Inclusive
	return edited(r, edits)
}

func edited(r usage.Record, edits []func(*usage.Record)) usage.Record {
	for _, edit := range edits {
		edit(&r)
	}
	return r
}

func counted(input int64) func(*usage.Record) {
	return func(r *usage.Record) { r.Tokens.Input = n(input) }
}

func ended(o usage.Outcome) func(*usage.Record) { return func(r *usage.Record) { r.Outcome = o } }

func uncounted(r *usage.Record) { r.Tokens, r.Rule, r.Raw = usage.Tokens{}, "", nil }

func atLeast(r *usage.Record) { r.Tokens, r.Rule = usage.Tokens{Output: n(1)}, usage.LowerBound }

func stopped(r *usage.Record) { r.StopReason = "completed" }

func elsewhere(r *usage.Record) { r.SessionID = "c2" }

// TestATurnIsOneRecord: what hooks tell and what was seen, in the order in which
// they come. A record is "id outcome input".
func TestATurnIsOneRecord(t *testing.T) {
	for name, test := range map[string]struct {
		come []usage.Record
		want string
	}{
		"a hook alone":                   {[]usage.Record{told("h", "g", 0)}, "h metered 2"},
		"seen, then told":                {[]usage.Record{seen("w", "g", 0), told("h", "g", 0, counted(9))}, "w metered 2"},
		"told, then seen":                {[]usage.Record{told("h", "g", 0, counted(9)), seen("w", "g", 0)}, "w metered 2"},
		"by the counts":                  {[]usage.Record{told("h", "", 0), seen("w", "r", 1)}, "w metered 2"},
		"by the counts, then told":       {[]usage.Record{seen("w", "r", 1), told("h", "other", 0)}, "w metered 2"},
		"the counts of long ago":         {[]usage.Record{seen("w", "r", 0), told("h", "", 200)}, "h metered 2,w metered 2"},
		"other counts":                   {[]usage.Record{seen("w", "r", 0), told("h", "g", 0, counted(3))}, "h metered 3,w metered 2"},
		"another conversation":           {[]usage.Record{seen("w", "g", 0, elsewhere), told("h", "g", 0)}, "h metered 2,w metered 2"},
		"two hooks":                      {[]usage.Record{told("a", "g", 0), told("b", "g", 1, stopped)}, "b metered 2"},
		"two hooks, the last one first":  {[]usage.Record{told("b", "g", 1, stopped), told("a", "g", 0, counted(1))}, "b metered 2"},
		"two hooks of no turn's name":    {[]usage.Record{told("a", "", 0), told("b", "", 1, stopped)}, "b metered 2"},
		"two turns":                      {[]usage.Record{told("a", "g", 0), told("b", "h", 1)}, "a metered 2,b metered 2"},
		"two hooks, then seen":           {[]usage.Record{told("a", "g", 0), told("b", "g", 1, stopped), seen("w", "g", 0)}, "w metered 2"},
		"a hook that knows nothing":      {[]usage.Record{told("h", "g", 0, uncounted, ended(usage.NoUsage)), seen("w", "g", 0)}, "w metered 2"},
		"nothing, then counts":           {[]usage.Record{told("a", "g", 0, uncounted, ended(usage.NoUsage)), told("b", "g", 0)}, "b metered 2"},
		"counts, then nothing":           {[]usage.Record{told("a", "g", 0), told("b", "g", 0, uncounted, stopped)}, "a metered 2"},
		"seen without counts":            {[]usage.Record{seen("w", "g", 0, uncounted, ended(usage.NoUsage)), told("h", "g", 0)}, "h metered 2"},
		"told, then seen without counts": {[]usage.Record{told("h", "g", 0), seen("w", "g", 0, uncounted, ended(usage.NoUsage))}, "w metered 2"},
		"both hooks, seen without":       {[]usage.Record{told("a", "g", 0), seen("w", "g", 0, uncounted, ended(usage.NoUsage)), told("b", "g", 1, stopped)}, "w metered 2"},
		"stopped, at least so much":      {[]usage.Record{seen("w", "g", 0, atLeast, ended(usage.Interrupted)), told("h", "g", 0, ended(usage.Interrupted))}, "h interrupted 2"},
		"a cut, and the attempt unseen":  {[]usage.Record{seen("w", "g", 0, atLeast, ended(usage.Interrupted)), told("h", "g", 30)}, "h metered 2,w interrupted -"},
		"a cut, told, and the attempt": {[]usage.Record{
			seen("w", "g", 0, atLeast, ended(usage.Interrupted)), told("h", "g", 30), seen("x", "y", 30, func(r *usage.Record) { r.GroupID = "g" }),
		}, "w interrupted -,x metered 2"},
		"the SDK's second hook":             {[]usage.Record{told("a", "", 0), told("b", "", 1, uncounted, stopped)}, "a metered 2"},
		"the SDK's second hook, first":      {[]usage.Record{told("b", "", 0, uncounted, stopped), told("a", "", 1)}, "a metered 2"},
		"the SDK's second hook, later seen": {[]usage.Record{told("a", "", 0), told("b", "", 1, uncounted), seen("w", "r", 0)}, "w metered 2"},
		"seen, then no counts":              {[]usage.Record{seen("w", "r", 0), told("b", "", 1, uncounted)}, "w metered 2"},
		"no counts, then seen":              {[]usage.Record{told("b", "", 1, uncounted), seen("w", "r", 0)}, "w metered 2"},
		"no counts, a minute after":         {[]usage.Record{seen("w", "r", 0), told("b", "", 60, uncounted, ended(usage.NoUsage))}, "b no_usage -,w metered 2"},
		"a stranger of the same words":      {[]usage.Record{told("h", "g", 0), seen("w", "g", 0, func(r *usage.Record) { r.Provider = "other" })}, "h metered 2,w metered 2"},
	} {
		d, r := open(t)
		for _, x := range test.come {
			store(t, d, []usage.Record{x})
		}
		var got []string
		for _, x := range records(t, r, Filter{}) {
			input := "-"
			if x.Tokens.Input != nil {
				input = string(rune('0' + *x.Tokens.Input))
			}
			got = append(got, x.ID+" "+string(x.Outcome)+" "+input)
		}
		slices.Sort(got)
		if strings.Join(got, ",") != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

// TestASupersededRowLeavesItsNumber: whoever has read as far as a row finds what
// took its place behind it.
func TestASupersededRowLeavesItsNumber(t *testing.T) {
	d, _ := open(t)
	number := func() (n int) {
		if err := d.sql.QueryRowContext(t.Context(), "SELECT max(rowid) FROM exchanges").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	store(t, d, []usage.Record{told("h", "g", 0)})
	before := number()
	store(t, d, []usage.Record{seen("w", "g", 0)})
	if after := number(); after <= before {
		t.Errorf("row %d took the place of %d", after, before)
	}
}

// TestABatchOfBoth: the order within a batch is that in which they came.
func TestABatchOfBoth(t *testing.T) {
	d, r := open(t)
	store(t, d, []usage.Record{told("h", "g", 0), seen("w", "g", 0), told("k", "g", 1, stopped)})
	store(t, d, []usage.Record{told("h", "g", 0), seen("w", "g", 0), told("k", "g", 1, stopped)}) // its answer was lost
	if got := records(t, r, Filter{}); len(got) != 1 || got[0].ID != "w" || got[0].Front != usage.Forward {
		t.Errorf("got %+v", got)
	}
}
