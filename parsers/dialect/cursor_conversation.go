package dialect

// What Cursor's editor is told of an agent in the cloud, by
// aiserver.v1.BackgroundComposerService/StreamConversation: the updates of the
// agent streams, each with a key of its own, by which the editor asks for what
// comes behind it. So in the schema of August 2026; it was never seen. A
// conversation is told again from its beginning to whoever opens it, so that a
// turn is known by its key and its counts, and one without a key does not count.

import (
	"strconv"

	"github.com/wiremeter/wiremeter/parsers/framing"
)

// NewCursorConversation returns a meter of what StreamConversation answers. The
// response's id is made of the key of a turn's end, and its counts.
func NewCursorConversation() CursorMeter { return &cursorConversation{} }

type cursorConversation struct{ agent cursorAgent }

func (c *cursorConversation) Partial() (CursorResponse, bool) { return c.agent.Partial() }

func (c *cursorConversation) Observe(f framing.Frame) *CursorResponse {
	if f.Event == framing.EnvelopeEnd {
		return c.agent.Observe(f)
	}
	told := child(f.Data, 4)
	key := wordAt(told, 1)
	if key == "" {
		return nil
	}
	c.agent.update(child(told, 2))
	resp := c.agent.turns.changed()
	if resp != nil {
		c.agent.turns.turn.ID = conversationID(key, c.agent.turns.said)
		resp.ID = c.agent.turns.turn.ID
	}
	return resp
}

func conversationID(key string, s cursorCounts) string {
	for _, n := range s.places() {
		key += ":" + strconv.FormatInt(value(*n), 10)
	}
	return key
}
