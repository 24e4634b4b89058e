package dialect

// Cursor's agents in its cloud, which run on when nobody listens. Their events
// are JSON under the names of server-sent events, as api.cursor.com sends them
// to @cursor/sdk 1.0.32. A turn's end has the counts of the agent streams,
// under the names of JSON, and they mean the same.

import (
	"strconv"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/wiremeter/wiremeter/parsers/framing"
	"github.com/wiremeter/wiremeter/usage"
)

// CursorCloud reads the stream of one run. It is used by one goroutine.
type CursorCloud struct {
	turns cursorTurns
	last  string // the id of the last event
}

// NewCursorCloud returns a meter of a run's stream, in the frames of
// framing.NewSSE. The response's id is that of the event that ended the turn:
// it is unique within the run.
func NewCursorCloud() *CursorCloud { return &CursorCloud{} }

// Observe takes an event. One whose id is not behind all earlier ones is
// passed over: an agent that has lost a stream asks for it again. It returns what
// a CursorMeter does.
func (c *CursorCloud) Observe(f framing.Frame) *CursorResponse {
	id := f.ID
	if id != "" && c.last != "" && !isBehind(id, c.last) {
		return nil
	}
	keepLast(&c.last, id)
	switch f.Event {
	case "interaction_update":
		c.update(id, f)
	case "assistant", "thinking":
		c.text()
	case "error":
		if root, ok := parse(f); ok {
			c.turns.close(errorType(root))
		}
	case "done":
		c.turns.close("")
	}
	return c.turns.changed()
}

// Partial returns the turn that has begun and not ended, if there is one.
func (c *CursorCloud) Partial() (CursorResponse, bool) { return c.turns.partial() }

// text comes twice, as an update and as an event of its own; the latter may
// come when the turn has ended.
func (c *CursorCloud) text() {
	c.turns.touch()
	if !c.turns.isEnded {
		c.turns.hasOutput = true
	}
}

func (c *CursorCloud) update(id string, f framing.Frame) {
	root, ok := parse(f)
	if !ok {
		return
	}
	switch kind := root.Get("type").Str; {
	case kind == "turn-ended":
		c.turns.end(readCloudCounts(root.Get("usage")))
		c.turns.turn.ID = asWord([]byte(id))
	case kind == "token-delta":
		c.turns.delta(count(root.Get("tokens")))
	case strings.HasSuffix(kind, "-delta"):
		c.turns.output()
	case strings.HasSuffix(kind, "-started"):
		c.turns.begin()
	}
}

func readCloudCounts(u gjson.Result) cursorCounts {
	s := cursorCounts{
		input:     count(u.Get("inputTokens")),
		output:    count(u.Get("outputTokens")),
		read:      count(u.Get("cacheReadTokens")),
		write:     count(u.Get("cacheWriteTokens")),
		reasoning: count(u.Get("reasoningTokens")),
	}
	if s.raw = verbatim(u); s.raw == nil {
		s.raw = []byte("{}")
	}
	return s
}

// isBehind compares two ids of the form 7-0, by both numbers. Ids of another
// form are behind one another when they differ.
func isBehind(id, last string) bool {
	a, b, ok := cloudID(id)
	c, d, okLast := cloudID(last)
	if !ok || !okLast {
		return id != last
	}
	return a > c || a == c && b > d
}

func cloudID(id string) (major, minor uint64, ok bool) {
	first, second, _ := strings.Cut(id, "-")
	major, err := strconv.ParseUint(first, 10, 64)
	if err != nil {
		return 0, 0, false
	}
	minor, err = strconv.ParseUint(second, 10, 64)
	return major, minor, err == nil
}

// cursorRun makes one response of a run: its last turn, and those before as its
// parts.
type cursorRun struct {
	id    string
	cloud CursorCloud
	last  CursorResponse
	parts []usage.Part
}

func newCursorRun(o Options) Meter { return &cursorRun{id: o.ResponseID} }

// maxTurns bounds what is kept of a run.
const maxTurns = 256

func (r *cursorRun) Observe(f framing.Frame) (usage.Response, bool) {
	turn := r.cloud.Observe(f)
	if turn == nil {
		return usage.Response{}, false
	}
	if isNext := turn.Number > 1 && turn.Number != r.last.Number; isNext && !r.last.Tokens.IsZero() && len(r.parts) < maxTurns {
		r.parts = append(r.parts, usage.Part{Role: "turn", Tokens: r.last.Tokens})
	}
	r.last = *turn
	return r.response(*turn), true
}

// Partial returns the run as long as no turn of it has ended: a run that goes
// on is fetched again.
func (r *cursorRun) Partial() (usage.Response, bool) {
	turn, isBegun := r.cloud.Partial()
	return r.response(turn), isBegun && r.last.Number == 0
}

func (r *cursorRun) response(turn CursorResponse) usage.Response {
	resp := turn.Response
	keepLast(&resp.ID, r.id)
	resp.Parts = r.parts
	return resp
}
