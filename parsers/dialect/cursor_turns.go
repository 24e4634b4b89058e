package dialect

import (
	"bytes"
	"strings"

	"github.com/wiremeter/wiremeter/usage"
)

// cursorTurns follows the turns of one stream. A turn begins with what a model
// makes, or is said to do; what else comes after a turn's end (checkpoints,
// heartbeats, hooks) still belongs to it.
type cursorTurns struct {
	ended     int            // how many turns have
	turn      CursorResponse // what is known beside counts
	said      cursorCounts   // at the turn's end
	hook      cursorCounts   // to a hook
	deltas    int64          // output announced so far
	isBegun   bool
	isEnded   bool
	isSaved   bool // a checkpoint came behind the end
	isChanged bool
	hasOutput bool
}

// begin is called for what only a running turn brings.
func (c *cursorTurns) begin() {
	if c.isEnded {
		*c = cursorTurns{ended: c.ended}
	}
	c.isBegun = true
}

// touch is called for what may also come behind a turn's end.
func (c *cursorTurns) touch() {
	if !c.isEnded {
		c.isBegun = true
	}
}

func (c *cursorTurns) output() {
	c.begin()
	c.hasOutput = true
}

func (c *cursorTurns) delta(tokens *int64) {
	c.begin()
	if n := value(tokens); n > 0 && c.deltas < maxCount {
		c.hasOutput = true
		c.deltas += n
	}
}

// routed takes the name of the model that "Auto" became.
func (c *cursorTurns) routed(model string) {
	if c.isEnded && c.turn.Model != "" {
		c.begin()
	}
	c.touch()
	c.isChanged = true
	keepLast(&c.turn.Model, model)
}

// end takes what a turn's end says. The same once more is the same end.
func (c *cursorTurns) end(said cursorCounts) {
	if c.isEnded {
		if bytes.Equal(said.raw, c.said.raw) {
			return
		}
		c.begin()
	}
	c.said = said
	c.finish()
}

func (c *cursorTurns) finish() {
	c.isBegun, c.isEnded, c.isChanged = true, true, true
	c.ended++
}

// checkpoint takes a state of the conversation that is to be kept. Behind a
// turn's end it makes the turn final: what fails later is not repeated.
func (c *cursorTurns) checkpoint(used, size *int64) {
	c.touch()
	c.isSaved, c.isChanged = c.isEnded, true
	if used != nil || size != nil {
		c.turn.ContextUsed, c.turn.ContextSize = used, size
	}
}

// close takes the stream's own end, with an error or "".
func (c *cursorTurns) close(failure string) {
	switch {
	case failure != "" && c.isEnded && c.isSaved:
	case failure != "":
		c.turn.Error = failure
		if c.isChanged = true; !c.isEnded {
			c.finish()
		}
	case c.isBegun && !c.isEnded && c.tells(c.hook):
		c.finish()
	}
}

// changed returns the turn if it has ended, and has news; else nil.
func (c *cursorTurns) changed() *CursorResponse {
	if !c.isEnded || !c.isChanged {
		return nil
	}
	c.isChanged = false
	resp := c.response()
	return &resp
}

func (c *cursorTurns) partial() (CursorResponse, bool) {
	return c.response(), c.isBegun && !c.isEnded
}

// tells: nothing but zeros beside output is what servers say that do not know.
func (c *cursorTurns) tells(s cursorCounts) bool {
	if s.isSilent() {
		return false
	}
	return !c.hasOutput || !s.isNothing()
}

func (c *cursorTurns) response() CursorResponse {
	r := c.turn
	if r.Number = c.ended; !c.isEnded {
		r.Number++
	}
	switch {
	case c.tells(c.said):
		r.Tokens, r.Rule, r.IsDoubtful = c.said.tokens()
	case c.tells(c.hook):
		r.Tokens, r.Rule, r.IsDoubtful = c.hook.tokens()
		r.Rule = hookRule(r.Rule)
	case c.said.raw == nil && c.deltas > 0:
		r.Tokens, r.Rule = usage.Tokens{Output: number(c.deltas)}, usage.LowerBound
	}
	r.Raw = object(member{"turn_ended", c.said.raw}, member{"hook", c.hook.raw})
	return r
}

// hookRule is the rule for counts that were told to a hook.
func hookRule(r usage.Rule) usage.Rule {
	return usage.Rule(strings.TrimSuffix(string(usage.Hook+"_"+r), "_"))
}
