package capture

import (
	"cmp"
	"errors"
	"fmt"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/wiremeter/wiremeter/parsers"
	"github.com/wiremeter/wiremeter/usage"
)

// answer is what became of one request: of the whole exchange, or of one of the
// many on a connection.
type answer struct {
	request  parsers.Request
	said     *evidence // of who asked; nil: the request tells
	response usage.Response
	state    parsers.State
	failure  string // why its reading ended early: a fixed word; empty if it did not
	fault    error  // what cut it

	begun, firstByte, ended time.Time
	sent, received          int64
	isStream                bool
}

// finish hands the exchange to the recorder.
func (e *Exchange) finish(fault error, ended time.Time) {
	defer e.capture.hops.leave(e)
	defer e.surviveAsLost(ended)
	if e.socket != nil {
		e.socket.close(fault, ended)
		return
	}
	if e.duplex != nil {
		e.duplex.close(fault, ended)
		return
	}
	if e.half != nil {
		e.half.close()
	}
	a := &answer{
		state: parsers.Silent, fault: fault, begun: e.head.StartedAt, firstByte: e.firstByte, ended: ended,
		sent: e.request.bytes.Load(), received: e.responseBytes,
	}
	switch {
	case e.reading != nil:
		a.response, a.state = e.reading.close()
		a.failure, a.isStream = e.reading.failure, e.reading.isStream
	case e.head.Transport == usage.WebSocket:
		a.failure = "websocket"
	}
	a.request, a.said = e.request.facts(), e.evidence
	e.join(a)
	e.conclude(a)
}

// conclude makes one record or one tally.
func (e *Exchange) conclude(a *answer) {
	if outcome, reason := e.untold(a); outcome != "" {
		e.tally(a, outcome, reason)
		return
	}
	r := e.record(a)
	r.Outcome, r.Reason = e.outcome(a)
	e.whenPlaced(a.said, func() (rest func()) {
		r.Attribution = e.attribution(a.said)
		clean(r)
		return e.keep(r, a.ended)
	})
}

func (e *Exchange) tally(a *answer, outcome usage.Outcome, reason string) {
	provider := e.route.Provider
	if outcome == usage.Tunnelled {
		provider = "" // a path of a known shape has not made it one
	}
	e.capture.recorder.Tally(usage.Tally{
		At: a.ended, Outcome: outcome, Provider: provider, Host: e.head.Host, Reason: reason, Run: RunName(e.head.Run),
		Count: 1, RequestBytes: a.sent, ResponseBytes: a.received,
	})
}

// surviveAsLost must be deferred: a panic of ours costs the record, not the
// traffic, and is counted.
func (e *Exchange) surviveAsLost(ended time.Time) {
	v := recover()
	if v == nil {
		return
	}
	e.capture.log.Error().Str("host", e.head.Host).Str("panic", fmt.Sprintf("%T", v)).Bytes("stack", debug.Stack()).Msg("capture panicked; a record is lost")
	e.capture.recorder.Tally(usage.Tally{
		At: ended, Outcome: usage.Lost, Provider: e.route.Provider, Host: e.head.Host, Reason: "capture_panic", Run: RunName(e.head.Run), Count: 1,
	})
}

// untold returns the class of an exchange that leaves no record of its own, or
// "" if it does.
func (e *Exchange) untold(a *answer) (usage.Outcome, string) {
	switch {
	case !e.isProvider, e.route.IsForeign && !a.isOfAModel(e.route):
		return usage.Tunnelled, "no_provider"
	case e.route.Class == parsers.NotBillable:
		return usage.NotBillable, e.route.Reason
	case e.isReplay:
		return usage.NotBillable, "gateway_cache"
	case a.failure != "" && e.reading != nil && e.reading.results > 0:
		return "", "" // the results that follow are missing
	case e.route.Class == parsers.Fetch && (a.state != parsers.Complete || a.response.Tokens.IsZero()):
		return usage.NotBillable, cmp.Or(e.route.Reason, "poll")
	}
	return "", ""
}

// isOfAModel reports whether what was said on a path of a known shape, at a host
// that nobody knows, had to do with a model: one was named, or counts were. Other
// programs have paths such as /api/chat, too.
func (a *answer) isOfAModel(r parsers.Route) bool {
	return cmp.Or(a.request.Model, r.Model, a.response.Model) != "" || !a.response.Tokens.IsZero()
}

