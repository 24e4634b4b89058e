package dialect

// Amazon's Nova Sonic: speech in both directions on one HTTP/2 stream, of which
// only the provider's half is read. Each usageEvent has the totals of the whole
// session so far, speech and text together: the last one holds. Nothing is
// cached. A session may have several completions; it has ended where the last of
// them has. By AWS's documentation of Nova Sonic's output events.

import (
	"github.com/tidwall/gjson"

	"github.com/wiremeter/wiremeter/parsers/framing"
	"github.com/wiremeter/wiremeter/usage"
)

type sonic struct {
	isBegun bool
	isEnded bool
	resp    usage.Response
}

func newSonic(Options) Meter { return &sonic{} }

var keysOfSonic = newKeys("usageEvent", "completionStart", "completionEnd")

func (s *sonic) Observe(f framing.Frame) (usage.Response, bool) {
	if name := exception(f); name != "" {
		s.isBegun, s.isEnded, s.resp.Error = true, true, name
		return s.resp, true
	}
	if !keysOfSonic.in(f.Data) {
		s.isBegun = s.isBegun || f.Event != ""
		return usage.Response{}, false // speech, nearly always
	}
	root, ok := parse(f)
	if !ok {
		return usage.Response{}, false
	}
	last(root, "event").ForEach(func(name, e gjson.Result) bool {
		s.read(name.Str, e)
		return true
	})
	return s.resp, s.isEnded
}

func (s *sonic) Partial() (usage.Response, bool) { return s.resp, s.isBegun && !s.isEnded }

func (s *sonic) read(name string, e gjson.Result) {
	s.isBegun = true
	switch name {
	case "completionStart":
		s.isEnded = false
	case "completionEnd":
		s.isEnded = true
		keepLast(&s.resp.StopReason, word(last(e, "stopReason")))
	case "usageEvent":
		input, output, total := count(last(e, "totalInputTokens")), count(last(e, "totalOutputTokens")), count(last(e, "totalTokens"))
		if input == nil && output == nil {
			return
		}
		s.resp.Tokens, s.resp.Raw = usage.Tokens{Input: input, Output: output}, verbatim(e)
		s.resp.IsDoubtful = total != nil && *total != value(input)+value(output)
	}
	keepFirst(&s.resp.ID, word(last(e, "sessionId")))
}
