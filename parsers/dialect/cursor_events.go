package dialect

import "github.com/wiremeter/wiremeter/usage"

// CursorEvent is one line of the dashboard's list of usage. It tells again what
// a turn's end has told, some seconds later and without a request's id: it can
// be compared with records, and never counts itself.
type CursorEvent struct {
	At             int64 // milliseconds since 1970; 0: unsaid
	Model          string
	Kind           int64 // 2: with the user's own key; 5, 6: not charged
	ConversationID string
	Tokens         usage.Tokens
}

// ReadCursorEvents reads what aiserver.v1.DashboardService answers to
// GetFilteredUsageEvents, as @cursor/sdk 1.0.32 has its fields. Other than at a
// turn's end the input excludes what was cached, and what was written to a
// cache stands before what was read.
func ReadCursorEvents(answer []byte) []CursorEvent {
	var events []CursorEvent
	for n, f := range fields(answer) {
		if n == 3 && f.bytes != nil {
			events = append(events, readCursorEvent(f.bytes))
		}
	}
	return events
}

func readCursorEvent(message []byte) CursorEvent {
	e := CursorEvent{Model: wordAt(message, 2), Kind: value(numberAt(message, 3)), ConversationID: wordAt(message, 23)}
	for n, f := range fields(message) {
		switch {
		case n == 1 && f.bytes == nil:
			e.At = max(0, int64(f.number))
		case n == 9 && f.bytes != nil:
			e.Tokens = usage.Tokens{
				Input: numberAt(f.bytes, 1), Output: numberAt(f.bytes, 2),
				CacheWriteOther: numberAt(f.bytes, 3), CacheRead: numberAt(f.bytes, 4),
			}
		}
	}
	return e
}
