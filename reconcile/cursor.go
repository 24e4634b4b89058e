package reconcile

import (
	"context"
	"time"

	"github.com/wiremeter/wiremeter/store/sqlite"
	"github.com/wiremeter/wiremeter/usage"
)

// Cursor keeps no log with counts. In its place stand the lists of usage that its
// dashboard shows, as far as they have come by: see usage.Statement. They name no
// request.

// isStated reports whether the provider's statements are the log.
func (a Agent) isStated() bool { return a.read == nil }

// isOf reports whether the agent has asked, as far as the record tells.
func (a Agent) isOf(r *usage.Record) bool {
	if a.isStated() {
		return r.Provider == a.recorded
	}
	return r.Agent == a.recorded
}

// readStatements takes for a log what the agent's provider has stated.
func (j *join) readStatements(ctx context.Context, r *sqlite.Reader, since time.Time) error {
	until := j.Until
	if !until.IsZero() {
		until = until.Add(anyMargin)
	}
	for s, err := range r.Statements(ctx, j.Agent.recorded, since, until) {
		if err != nil {
			return err
		}
		j.take(Call{SessionID: s.SessionID, Model: chosen(s.Model), At: s.At, Tokens: s.Tokens})
	}
	return nil
}

// chosen is the model, or "" where it was left to Cursor: one side may then name
// the one that served, and the other the choice.
func chosen(model string) string {
	if model == "default" || model == "auto" {
		return ""
	}
	return model
}
