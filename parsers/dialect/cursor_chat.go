package dialect

// Cursor's chat until version 2.0, aiserver.v1.ChatService: protobuf in
// envelopes. It never says what a response used, only how full the context is,
// and an id under which the dashboard can be asked for the rest.

import "github.com/wiremeter/wiremeter/parsers/framing"

// NewCursorChat returns a meter of what aiserver.v1.ChatService answers to
// StreamUnifiedChatWithTools and its SSE. It knows no tokens; the response's
// id is the usage's.
func NewCursorChat() CursorMeter { return &cursorChat{} }

type cursorChat struct {
	resp    CursorResponse
	isBegun bool
	isEnded bool
}

func (c *cursorChat) Observe(f framing.Frame) *CursorResponse {
	if f.Event == framing.EnvelopeEnd {
		c.resp.Error = envelopeError(f)
		c.isEnded = c.isBegun || c.resp.Error != ""
		c.resp.Number = 1
		if resp := c.resp; c.isEnded {
			return &resp
		}
		return nil
	}
	said := child(f.Data, 2)
	if said == nil {
		return nil
	}
	c.isBegun = true
	for n, v := range fields(said) {
		switch n {
		case 27:
			keepLast(&c.resp.ID, asWord(v.bytes))
		case 30:
			c.resp.ContextUsed, c.resp.ContextSize = numberAt(v.bytes, 2), numberAt(v.bytes, 3)
		}
	}
	return nil
}

func (c *cursorChat) Partial() (CursorResponse, bool) {
	resp := c.resp
	resp.Number = 1
	return resp, c.isBegun && !c.isEnded
}
