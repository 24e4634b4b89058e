package dialect

import (
	"math"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/wiremeter/wiremeter/usage"
)

// CursorEvent is one line of the dashboard's list of usage. It tells again what
// a turn's end has told, some seconds later and without a request's id: it can
// be compared with records, and never counts itself.
type CursorEvent struct {
	At             int64 // milliseconds since 1970; 0: unsaid
	Model          string
	Kind           string // how it is charged: usage_based, errored_not_charged …
	ConversationID string
	Tokens         usage.Tokens
	Cost           *int64 // of the tokens, in nano-dollars
}

// maxCursorEvents is more than a page of the list has.
const maxCursorEvents = 10_000

// ReadCursorEvents reads what aiserver.v1.DashboardService answers to
// GetFilteredUsageEvents, in protobuf as @cursor/sdk 1.0.32 has its fields, or in
// JSON under their names. Other than at a turn's end the input excludes what was
// cached, and what was written to a cache stands before what was read. Who is to
// pay, and their address, are not read.
func ReadCursorEvents(answer []byte) []CursorEvent {
	var events []CursorEvent
	if gjson.ValidBytes(answer) {
		gjson.GetBytes(answer, "usageEventsDisplay").ForEach(func(_, e gjson.Result) bool {
			events = append(events, cursorEventOf(e))
			return len(events) < maxCursorEvents
		})
		return events
	}
	for n, f := range fields(answer) {
		if n == 3 && f.bytes != nil && len(events) < maxCursorEvents {
			events = append(events, readCursorEvent(f.bytes))
		}
	}
	return events
}

func readCursorEvent(message []byte) CursorEvent {
	e := CursorEvent{Model: wordAt(message, 2), Kind: chargeOf(value(numberAt(message, 3))), ConversationID: wordAt(message, 23)}
	for n, f := range fields(message) {
		switch {
		case n == 1 && f.bytes == nil:
			e.At = max(0, int64(f.number))
		case n == 9 && f.bytes != nil:
			e.Tokens = usage.Tokens{
				Input: numberAt(f.bytes, 1), Output: numberAt(f.bytes, 2),
				CacheWriteOther: numberAt(f.bytes, 3), CacheRead: numberAt(f.bytes, 4),
			}
			e.Cost = centsAt(f.bytes, 5)
		}
	}
	return e
}

// cursorEventOf reads an event in JSON, whose large numbers may be strings.
func cursorEventOf(e gjson.Result) CursorEvent {
	u := e.Get("tokenUsage")
	at, _ := strconv.ParseInt(e.Get("timestamp").String(), 10, 64) // 0 where it is no number
	return CursorEvent{
		At: max(0, at), Model: word(e.Get("model")), ConversationID: word(e.Get("conversationId")),
		Kind: strings.ToLower(strings.TrimPrefix(word(e.Get("kind")), "USAGE_EVENT_KIND_")),
		Tokens: usage.Tokens{
			Input: count(u.Get("inputTokens")), Output: count(u.Get("outputTokens")),
			CacheWriteOther: count(u.Get("cacheWriteTokens")), CacheRead: count(u.Get("cacheReadTokens")),
		},
		Cost: money(u.Get("totalCents"), inCents),
	}
}

// cursorCharges are the kinds of an event by their numbers.
var cursorCharges = []string{
	"", "usage_based", "user_api_key", "included_in_pro", "included_in_business", "errored_not_charged", "aborted_not_charged",
	"custom_subscription", "included_in_pro_plus", "included_in_ultra", "free_credit",
}

func chargeOf(kind int64) string {
	if kind < int64(len(cursorCharges)) {
		return cursorCharges[kind]
	}
	return strconv.FormatInt(kind, 10)
}

// centsAt returns the cents that stand in a field as a float.
func centsAt(message []byte, want protowire.Number) (cost *int64) {
	for len(message) > 0 {
		number, kind, n := protowire.ConsumeTag(message)
		if n < 0 {
			return nil
		}
		message = message[n:]
		if number == want && kind == protowire.Fixed32Type {
			if bits, n := protowire.ConsumeFixed32(message); n > 0 {
				cost = decimal(strconv.FormatFloat(float64(math.Float32frombits(bits)), 'f', -1, 32), inCents)
			}
		}
		if n = protowire.ConsumeFieldValue(number, kind, message); n < 0 {
			return nil
		}
		message = message[n:]
	}
	return cost
}
