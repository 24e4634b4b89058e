package dialect

// Augment's chat-stream: lines of JSON, each with a piece of text and nodes of
// numbered types. The node of type 10 has the usage; its counts have Anthropic's
// names, and are read as Anthropic's, which do not overlap. Whether they are so
// Augment does not say: the rule is stated. What precedes the end: a node that
// says that the text is over (2), one about the bill (9), or a stop_reason.

import (
	"github.com/tidwall/gjson"

	"github.com/wiremeter/wiremeter/parsers/framing"
	"github.com/wiremeter/wiremeter/usage"
)

type augment struct {
	isBegun bool
	isEnded bool
	resp    usage.Response
}

func newAugment(Options) Meter { return &augment{} }

var keysOfAugment = newKeys("nodes", "stop_reason", "error")

const (
	augmentTextOver = 2
	augmentBill     = 9
	augmentUsage    = 10
)

func (a *augment) Observe(f framing.Frame) (usage.Response, bool) {
	if a.isBegun && !keysOfAugment.in(f.Data) {
		return usage.Response{}, false // text
	}
	root, ok := parse(f)
	if !ok {
		return usage.Response{}, false
	}
	a.isBegun = true
	keepLast(&a.resp.Error, errorType(last(root, "error")))
	stop := last(root, "stop_reason")
	keepLast(&a.resp.StopReason, word(stop))
	a.isEnded = a.isEnded || a.resp.Error != "" || stop.Exists() && stop.Type != gjson.Null
	last(root, "nodes").ForEach(func(_, node gjson.Result) bool {
		a.node(node)
		return true
	})
	return a.resp, a.isEnded
}

func (a *augment) Partial() (usage.Response, bool) { return a.resp, a.isBegun && !a.isEnded }

func (a *augment) node(node gjson.Result) {
	switch value(count(last(node, "type"))) {
	case augmentTextOver, augmentBill:
		a.isEnded = true
	case augmentUsage:
		u := last(node, "token_usage")
		if !u.IsObject() {
			return
		}
		a.isEnded = true
		s := readMessageCounts(u)
		a.resp.Tokens = usage.Tokens{Input: s.input, CacheRead: s.read, CacheWriteOther: s.write, Output: s.output}
		a.resp.Raw, a.resp.Rule = verbatim(u), usage.Exclusive
	}
}
