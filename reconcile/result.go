package reconcile

import (
	"time"

	"github.com/wiremeter/wiremeter/usage"
)

// Result says what is in both, what differs, and what is in one alone. Counts are
// by wiremeter's rules on both sides; the writes to a cache stand in
// cache_write_other where their lifetime is not told.
type Result struct {
	Agent string    `json:"agent"`
	Logs  []string  `json:"logs"`
	Since time.Time `json:"since"`          // of what was compared; the zero time: nothing is recorded
	Until time.Time `json:"until,omitzero"` // zero: to the end

	ID         string `json:"joined_by"`       // the id that the log has; empty: none
	ByID       int    `json:"joined_by_id"`    // calls
	ByNearness int    `json:"joined_by_time"`  // calls: by session, model, counts and time
	Files      int    `json:"files"`           // of the log
	Unreadable int    `json:"unreadable"`      // lines
	Before     int    `json:"before_records"`  // calls of the log before anything was recorded
	NoCounts   int    `json:"without_counts"`  // records of calls whose provider stated none, such as refused ones
	Equal      Sum    `json:"equal"`           // in both
	Differing  Group  `json:"differing"`       // in both, otherwise
	OnlyOnWire Group  `json:"only_on_wire"`    // what the log lacks
	OnlyInLog  Group  `json:"only_in_log"`     // what was not seen
	Twice      Group  `json:"twice_on_wire"`   // more records of a call that is joined already
	Repeated   Sum    `json:"repeated_in_log"` // lines that tell of a call again; who adds up all lines counts these, too
	Prewarm    Sum    `json:"prewarm"`         // on the wire alone, and in no total
}

// IsConfirmed reports whether the log shows nothing that was recorded otherwise,
// or not at all. What the log lacks is no contradiction.
func (r *Result) IsConfirmed() bool {
	return r.Differing.Calls == 0 && r.OnlyInLog.Calls == 0 && r.Twice.Calls == 0
}

// Sum adds up calls.
type Sum struct {
	Calls  int          `json:"calls"`
	Tokens usage.Tokens `json:"tokens"`
}

func (s *Sum) add(t usage.Tokens) {
	s.Calls++
	u := &s.Tokens
	u.Input, u.Output, u.Reasoning = add(u.Input, t.Input), add(u.Output, t.Output), add(u.Reasoning, t.Reasoning)
	u.CacheRead, u.CacheWrite5m, u.CacheWrite1h = add(u.CacheRead, t.CacheRead), add(u.CacheWrite5m, t.CacheWrite5m), add(u.CacheWrite1h, t.CacheWrite1h)
	u.CacheWriteOther = add(u.CacheWriteOther, t.CacheWriteOther)
}

// Group is calls one by one, oldest first. Its sum is of the wire's counts where
// they are on it.
type Group struct {
	Sum
	Items []Item `json:"items"`
}

func (g *Group) take(i Item) {
	t := i.Log
	if i.Wire != nil {
		t = i.Wire
	}
	g.add(*t)
	g.Items = append(g.Items, i)
}

// Item is one call.
type Item struct {
	At        time.Time     `json:"at"`
	ID        string        `json:"id"` // of the response, else of the record; empty: none
	SessionID string        `json:"session_id"`
	Model     string        `json:"model"`
	For       string        `json:"for"`     // its purpose or kind; empty: not told
	Outcome   usage.Outcome `json:"outcome"` // of the record
	Differs   []string      `json:"differs,omitempty"`
	Wire      *usage.Tokens `json:"wire"`
	Log       *usage.Tokens `json:"log"`
}

func newItem(w *wired, c *Call) (i Item) {
	if c != nil {
		i = Item{At: c.At, ID: c.ID, SessionID: c.SessionID, Model: c.Model, Log: &c.Tokens}
	}
	if w != nil {
		i.At, i.ID, i.SessionID, i.Model, i.For, i.Outcome, i.Wire = w.at, w.id, w.sessionID, w.model, w.what, w.outcome, &w.tokens
	}
	return i
}
