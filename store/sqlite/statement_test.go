package sqlite

import (
	"reflect"
	"testing"
	"time"

	"github.com/wiremeter/wiremeter/usage"
)

func stated(t *testing.T, r *Reader, since, until time.Time) (all []usage.Statement) {
	t.Helper()
	for s, err := range r.Statements(t.Context(), "cursor", since, until) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
	}
	return all
}

// TestStatements: what is stated again is the same statement, and in no sum.
func TestStatements(t *testing.T) {
	d, r := open(t)
	at := full().StartedAt
	one := usage.Statement{
		Provider: "cursor", At: at, SessionID: "c1", Model: "m", Kind: "usage_based", Cost: n(42),
		Tokens: usage.Tokens{Input: n(1), CacheRead: n(2), CacheWriteOther: n(0), Output: n(4)},
	}
	bare := usage.Statement{Provider: "cursor", At: at.Add(time.Second)}
	other := usage.Statement{Provider: "another", At: at}
	early := one
	early.Kind, early.Cost = "", nil
	for _, batch := range [][]usage.Statement{{early, bare}, {one, other}, {bare, one}} {
		if err := d.State(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
	}
	for name, test := range map[string]struct {
		since, until time.Time
		want         []usage.Statement
	}{
		"all":    {time.Time{}, time.Time{}, []usage.Statement{one, bare}},
		"first":  {time.Time{}, at.Add(time.Millisecond), []usage.Statement{one}},
		"second": {at.Add(time.Millisecond), time.Time{}, []usage.Statement{bare}},
		"none":   {at, at, nil},
	} {
		if got := stated(t, r, test.since, test.until); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: got %+v", name, got)
		}
	}
	if a := ask(t, r, Question{}); len(a.Counts) != 0 || len(records(t, r, Filter{})) != 0 {
		t.Errorf("they are in %+v", a)
	}
}
