package capture

import (
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/wiremeter/wiremeter/parsers"
	"github.com/wiremeter/wiremeter/usage"
)

// finish hands the exchange to the recorder, as one record or one tally.
func (e *Exchange) finish(fault error, ended time.Time) {
	defer e.surviveAsLost(ended)
	var (
		resp  usage.Response
		state = parsers.Silent
	)
	if e.reading != nil {
		resp, state = e.reading.close()
	}
	if outcome, reason := e.untold(resp, state); outcome != "" {
		e.capture.recorder.Tally(usage.Tally{
			At: ended, Outcome: outcome, Provider: e.route.Provider, Host: e.head.Host, Reason: reason,
			Count: 1, RequestBytes: e.request.bytes.Load(), ResponseBytes: e.responseBytes,
		})
		return
	}
	r := e.record(resp, ended)
	r.Outcome, r.Reason = e.outcome(resp, state, fault)
	e.capture.recorder.Record(r)
}

// surviveAsLost must be deferred: a panic of ours costs the record, not the
// traffic, and is counted.
func (e *Exchange) surviveAsLost(ended time.Time) {
	v := recover()
	if v == nil {
		return
	}
	e.capture.log.Error().Str("host", e.head.Host).Str("panic", fmt.Sprintf("%T", v)).Bytes("stack", debug.Stack()).Msg("capture panicked; a record is lost")
	e.capture.recorder.Tally(usage.Tally{At: ended, Outcome: usage.Lost, Provider: e.route.Provider, Host: e.head.Host, Reason: "capture_panic", Count: 1})
}

// untold returns the class of an exchange that leaves no record of its own, or
// "" if it does.
func (e *Exchange) untold(resp usage.Response, state parsers.State) (usage.Outcome, string) {
	switch {
	case !e.isProvider:
		return usage.Tunnelled, "no_provider"
	case e.route.Class == parsers.NotBillable:
		return usage.NotBillable, e.route.Reason
	case e.route.Class == parsers.Fetch && (state != parsers.Complete || resp.Tokens.IsZero()):
		return usage.NotBillable, "poll"
	}
	return "", ""
}

// outcome decides in which class a billable exchange ended, and why.
func (e *Exchange) outcome(resp usage.Response, state parsers.State, fault error) (usage.Outcome, string) {
	switch {
	case e.status == 0 && errors.Is(fault, usage.AgentGone):
		return usage.Interrupted, string(usage.AgentGone)
	case e.status == 0 && fault == nil:
		return usage.Failed, "no_response"
	case e.status == 0:
		return usage.Failed, word(fault.Error())
	case resp.Error != "":
		return usage.Failed, word(resp.Error)
	case e.status >= 400:
		return usage.Failed, fmt.Sprintf("http_%d", e.status)
	case e.head.Transport == usage.WebSocket:
		return usage.Unparsed, "websocket"
	case e.reading.failure != "":
		return usage.Unparsed, e.reading.failure
	case state == parsers.Complete:
		return usage.Metered, doubt(resp)
	case fault != nil:
		return usage.Interrupted, fault.Error()
	case state == parsers.Cut:
		return usage.Interrupted, string(usage.UpstreamCut)
	case state == parsers.Garbled:
		return usage.Unparsed, "not_understood"
	case resp.IsPending:
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

func (e *Exchange) record(resp usage.Response, ended time.Time) usage.Record {
	q := e.request.facts()
	r := usage.Record{
		ID:        ulid.MustNew(ulid.Timestamp(e.head.StartedAt), ulid.DefaultEntropy()).String(),
		StartedAt: e.head.StartedAt,

		Front: e.head.Front, Provider: e.route.Provider, Dialect: e.route.Dialect,
		Host: e.head.Host, Path: e.head.Path, Status: e.status, Transport: e.head.Transport,
		Kind: e.kind(q, resp), Attribution: attribute(e.head, q),

		ModelRequested: q.Model, Response: resp, RequestID: e.requestID,

		Duration: ended.Sub(e.head.StartedAt), RequestBytes: e.request.bytes.Load(), ResponseBytes: e.responseBytes,
		IsFetch: e.route.Class == parsers.Fetch, ParserVersion: parsers.Version,
	}
	if r.ModelRequested == "" {
		r.ModelRequested = e.route.Model
	}
	if r.Kind == usage.Compact && r.Model == "" && e.status < 400 && resp.Error == "" {
		r.Model = r.ModelRequested // a compaction's response names no model
	}
	if e.reading != nil {
		r.Streamed = e.reading.isStream
	}
	if !e.firstByte.IsZero() {
		r.TTFT = e.firstByte.Sub(e.head.StartedAt)
	}
	return r
}

// kind: what the response says of itself wins over the request, and that over
// the path.
func (e *Exchange) kind(q parsers.Request, resp usage.Response) usage.Kind {
	switch {
	case resp.Kind != "":
		return resp.Kind
	case q.IsPrewarm:
		return usage.Prewarm
	case e.route.Kind != "":
		return e.route.Kind
	}
	return usage.Model
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

// word keeps what a provider sends as an error's type to the form of one, so
// that no content can hide in it.
func word(s string) string {
	const most = 64
	s = strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '_', r == '.', r == '-':
			return r
		}
		return '_'
	}, s)
	return s[:min(len(s), most)]
}
