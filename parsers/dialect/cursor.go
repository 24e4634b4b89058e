package dialect

// Cursor's agent streams: protobuf in envelopes, agent.v1.AgentServerMessage
// one way and AgentClientMessage the other. What is read here was seen on the
// wire of @cursor/sdk 1.0.32 (September 2026) and stands in its field tables;
// fields 1 to 4 of a turn's end are the same in the editor 3.19 and the CLI of
// August 2026. There is no schema here, only the numbers of the fields.
//
// Usage comes once a turn, when it ends: the sum over all model calls of one
// message of the user, tools included. A stream may hold several turns. The
// input includes what was read from and written to a cache: 46965 with 42036
// read and 4927 written is 2. Where it is less than both it cannot, is taken as
// it is, and marked doubtful. Output includes reasoning. The lifetime of what
// is written is not said, hence CacheWriteOther.
//
// Builds until March 2026 end a turn without counts, which is unknown and not
// zero. All counts zero beside text mean the same: local servers answer so.
// Where a turn's end says nothing, or does not come, the counts that were shown
// to a hook of the user's stand in: they are the same ones, never added.
//
// Until a turn ends only its output is announced, piece by piece. These pieces
// are the one thing that is added up here: of a turn that was cut they are the
// least that it can have cost.
//
// What names a model behind "Auto" is a name for the eye. Its spaces become
// dashes.
//
// Raw is an object whose members turn_ended and hook are the fields of these
// messages: under their names, or under their numbers where those are news.

import (
	"strconv"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/wiremeter/wiremeter/parsers/framing"
	"github.com/wiremeter/wiremeter/usage"
)

// CursorResponse is one turn: what Cursor answers to one message of a user.
type CursorResponse struct {
	usage.Response        // Model is "" where the request's model served
	Number         int    // of the turn in its stream, from 1
	ConversationID string // where the response names it; else ""
	ContextUsed    *int64 // tokens in the context window; a fill, no usage
	ContextSize    *int64
}

// CursorMeter reads the turns of one of Cursor's streams. It is used by one
// goroutine, and keeps nothing of a frame's data.
type CursorMeter interface {
	// Observe takes the next frame. It returns a turn when one has ended with it,
	// or when it adds something to the last one that has: a turn replaces one of
	// the same number. Else, as nearly always, it returns nil.
	Observe(framing.Frame) *CursorResponse
	// Partial returns the turn that has begun and not ended, if there is one.
	Partial() (CursorResponse, bool)
}

// cursorMeters are for what comes in envelopes.
var cursorMeters = map[string]func() CursorMeter{
	"cursor": NewCursorAgent, "cursor_chat": NewCursorChat, "cursor_conversation": NewCursorConversation,
}

// IsCursor reports whether the dialect is one of Cursor's in envelopes.
func IsCursor(dialect string) bool { return cursorMeters[dialect] != nil }

// NewCursor returns a meter for such a dialect.
func NewCursor(dialect string) CursorMeter { return cursorMeters[dialect]() }

// NewCursorAgent returns a meter of what agent.v1.AgentService answers to Run
// and RunSSE, in the frames of framing.NewConnect.
func NewCursorAgent() CursorMeter { return &cursorAgent{} }

type cursorAgent struct{ turns cursorTurns }

func (a *cursorAgent) Partial() (CursorResponse, bool) { return a.turns.partial() }

func (a *cursorAgent) Observe(f framing.Frame) *CursorResponse {
	if f.Event == framing.EnvelopeEnd {
		a.turns.close(envelopeError(f))
		return a.turns.changed()
	}
	for n, v := range fields(f.Data) {
		switch {
		case v.bytes == nil:
		case n == 1:
			a.update(v.bytes)
		case n == 2:
			a.turns.touch()
			a.hook(child(v.bytes, 27, 1))
		case n == 3:
			details := child(v.bytes, 5)
			a.turns.checkpoint(numberAt(details, 1), numberAt(details, 2))
		}
	}
	return a.turns.changed()
}

// envelopeError returns the code of the error that ends a stream, or "".
func envelopeError(f framing.Frame) string {
	root, ok := parse(f)
	if !ok {
		return ""
	}
	return errorType(root.Get("error"))
}

// update reads an InteractionUpdate. What it has no case for (heartbeats,
// summaries, a step's end, requests for feedback) begins no turn.
func (a *cursorAgent) update(message []byte) {
	for n, v := range fields(message) {
		if v.bytes == nil {
			continue
		}
		switch n {
		case 1: // text; what the server itself has to say is marked by 2
			if numberAt(v.bytes, 2) != nil {
				a.turns.touch()
				continue
			}
			a.turns.output()
		case 4: // thinking
			a.turns.output()
		case 2, 3, 7, 15, 16: // a tool call, a step
			a.turns.begin()
		case 8:
			a.turns.delta(numberAt(v.bytes, 1))
		case 14:
			a.turns.end(readCursorCounts(v.bytes, 1, maxTurnEnded))
		case 24:
			a.turns.routed(asName(child(v.bytes, 1)))
		}
	}
}

// hookFields are the numbers of the fields of a message that is shown to one
// of the user's hooks; the counts follow one another from the first.
type hookFields struct {
	message, status, conversation, model, modelID, counts protowire.Number
}

var hookMessages = []hookFields{
	{message: 8, conversation: 2, model: 4, modelID: 5, counts: 7},             // AfterAgentResponse; 1 is the text
	{message: 11, status: 1, conversation: 3, model: 5, modelID: 6, counts: 8}, // Stop
}

func (a *cursorAgent) hook(request []byte) {
	for _, h := range hookMessages {
		m := child(request, h.message)
		if m == nil {
			continue
		}
		turn := &a.turns.turn
		a.turns.isChanged = true
		if h.status != 0 {
			keepLast(&turn.StopReason, wordAt(m, h.status))
		}
		keepLast(&turn.ConversationID, wordAt(m, h.conversation))
		for _, n := range []protowire.Number{h.modelID, h.model} {
			if model := wordAt(m, n); model != autoModel {
				keepFirst(&turn.Model, model)
			}
		}
		if s := readCursorCounts(m, h.counts, 4); !s.isSilent() {
			a.turns.hook = s
		}
	}
}

// autoModel is the model's id when Cursor is to choose.
const autoModel = "default"

// IsCursorAuto reports whether this is not the id of a model, but leaves the
// choice to Cursor.
func IsCursorAuto(model string) bool { return model == autoModel }

// maxTurnEnded is how many fields of a turn's end are kept. Five were seen, and
// a sixth is said to be a time.
const maxTurnEnded = 15

var cursorNames = []string{"input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens"}

// readCursorCounts reads the numbers of the fields from first on, at most so
// many.
func readCursorCounts(message []byte, first, most protowire.Number) cursorCounts {
	var s cursorCounts
	counts := s.places()
	s.raw = []byte{'{'}
	for n, v := range fields(message) {
		i := n - first
		if v.bytes != nil || i < 0 || i >= most || len(s.raw) > maxRaw {
			continue
		}
		name := strconv.Itoa(int(n))
		if int(i) < len(counts) {
			*counts[i], name = v.count(), cursorNames[i]
		}
		if len(s.raw) > 1 {
			s.raw = append(s.raw, ',')
		}
		s.raw = strconv.AppendQuote(s.raw, name)
		s.raw = append(s.raw, ':')
		s.raw = strconv.AppendInt(s.raw, int64(v.number), 10)
	}
	s.raw = append(s.raw, '}')
	return s
}
