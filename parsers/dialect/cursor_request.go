package dialect

import (
	"encoding/hex"
	"math"

	"github.com/tidwall/gjson"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/wiremeter/wiremeter/parsers/framing"
	"github.com/wiremeter/wiremeter/usage"
)

// CursorRequest is what the agent's half of a stream says of itself. Empty and
// false mean unsaid.
type CursorRequest struct {
	Model          string // "default" leaves the choice to Cursor
	ConversationID string
	GroupID        string // the conversation that a subagent's belongs to
	RunID          string // the same in every attempt; the first one's request id
	Subagent       string // its type; "other" where that is no word
	IsRun          bool   // something is to be run; a connection may also only be warmed
	IsResume       bool   // a run that was cut goes on from its last checkpoint
	IsSummary      bool   // the conversation is to be made shorter
}

// CursorRequests reads the agent's half of a stream of agent.v1.AgentService,
// and keeps none of it but words. It is used by one goroutine.
//
// No field is read that is not named here: beside them stand the keys of the
// user's own providers, and all of the conversation.
type CursorRequests struct {
	known CursorRequest
	seq   int64 // of the message that it stood in
	next  int64
}

// Observe takes the next frame of a Run's request.
func (q *CursorRequests) Observe(f framing.Frame) {
	q.Append(q.next, f.Data)
	q.next++
}

// Append takes the message of this number, as ReadBidiAppend returns it. They
// come in any order, and repeatedly: the first run that the agent has asked
// for counts.
func (q *CursorRequests) Append(seq int64, message []byte) {
	if q.known.IsRun && seq >= q.seq {
		return
	}
	if run := child(message, 1); run != nil {
		q.known, q.seq = readCursorRun(run), seq
		return
	}
	if warm := child(message, 8); warm != nil && !q.known.IsRun {
		q.known = CursorRequest{Model: cursorModel(warm, 1, 9), ConversationID: wordAt(warm, 2)}
	}
}

// Request returns what is known by now.
func (q *CursorRequests) Request() CursorRequest { return q.known }

// Common returns what has a place in the requests of all dialects. A subagent is
// called by its conversation, which nobody else takes part in.
func (q CursorRequest) Common() Request {
	r := Request{
		Model: q.Model, SessionID: q.ConversationID, GroupID: q.RunID,
		IsPrewarm: !q.IsRun && q != CursorRequest{}, IsCompact: q.IsSummary,
	}
	switch {
	case q.Subagent != "":
		r.Purpose, r.SubagentID = usage.Subagent, q.ConversationID
		if q.GroupID != q.ConversationID {
			r.ParentID = q.GroupID
		}
	case q.IsRun:
		r.Purpose = usage.Main
	}
	return r
}

// readCursorRun reads an AgentRunRequest.
func readCursorRun(run []byte) CursorRequest {
	q := CursorRequest{
		Model:          cursorModel(run, 3, 9),
		ConversationID: wordAt(run, 5),
		GroupID:        wordAt(run, 16),
		RunID:          wordAt(run, 25),
		IsRun:          true,
		IsResume:       child(run, 2, 2) != nil,
		IsSummary:      child(run, 2, 4) != nil,
	}
	if subagent := child(run, 11); len(subagent) > 0 {
		q.Subagent = asWord(subagent)
		keepFirst(&q.Subagent, "other")
	}
	return q
}

// cursorModel takes the id of the model that was requested, and else that of
// the model's details: an agent sends the one, and its subagents the other.
func cursorModel(message []byte, details, requested protowire.Number) string {
	model := wordAt(message, requested, 1)
	keepFirst(&model, wordAt(message, details, 1))
	return model
}

// ReadBidiAppend reads the body of a BidiAppend, by which an agent on HTTP/1.1
// sends the messages of its half one by one. The data is a message for
// CursorRequests; it may lie in the body. Up to sixteen are under way at a time
// and arrive in any order. It returns false when the body is none, or is cut.
func ReadBidiAppend(body []byte) (requestID string, seq int64, data []byte, ok bool) {
	ok = isMessage(body)
	for n, f := range fields(body) {
		switch {
		case n == 1 && len(f.bytes) > 0:
			decoded, err := hex.AppendDecode(nil, f.bytes)
			data, ok = decoded, ok && err == nil
		case n == 2:
			requestID = wordAt(f.bytes, 1)
		case n == 3 && f.bytes == nil:
			seq, ok = int64(f.number&math.MaxInt64), ok && f.number <= math.MaxInt64
		case n == 4 && len(f.bytes) > 0:
			data = f.bytes
		}
	}
	if !ok || requestID == "" {
		return "", 0, nil, false
	}
	return requestID, seq, data, true
}

// ReadBidiRequestID reads the one envelope that asks for a RunSSE: the id of
// the request whose BidiAppends are its other half. It is "" when there is none.
func ReadBidiRequestID(message []byte) string { return wordAt(message, 1) }

// CursorCloudRun is what making a cloud agent, or giving it more to do, says of
// the run. The run's stream does not repeat the model.
type CursorCloudRun struct {
	Model, AgentID, RunID, RequestID string
}

// ReadCursorCloudRun reads the request and the response of a POST to
// /v1/agents or /v1/agents/{id}/runs. What cannot be read stays "".
func ReadCursorCloudRun(request, response []byte) CursorCloudRun {
	var r CursorCloudRun
	if gjson.ValidBytes(request) {
		q := gjson.ParseBytes(request)
		r.Model, r.AgentID = firstWord(q.Get("model.id"), q.Get("model")), word(q.Get("agentId"))
	}
	if gjson.ValidBytes(response) {
		a := gjson.ParseBytes(response)
		keepLast(&r.AgentID, firstWord(a.Get("run.agentId"), a.Get("agent.id")))
		r.RunID = firstWord(a.Get("run.id"), a.Get("agent.latestRunId"))
		r.RequestID = word(a.Get("run.requestId"))
	}
	return r
}

// ReadCursorAsking reads a message of the agent's half that may be another one. It
// returns false unless it asks for a run, names its model and its conversation.
func ReadCursorAsking(message []byte) (CursorRequest, bool) {
	run := child(message, 1)
	if run == nil {
		return CursorRequest{}, false
	}
	q := readCursorRun(run)
	return q, q.Model != "" && q.ConversationID != ""
}

// CursorField returns what stands in a field of a message; nil where it is none, or
// has no such field.
func CursorField(message []byte, field int) []byte { return child(message, protowire.Number(field)) }
