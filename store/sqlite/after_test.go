package sqlite

import (
	"os"
	"slices"
	"testing"
	"time"

	"github.com/wiremeter/wiremeter/usage"
)

func TestAfterFollowsTheOrderOfStoring(t *testing.T) {
	d, r := open(t)
	at := func(id string, ago time.Duration) usage.Record {
		return with(id, func(r *usage.Record) { r.StartedAt = r.StartedAt.Add(-ago) })
	}
	after := func(p Position, f Filter) (ids []string, last Position) {
		last = p
		for s, err := range r.After(t.Context(), p, f) {
			if err != nil {
				t.Fatal(err)
			}
			ids, last = append(ids, s.ID), s.At
		}
		return ids, last
	}
	if end, err := r.Tail(t.Context(), 0, Filter{}); err != nil || end != 0 {
		t.Fatalf("an empty database ends at %d, %v", end, err)
	}
	store(t, d, []usage.Record{at("late", 0), at("long", time.Hour)})
	ids, last := after(0, Filter{})
	if want := []string{"late", "long"}; !slices.Equal(ids, want) {
		t.Errorf("got %v, want %v", ids, want)
	}
	store(t, d, []usage.Record{at("longest", 2*time.Hour), at("late", 0)}) // the second is stored already
	store(t, d, []usage.Record{at("next", 0)})
	if ids, _ := after(last, Filter{}); !slices.Equal(ids, []string{"longest", "next"}) {
		t.Errorf("behind the place: got %v", ids)
	}
	if ids, _ := after(last, Filter{Since: full().StartedAt.Add(-time.Minute)}); !slices.Equal(ids, []string{"next"}) {
		t.Errorf("of the filter: got %v", ids)
	}
	for n, want := range [][]string{nil, {"next"}, {"longest", "next"}} {
		p, err := r.Tail(t.Context(), n, Filter{})
		if err != nil {
			t.Fatal(err)
		}
		if ids, _ := after(p, Filter{}); !slices.Equal(ids, want) {
			t.Errorf("the last %d: got %v", n, ids)
		}
	}
	for _, all := range []int{99, -1} {
		if p, err := r.Tail(t.Context(), all, Filter{}); err != nil || p != 0 {
			t.Errorf("the last %d: got %d, %v", all, p, err)
		}
	}
}

func TestAReaderKnowsThatItsFileWasMoved(t *testing.T) {
	_, r := open(t)
	if r.IsMoved() {
		t.Error("it was not moved")
	}
	if err := os.Rename(r.path, r.path+".old"); err != nil {
		t.Fatal(err)
	}
	if !r.IsMoved() {
		t.Error("it was moved away")
	}
	write(t, r.path, nil)
	if !r.IsMoved() {
		t.Error("another is in its place")
	}
}
