package sqlite

import (
	"database/sql/driver"
	"time"

	"github.com/wiremeter/wiremeter/usage"
)

// What an agent's hook tells of a turn and what was seen of it on the wire are
// one record, whichever comes first; so are two hooks' of one turn. Counts that
// were seen win. Where what was seen has none it takes those of the hook, unless
// one says that the turn was cut and the other does not: the agent may have asked
// once more, past us.

// hookWindow is how far a hook may be from the end of the turn that it tells of:
// by the same counts, and by nothing but its time. Cursor's SDK calls each stop
// hook twice, the second time of its own and without counts.
const (
	hookWindow  = 2 * time.Minute
	hookMoment  = 10 * time.Second
	longestTurn = 24 * time.Hour
)

var (
	hooksSQL = "SELECT " + columnNames() + " FROM exchanges WHERE front = 'hook' AND session_id = ? AND provider IS ?"

	turnsSQL = "SELECT " + columnNames() + ` FROM exchanges WHERE session_id = ?1 AND provider IS ?2 AND started_at >= ?3
AND (front = 'hook' OR turn_id = ?4 OR group_id = ?4 OR request_id = ?4 OR started_at + duration_ms >= ?5)`
)

// hook stores what a hook has told.
func (b batch) hook(r *usage.Record) error {
	others, err := b.matching(turnsSQL, word[string]{&r.SessionID}, word[string]{&r.Provider},
		r.StartedAt.Add(-longestTurn).UnixMilli(), word[string]{&r.TurnID}, r.StartedAt.Add(-hookWindow).UnixMilli())
	if err != nil {
		return err
	}
	var told []usage.Record
	for _, other := range others {
		switch {
		case other.ID == r.ID:
			return nil // stored before
		case other.Front == usage.FromHook:
			if !isSameHook(r, &other) {
				continue
			}
			if !isBetter(r, &other) {
				return nil
			}
			told = append(told, other)
		case !isSameTurn(r, &other):
		case knows(&other), !knows(r):
			return nil
		case endsAlike(r, &other):
			return b.replace(filled(&other, r, r.ID), append(told, other)...)
		}
	}
	return b.replace(r, told...)
}

// seen stores what was seen, in place of what hooks have told of the same.
func (b batch) seen(r *usage.Record) error {
	if r.SessionID == "" {
		return b.insert(r)
	}
	others, err := b.matching(hooksSQL, word[string]{&r.SessionID}, word[string]{&r.Provider})
	if err != nil {
		return err
	}
	var told []usage.Record
	for _, hook := range others {
		if !isSameTurn(&hook, r) {
			continue
		}
		if knows(&hook) && !knows(r) {
			if !endsAlike(&hook, r) {
				continue
			}
			r = filled(r, &hook, r.ID)
		}
		told = append(told, hook)
	}
	return b.replace(r, told...)
}

// replace adds a record and then takes the others away, in that order: a row
// must not get the number of one that was there before, since there may be
// readers who have come as far as that.
func (b batch) replace(r *usage.Record, others ...usage.Record) error {
	if err := b.insert(r); err != nil {
		return err
	}
	for _, other := range others {
		if err := b.bind(other.ID); err != nil {
			return err
		}
		if err := b.run(supersedeSQL); err != nil {
			return err
		}
	}
	return nil
}

// knows reports whether the counts are the whole turn's.
func knows(r *usage.Record) bool { return !r.Tokens.IsZero() && r.Rule != usage.LowerBound }

// isSameTurn: Cursor names a turn to its hooks by an id that may be that of the
// request, and else by the conversation's.
func isSameTurn(hook, seen *usage.Record) bool {
	if id := hook.TurnID; id != "" && (id == seen.TurnID || id == seen.GroupID || id == seen.RequestID) {
		return true
	}
	return isAlike(hook, seen)
}

func isSameHook(a, b *usage.Record) bool {
	if a.TurnID != "" && b.TurnID != "" {
		return a.TurnID == b.TurnID
	}
	return isAlike(a, b)
}

// isAlike reports whether a hook speaks of a turn that has ended when it was
// called, with the same counts if it has any.
func isAlike(hook, other *usage.Record) bool {
	apart := hook.StartedAt.Sub(other.StartedAt.Add(other.Duration)).Abs()
	if !knows(hook) || other.Front == usage.FromHook && !knows(other) {
		return apart <= hookMoment
	}
	a, b := hook.Tokens, other.Tokens
	return apart <= hookWindow && isEqual(a.Input, b.Input) && isEqual(a.Output, b.Output) &&
		isEqual(a.CacheRead, b.CacheRead) && isEqual(a.CacheWriteOther, b.CacheWriteOther)
}

// isEqual: what the one leaves out because it is zero the other may say.
func isEqual(a, b *int64) bool {
	var zero int64
	if a == nil {
		a = &zero
	}
	if b == nil {
		b = &zero
	}
	return *a == *b
}

// isBetter reports whether a hook tells more than an earlier one. The one with
// the reason why the turn has ended is the last of a turn.
func isBetter(hook, earlier *usage.Record) bool {
	if knows(hook) != knows(earlier) {
		return knows(hook)
	}
	return hook.StopReason != "" || earlier.StopReason == ""
}

// endsAlike: a turn that was cut, for the one, was for the other.
func endsAlike(hook, seen *usage.Record) bool {
	return isCut(hook) == isCut(seen)
}

func isCut(r *usage.Record) bool { return r.Outcome == usage.Interrupted || r.Outcome == usage.Failed }

// filled is what was seen, with the counts that only the hook knows.
func filled(seen, hook *usage.Record, id string) *usage.Record {
	r := *seen
	r.ID = id
	r.Tokens, r.Rule, r.Raw, r.IsDoubtful = hook.Tokens, hook.Rule, hook.Raw, hook.IsDoubtful
	if r.Model == "" {
		r.Model = hook.Model
	}
	if hook.Outcome == usage.Metered {
		r.Outcome, r.Reason = hook.Outcome, hook.Reason
	}
	return &r
}

func (b batch) matching(text string, args ...any) (all []usage.Record, err error) {
	if err := b.bind(args...); err != nil {
		return nil, err
	}
	err = b.rows(text, len(columns), func(row []driver.Value) error {
		var r usage.Record
		for i, c := range columns {
			if err := c.of(&r).Scan(row[i]); err != nil {
				return err
			}
		}
		all = append(all, r)
		return nil
	})
	return all, err
}
