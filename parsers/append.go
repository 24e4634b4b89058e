package parsers

import (
	"strings"

	"github.com/wiremeter/wiremeter/parsers/dialect"
	"github.com/wiremeter/wiremeter/usage"
)

// MaxAppend is how large a piece may be to be read.
const MaxAppend = 8 << 20

// Append is such a piece. It may lie in the body that it was read from.
type Append struct {
	ID   string // what both exchanges are called
	seq  int64
	data []byte
}

// ReadAppend reads the body of a request, after its content coding is undone.
// It returns false when that is no piece, or is cut.
func ReadAppend(x usage.Exchange, body []byte) (Append, bool) {
	id, seq, data, ok := dialect.ReadBidiAppend(body)
	if named := idIn(x.Header, requestID); named != "" {
		id = named
	}
	return Append{ID: id, seq: seq, data: data}, ok
}

// Asking puts together what was appended, in any order, and keeps only words of
// it. It is used by one goroutine at a time.
type Asking struct{ requests dialect.CursorRequests }

// Add takes the next piece.
func (a *Asking) Add(p Append) { a.requests.Append(p.seq, p.data) }

// Request returns what is known by now.
func (a *Asking) Request() Request { return a.requests.Request().Common() }

// The headers of Cursor's agents: an id that is new in every attempt, on both
// exchanges of a split one, and one that stays; of the command line's subagents
// the ids of who started them, and of the user's own turn. The SDK's subagents say
// such things in the body only.
const (
	requestID         = "X-Request-Id"
	originalRequestID = "X-Original-Request-Id"
	parentRequestID   = "X-Parent-Request-Id"
	rootRequestID     = "X-Root-Parent-Request-Id"
	parentToolCallID  = "X-Parent-Agent-Tool-Call-Id"
)

const maxID = 256

// idIn returns the id in a header; what has the form of none is "".
func idIn(h usage.Header, name string) string {
	id := h.First(name)
	if len(id) > maxID || strings.ContainsFunc(id, func(c rune) bool { return c <= ' ' || c > '~' }) {
		return ""
	}
	return id
}
