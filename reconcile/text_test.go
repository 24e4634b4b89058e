package reconcile

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/wiremeter/wiremeter/usage"
)

func TestText(t *testing.T) {
	r := asked(t, Query{}, []Call{call("a", "10:00:01", 1000, 2, 3, 4), call("a", "10:00:01", 1000, 2, 3, 4), call("b", "10:00:02", 1, -1, -1, 9), call("", "10:00:03", 5), call("x", "10:00:03", 6)},
		record(claudeCode, "a", "10:00:00", tokens(1000, 2, 3, 4)),
		record(claudeCode, "b", "10:00:01", tokens(1, 2, 3, 4)),
		with(record(claudeCode, "t", "10:00:02", tokens(123456)), func(r *usage.Record) {
			r.Purpose, r.Outcome, r.Model = usage.Title, usage.Interrupted, "evil\x1b[31m"
		}),
		record(claudeCode, "u", "10:00:03", tokens(5)),
		record(claudeCode, "", "10:00:04", tokens()),
	)
	var b strings.Builder
	if err := r.WriteText(&b, time.UTC); err != nil {
		t.Fatal(err)
	}
	check(t, "the text", "\n"+b.String(), `
                             calls    input  cache read  cache write  output  reasoning
  equal                          2    1,005           2            3       4          -
  differing, as on the wire      1        1           2            3       4          -
  only on the wire               1  123,456           -            -       -          -
  only in the log                1        6           -            -       -          -
  again in the log               1    1,000           2            3       4          -

differing:
  2026-11-24 10:00:01  m  b  output 4, in the log 9

only on the wire:
  2026-11-24 10:00:02  evil`+"\uFFFD"+`[31m  title  t  interrupted  input 123,456

only in the log:
  2026-11-24 10:00:03  m  x  input 6

claude, since 2026-11-24 10:00:00: 3 of 4 calls of the log (1 file) joined: 2 by message.id, 1 without one by session, model, counts and time; 1 on the wire without counts (refused, or stated none)
`)
}

func TestALongListIsCut(t *testing.T) {
	var records []usage.Record
	for i := range maxShown + 3 {
		records = append(records, record(claudeCode, fmt.Sprint("id", i), "10:00:00", tokens(1)))
	}
	r := asked(t, Query{}, nil, records...)
	var b strings.Builder
	if err := r.WriteText(&b, time.UTC); err != nil || strings.Count(b.String(), "  id") != maxShown || !strings.Contains(b.String(), "  … and 3 more (--json has all)\n") {
		t.Errorf("%v:\n%s", err, b.String())
	}
	b.Reset()
	if err := r.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	var whole struct {
		Only struct {
			Calls int
			Items []struct {
				ID   string
				Wire struct{ Input, Output *int64 }
				Log  *struct{}
			}
		} `json:"only_on_wire"`
	}
	if err := json.Unmarshal([]byte(b.String()), &whole); err != nil {
		t.Fatal(err)
	}
	if o := whole.Only; o.Calls != maxShown+3 || len(o.Items) != o.Calls || *o.Items[0].Wire.Input != 1 || o.Items[0].Wire.Output != nil || o.Items[0].Log != nil {
		t.Errorf("got %s", b.String())
	}
}

func TestNumbers(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1234: "-1,234", -123: "-123"} {
		check(t, "a number", number(&n), want)
	}
	check(t, "a long name", shown(strings.Repeat("x", 65)), strings.Repeat("x", 64)+"…")
	check(t, "no name", shown(""), "unknown")
}
