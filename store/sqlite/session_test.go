package sqlite

import (
	"reflect"
	"testing"
	"time"

	"github.com/wiremeter/wiremeter/usage"
)

func TestSessions(t *testing.T) {
	d, r := open(t)
	start := full().StartedAt
	in := func(session string, after time.Duration, project string) usage.Record {
		return with(session+after.String(), func(r *usage.Record) {
			r.SessionID, r.StartedAt, r.Duration, r.Project = session, start.Add(after), time.Second, project
		})
	}
	store(t, d, []usage.Record{
		in("a", 0, "engine"), in("b", time.Minute, "engine"), in("a", time.Hour, ""), in("c", 30*time.Minute, "shop"), in("", 2*time.Hour, "engine"),
	})
	a := Session{"a", start, start.Add(time.Hour + time.Second)}
	b := Session{"b", start.Add(time.Minute), start.Add(time.Minute + time.Second)}
	c := Session{"c", start.Add(30 * time.Minute), start.Add(30*time.Minute + time.Second)}
	for _, test := range []struct {
		filter Filter
		limit  int
		want   []Session
	}{
		{Filter{}, 0, []Session{a, c, b}},
		{Filter{}, 2, []Session{a, c}},
		{Filter{Is: map[string][]string{"project": {"engine"}}}, 0, []Session{b, a}},
		{Filter{Until: start.Add(time.Second)}, 9, []Session{a}},
		{Filter{Since: start.Add(3 * time.Hour)}, 0, nil},
	} {
		got, err := r.Sessions(t.Context(), test.filter, test.limit)
		if err != nil || !reflect.DeepEqual(got, test.want) {
			t.Errorf("%+v, %d: got %v, %v, want %v", test.filter, test.limit, got, err, test.want)
		}
	}
}
