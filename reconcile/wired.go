package reconcile

import (
	"cmp"
	"time"

	"github.com/wiremeter/wiremeter/usage"
)

// wired is what is needed of a record.
type wired struct {
	id        string // of the response; where it has none, the record's
	sessionID string
	model     string
	what      string // for: its purpose, or kind
	outcome   usage.Outcome
	at, end   time.Time
	tokens    usage.Tokens
	isPrewarm bool
	isForeign bool // no agent is named: it may be of any
}

func newWired(r *usage.Record) *wired {
	what := string(r.Purpose)
	if what == "" && r.Kind != usage.Model {
		what = string(r.Kind)
	}
	return &wired{
		id: cmp.Or(r.Response.ID, r.ID), sessionID: r.SessionID, model: cmp.Or(r.Model, r.ModelRequested), what: what, outcome: r.Outcome,
		at: r.StartedAt, end: r.StartedAt.Add(r.Duration), tokens: r.Tokens, isPrewarm: r.Kind == usage.Prewarm, isForeign: r.Agent == "",
	}
}

const (
	nearEqual    = 5 * time.Minute  // within which equal counts are the same call's
	nearModel    = 10 * time.Second // and within which those of one model are, though they differ
	anyMargin    = time.Hour        // of the time asked for, beyond which no call lies that ended in it
	neverTheSame = -1
)

// distance is how far a call of the log without an id is from a record: the time
// between them; neverTheSame where they cannot be one.
func (w *wired) distance(c *Call) time.Duration {
	if w.sessionID != "" && c.SessionID != "" && w.sessionID != c.SessionID || w.model != "" && c.Model != "" && w.model != c.Model {
		return neverTheSame
	}
	d := max(w.at.Sub(c.At), c.At.Sub(w.end), 0)
	if d <= nearModel && !w.isForeign || d <= nearEqual && len(differences(w.tokens, c.Tokens)) == 0 {
		return d
	}
	return neverTheSame
}