// outcome decides in which class a billable request ended, and why.
func (e *Exchange) outcome(a *answer) (usage.Outcome, string) {
	switch {
	case e.status == 0 && (errors.Is(a.fault, usage.AgentGone) || errors.Is(a.fault, usage.Stopped)):
		return usage.Interrupted, a.fault.Error()
	case e.status == 0 && a.fault == nil:
		return usage.Failed, "no_response"
	case e.status == 0:
		return usage.Failed, reasonOf(a.fault)
	case a.response.Error != "":
		return usage.Failed, word(a.response.Error)
	case e.status >= 400:
		return usage.Failed, fmt.Sprintf("http_%d", e.status)
	case a.failure != "":
		return usage.Unparsed, a.failure
	case a.state == parsers.Complete:
		return usage.Metered, doubt(a.response)
	case a.fault != nil:
		return usage.Interrupted, reasonOf(a.fault)
	case a.state == parsers.Cut:
		return usage.Interrupted, string(usage.UpstreamCut)
	case a.state == parsers.Garbled:
		return usage.Unparsed, "not_understood"
	case a.response.IsPending:
		return usage.NoUsage, "background_pending"
	}
	return usage.NoUsage, "no_usage_sent"
}

func doubt(resp usage.Response) string {
	if resp.IsDoubtful {
		return "total_contradicts_counts"
	}
	return ""
}

func (e *Exchange) record(a *answer) *usage.Record {
	q := a.request
	if a.said == nil {
		a.said = e.said(q)
	}
	r := &usage.Record{
		ID:        ulid.MustNew(ulid.Timestamp(a.begun), ulid.DefaultEntropy()).String(),
		StartedAt: a.begun,

		Front: e.head.Front, Provider: e.route.Provider, Dialect: e.route.Dialect,
		Host: e.head.Host, Path: e.head.Path, Status: e.status, Transport: e.head.Transport,
		Kind: e.kind(a),

		ModelRequested: cmp.Or(q.Model, e.route.Model), Response: a.response, RequestID: e.requestID, GroupID: q.GroupID, Retries: retries(e.head.Header),

		Streamed: a.isStream, Duration: a.ended.Sub(a.begun), RequestBytes: a.sent, ResponseBytes: a.received,
		IsFetch: e.route.Class == parsers.Fetch, ParserVersion: parsers.Version,
	}
	if r.Kind == usage.Compact && !q.IsCompact && r.Model == "" && e.status < 400 && r.Error == "" {
		r.Model = r.ModelRequested // a compaction's response names no model
	}
	r.Geo = cmp.Or(r.Geo, e.route.Geo)
	if !a.firstByte.IsZero() {
		r.TTFT = a.firstByte.Sub(a.begun)
	}
	return r
}

// kind: what the response says of itself wins over the request, and that over
// the path.
func (e *Exchange) kind(a *answer) usage.Kind {
	switch {
	case a.response.Kind != "":
	case a.request.IsPrewarm:
		return usage.Prewarm
	case a.request.IsCompact:
		return usage.Compact
	}
	return cmp.Or(a.response.Kind, e.route.Kind, usage.Model)
}

// retries reads what SDKs of Anthropic, OpenAI and others that Stainless makes send
// with each request: 0 with the first.
func retries(h usage.Header) *int64 {
	n, err := strconv.ParseUint(h.First("X-Stainless-Retry-Count"), 10, 16)
	if err != nil {
		return nil
	}
	return new(int64(n))
}

// requestIDs are the response headers that hold a provider's id of a request,
// the most telling first.
var requestIDs = []string{
	"Request-Id", "X-Request-Id", "X-Amzn-Requestid", "Apim-Request-Id", "X-Copilot-Service-Request-Id",
	"X-Github-Request-Id", "X-Trace-Id", "Cf-Aig-Log-Id", "X-Ds-Trace-Id", "Mistral-Correlation-Id", "Cf-Ray",
}

func first(h usage.Header, names []string) string {
	for _, name := range names {
		if v := h.First(name); v != "" {
			return v
		}
	}
	return ""
}
