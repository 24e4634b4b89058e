package capture

import (
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/wiremeter/wiremeter/parsers"
	"github.com/wiremeter/wiremeter/usage"
)

// CursorHook makes a record of what Cursor has told a hook at this time. There
// was no exchange: what only one has is unknown. It returns false for what is not
// of a hook that is told of a turn.
func CursorHook(stdin []byte, at time.Time) (usage.Record, bool) {
	h, ok := parsers.ReadCursorHook(stdin)
	if !ok {
		return usage.Record{}, false
	}
	r := usage.Record{
		ID: ulid.MustNew(ulid.Timestamp(at), ulid.DefaultEntropy()).String(), StartedAt: at,
		Front: usage.FromHook, Provider: "cursor", Dialect: "cursor", Kind: usage.Model,
		Attribution: usage.Attribution{
			Agent: "cursor", AgentVersion: h.Version, SessionID: h.ConversationID, Plan: usage.Subscription,
			Sources: map[usage.Dimension]usage.Source{usage.ByAgent: usage.FromWire, usage.BySession: usage.FromWire},
		},
		ModelRequested: h.ModelRequested, Response: h.Response, ParserVersion: parsers.Version,
	}
	tell(&r.Attribution, usage.ByDir, dir(h.Dir), usage.FromWire)
	tell(&r.Attribution, usage.ByUser, label(h.User), usage.FromWire)
	if h.GenerationID != h.ConversationID {
		r.TurnID = h.GenerationID
	}
	r.Outcome, r.Reason = hookOutcome(h)
	clean(&r)
	return r, true
}

// hookOutcome: whoever stopped a turn has interrupted it. What it had used by
// then may still be told.
func hookOutcome(h parsers.CursorHook) (usage.Outcome, string) {
	switch h.Error {
	case "":
	case "aborted":
		return usage.Interrupted, string(usage.AgentGone)
	default:
		return usage.Failed, h.Error
	}
	if h.Tokens.IsZero() {
		return usage.NoUsage, "no_usage_sent"
	}
	return usage.Metered, doubt(h.Response)
}
