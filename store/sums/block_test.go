package sums

import (
	"errors"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/wiremeter/wiremeter/usage"
)

// lined is a block of these records.
func lined(records ...usage.Record) *Block {
	b := NewBlock()
	for i := range records {
		Lines(&records[i], b.Add)
	}
	return b
}

func asked(session, turn string, minute int, input int64) usage.Record {
	return usage.Record{
		StartedAt: time.Date(2026, 11, 24, 12, minute, 0, 0, time.UTC), Outcome: usage.Metered, Kind: usage.Model,
		Attribution: usage.Attribution{SessionID: session, TurnID: turn}, Response: usage.Response{Model: "m", Tokens: usage.Tokens{Input: &input}},
	}
}

// TestVariants: what each takes for alike, and that nothing is lost by it.
func TestVariants(t *testing.T) {
	b := lined(asked("s1", "t1", 1, 1), asked("s1", "t1", 2, 2), asked("s1", "t2", 3, 4), asked("s1", "t2", 31, 8), asked("s2", "", 59, 16))
	for i, want := range []int{2, 3, 4} { // the coarsest first
		rolled := Variants[i].Roll(b)
		if rolled.Len() != want {
			t.Errorf("variant %d has %d lines, want %d", i, rolled.Len(), want)
		}
		columns := Variants[i].Columns(rolled)
		read, err := Variants[i].Open(new(Room), func(column string) ([]byte, error) { return columns[column], nil })
		if err != nil {
			t.Fatal(err)
		}
		if got := inputs(t, read, "session_id"); !reflect.DeepEqual(got, map[string]int64{"s1": 15, "s2": 16}) {
			t.Errorf("variant %d adds up to %v", i, got)
		}
	}
}

func inputs(t *testing.T, b *Block, by string) map[string]int64 {
	t.Helper()
	f, err := NewFold(Grouping{By: []string{by}})
	if err != nil {
		t.Fatal(err)
	}
	chosen, err := Choose(b, Filter{}, func(int64) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	p, err := f.Reduce(b, chosen)
	if err != nil {
		t.Fatal(err)
	}
	f.Add(p)
	all := make(map[string]int64)
	for _, g := range f.Table().Groups {
		all[g.By[0]] = g.Sums[0].N(Input)
	}
	return all
}

func TestTheCoarsestVariantAnswers(t *testing.T) {
	hour := []func(time.Time) string{func(time.Time) string { return "" }}
	for name, test := range map[string]struct {
		f    Filter
		g    Grouping
		want int
	}{
		"no time":           {Filter{}, Grouping{By: []string{"session_id"}}, 0},
		"hours":             {Filter{}, Grouping{Times: hour, Unit: time.Hour}, 0},
		"shorter times":     {Filter{}, Grouping{Times: hour}, 1},
		"turns":             {Filter{}, Grouping{By: []string{"turn_id"}}, 2},
		"counted turns":     {Filter{}, Grouping{CountsTurns: true}, 2},
		"turns to filter":   {Filter{Is: map[string][]string{"turn_id": {"t"}}}, Grouping{}, 2},
		"something to show": {Filter{}, Grouping{Apart: []string{Band}}, 0},
	} {
		if got := VariantFor(test.f, []Grouping{{}, test.g}); !reflect.DeepEqual(got, Variants[test.want]) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// TestDamagedColumns: whatever a column holds, it is read or refused.
func TestDamagedColumns(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var records []usage.Record
	for range 300 {
		records = append(records, asked(string(rune('a'+random.IntN(26))), string(rune('a'+random.IntN(26))), random.IntN(60), random.Int64N(1e6)))
	}
	v := Variants[2]
	columns := v.Columns(v.Roll(lined(records...)))
	var refused int
	for range 3000 {
		for name, data := range columns {
			if len(data) == 0 || random.IntN(50) > 0 {
				continue
			}
			damaged := append([]byte(nil), data...)
			switch random.IntN(3) {
			case 0:
				damaged = damaged[:random.IntN(len(damaged))]
			case 1:
				damaged[random.IntN(len(damaged))] ^= byte(1 + random.IntN(255))
			default:
				damaged = append(damaged, byte(random.IntN(256)))
			}
			if err := readAll(v, columns, name, damaged); err != nil {
				if !errors.Is(err, errDamaged) {
					t.Fatal(err)
				}
				refused++
			}
		}
	}
	if refused == 0 {
		t.Error("nothing was refused")
	}
}

func readAll(v Variant, columns map[string][]byte, name string, instead []byte) error {
	b, err := v.Open(new(Room), func(column string) ([]byte, error) {
		if column == name {
			return instead, nil
		}
		return columns[column], nil
	})
	if err != nil {
		return err
	}
	for d := range b.words {
		if _, err := b.word(d); err != nil {
			return err
		}
	}
	for m := range measures {
		if _, err := b.count(m); err != nil {
			return err
		}
	}
	return nil
}

func TestASlotIsAQuarterOfAnHour(t *testing.T) {
	for text, want := range map[string]string{
		"2026-11-24T12:14:59.999Z": "2026-11-24T12:00:00Z", "2026-11-24T12:15:00Z": "2026-11-24T12:15:00Z",
		"1969-12-31T23:59:59Z": "1969-12-31T23:45:00Z", "1970-01-01T00:00:00Z": "1970-01-01T00:00:00Z",
	} {
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		if got := Begin(SlotOf(at)).Format(time.RFC3339); got != want {
			t.Errorf("%s is in the slot of %s", text, got)
		}
	}
}
