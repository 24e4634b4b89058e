package reconcile

import (
	"testing"
	"time"

	"github.com/wiremeter/wiremeter/usage"
)

const claudeCode = "claude-code"

func call(id, clock string, counts ...int64) Call {
	return Call{ID: id, Model: "m", At: at(clock), Tokens: tokens(counts...)}
}

func TestJoinByID(t *testing.T) {
	r := asked(t, Query{}, []Call{
		call("a", "10:00:01", 1, 2, 3, 4),
		call("b", "10:00:02", 1, 2, 3, 4),
		call("b", "10:00:03", 1, 2, 3, 5), // the last word
		call("b", "10:00:04", 1, 2, 3, 5),
		call("c", "10:00:05", 1, 2, 3, 9),
		call("nowhere", "10:00:06", 1),
		call("of another", "10:00:07", 7),
		call("before", "09:00:00", 8),
		call("p", "10:00:08", 1),
	},
		record(claudeCode, "a", "10:00:00", tokens(1, 2, 3, 4)),
		record(claudeCode, "b", "10:00:01", tokens(1, 2, 3, 5)),
		record(claudeCode, "c", "10:00:01", tokens(1, 3, 3, 4)),
		record(claudeCode, "c", "10:00:02", tokens(1, 2, 3, 9)),
		with(record(claudeCode, "t", "10:00:03", tokens(5)), func(r *usage.Record) { r.Purpose = usage.Title }),
		with(record("", "of another", "10:00:03", tokens(7)), func(*usage.Record) {}),
		record("codex", "foreign", "10:00:03", tokens(7)),
		record("", "foreign too", "10:00:03", tokens(7)),
		with(record(claudeCode, "", "10:00:04", tokens()), func(r *usage.Record) { r.Outcome = usage.Failed }),
		with(record(claudeCode, "w", "10:00:05", tokens(5)), func(r *usage.Record) { r.Kind = usage.Prewarm }),
		with(record(claudeCode, "p", "10:00:05", tokens(1)), func(r *usage.Record) { r.Kind = usage.Prewarm }),
		with(record(claudeCode, "a", "10:00:05", tokens(5)), func(r *usage.Record) { r.Hop = usage.Gateway }),
	)
	check(t, "the groups", groups(r), "equal 4, differing [c(cache_read,output)], wire [t], log [nowhere], twice [c], again 2, by id 5, by time 0, before 1, without 1, prewarm 1")
	if i := r.OnlyOnWire.Items[0]; i.For != "title" || i.Log != nil || *i.Wire.Input != 5 {
		t.Errorf("what the log lacks is %+v", i)
	}
	check(t, "the sum", shownTokens(r.Equal.Tokens), "10 4 6 9 -")
	if !r.Since.Equal(at("10:00:00")) || r.IsConfirmed() {
		t.Errorf("since %s, confirmed: %v", r.Since, r.IsConfirmed())
	}
}

// TestWhatIsNotADifference: what the log does not have, and a 0 of it where the
// provider said nothing.
func TestWhatIsNotADifference(t *testing.T) {
	for name, test := range map[string]struct {
		wire, log usage.Tokens
		want      int
	}{
		"the same":                    {tokens(1, 2, 3, 4, 5), tokens(1, 2, 3, 4, 5), 0},
		"the lifetime of a write":     {usage.Tokens{CacheWrite5m: count(1), CacheWrite1h: count(2)}, usage.Tokens{CacheWriteOther: count(3)}, 0},
		"the log has only the output": {tokens(1, 2, 3, 4), tokens(-1, -1, -1, 4), 0},
		"0 for what was not said":     {tokens(1), tokens(1, 0, 0, 0, 0), 0},
		"more than was said":          {tokens(1), tokens(1, 5), 1},
		"another count":               {tokens(1, 2, 3, 4, 5), tokens(2, 1, 4, 3, 6), 5},
		"0 for something":             {tokens(1, 2), tokens(1, 0), 1},
	} {
		if got := differences(test.wire, test.log); len(got) != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestJoinByNearness: without an id, by session, model, counts and time.
func TestJoinByNearness(t *testing.T) {
	q := Query{Agent: Agent{Name: "gemini", recorded: "gemini-cli"}}
	in := func(session, model string, c Call) Call {
		c.SessionID, c.Model = session, model
		return c
	}
	r := asked(t, q, []Call{
		call("", "10:00:01", 1, 2), call("", "10:00:03", 1, 2), call("", "10:00:05", 1, 2), // the third was not seen
		in("s1", "m", call("", "10:01:00", 5)), in("s2", "m", call("", "10:01:00", 5)),
		in("", "other", call("", "10:02:00", 7)),
		call("", "10:03:00", 8), // counts differ
		call("", "10:04:00", 9), // of an agent that no record names
		call("", "10:10:00", 11),
	},
		record("gemini-cli", "", "10:00:00", tokens(1, 2)), record("gemini-cli", "", "10:00:02", tokens(1, 2)),
		with(record("gemini-cli", "", "10:00:59", tokens(5)), func(r *usage.Record) { r.SessionID = "s2" }),
		record("gemini-cli", "", "10:01:59", tokens(7)),
		record("gemini-cli", "d", "10:02:59", tokens(6)),
		record("", "", "10:03:58", tokens(9)), record("", "", "10:03:59", tokens(10)),
		record("gemini-cli", "", "10:04:30", tokens(11)), // too long before
	)
	check(t, "the groups", groups(r), "equal 4, differing [d(input)], wire [r03 r07], log [10:00:05 10:01:00 10:02:00 10:10:00], twice [], again 0, by id 0, by time 5, before 0, without 0, prewarm 0")
}

// TestWindow: calls at its edges are joined with what is beyond, and told of once.
func TestWindow(t *testing.T) {
	calls := []Call{call("a", "10:00:01", 1), call("b", "11:00:00", 2), call("c", "12:00:00", 3), call("x", "10:59:59", 4), call("y", "12:00:01", 5), call("z", "11:30:00", 6)}
	records := []usage.Record{
		record(claudeCode, "a", "10:00:00", tokens(1)), record(claudeCode, "b", "10:59:59", tokens(2)), record(claudeCode, "c", "11:59:59", tokens(3)),
		record(claudeCode, "w", "10:30:00", tokens(4)), record(claudeCode, "v", "11:45:00", tokens(5)),
	}
	for name, test := range map[string]struct {
		q    Query
		want string
	}{
		"since":   {Query{Since: at("11:00:00")}, "equal 1, differing [], wire [v], log [y z], twice [], again 0, by id 1, by time 0, before 0, without 0, prewarm 0"},
		"until":   {Query{Until: at("11:00:00")}, "equal 2, differing [], wire [w], log [x], twice [], again 0, by id 2, by time 0, before 0, without 0, prewarm 0"},
		"between": {Query{Since: at("10:15:00"), Until: at("11:00:00")}, "equal 1, differing [], wire [w], log [x], twice [], again 0, by id 1, by time 0, before 0, without 0, prewarm 0"},
	} {
		check(t, name, groups(asked(t, test.q, calls, records...)), test.want)
	}
	nothing := asked(t, Query{}, calls)
	check(t, "nothing recorded", groups(nothing), "equal 0, differing [], wire [], log [], twice [], again 0, by id 0, by time 0, before 6, without 0, prewarm 0")
	if !nothing.IsConfirmed() {
		t.Error("nothing is contradicted")
	}
	check(t, "in words", nothing.coverage(time.UTC), "claude: nothing is recorded; its log has 6 calls in 1 file")
}
