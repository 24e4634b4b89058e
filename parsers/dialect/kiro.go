package dialect

// Amazon Q Developer and Kiro: AWS's event stream. The counts of the event
// metadataEvent do not overlap; most services never send it, and say in
// meteringEvent alone how many credits were used. These are no tokens and no
// money: they are kept in Raw. Neither event, nor the two that tell how full the
// context is and how long it took, comes before the text is over. A stream that
// says none of them is taken for cut.

import (
	"strings"

	"github.com/tidwall/gjson"

	"github.com/wiremeter/wiremeter/parsers/framing"
	"github.com/wiremeter/wiremeter/usage"
)

type kiro struct {
	isStream bool
	isBegun  bool
	isEnded  bool
	resp     usage.Response

	rawTokens, rawCredits []byte
}

func newKiro(o Options) Meter { return &kiro{isStream: o.IsStream} }

func (k *kiro) Observe(f framing.Frame) (usage.Response, bool) {
	if name := exception(f); name != "" {
		k.isBegun, k.isEnded, k.resp.Error = true, true, name
		return k.resp, true
	}
	if !k.isStream {
		return k.refuse(f)
	}
	read, isRead := kiroEvents[f.Event]
	k.isBegun = k.isBegun || f.Event != ""
	if !isRead {
		return usage.Response{}, false // text, nearly always
	}
	root, ok := parse(f)
	if !ok {
		return usage.Response{}, false
	}
	read(k, root)
	k.resp.Raw = object(member{"tokenUsage", k.rawTokens}, member{"meteringEvent", k.rawCredits})
	return k.resp, k.isEnded
}

func (k *kiro) Partial() (usage.Response, bool) { return k.resp, k.isBegun && !k.isEnded }

var kiroEvents = map[string]func(*kiro, gjson.Result){
	"messageMetadataEvent": func(k *kiro, e gjson.Result) { keepLast(&k.resp.ID, word(last(e, "utteranceId"))) },
	"metadataEvent":        (*kiro).count,
	"meteringEvent":        (*kiro).credit,
	"contextUsageEvent":    (*kiro).end,
	"metricsEvent":         (*kiro).end,
	"invalidStateEvent":    (*kiro).fail,
}

// refuse reads a document, which is an error: its type may have a namespace
// before it.
func (k *kiro) refuse(f framing.Frame) (usage.Response, bool) {
	root, ok := parse(f)
	if !ok {
		return usage.Response{}, false
	}
	name := word(last(root, "__type"))
	k.resp.Error = name[strings.LastIndexByte(name, '#')+1:]
	k.isBegun, k.isEnded = true, true
	return k.resp, true
}

func (k *kiro) end(gjson.Result) { k.isEnded = true }

func (k *kiro) fail(e gjson.Result) {
	k.isEnded, k.resp.Error = true, firstWord(last(e, "reason"))
	keepFirst(&k.resp.Error, "invalid_state")
}

func (k *kiro) count(e gjson.Result) {
	k.isEnded = true
	u := last(e, "tokenUsage")
	if !u.IsObject() {
		return
	}
	t := usage.Tokens{
		Input: count(last(u, "uncachedInputTokens")), CacheRead: count(last(u, "cacheReadInputTokens")),
		CacheWriteOther: count(last(u, "cacheWriteInputTokens")), Output: count(last(u, "outputTokens")),
	}
	k.resp.Tokens, k.rawTokens = t, verbatim(u)
	total := count(last(u, "totalTokens"))
	k.resp.IsDoubtful = total != nil && t.Input != nil && t.Output != nil &&
		*total != *t.Input+value(t.CacheRead)+value(t.CacheWriteOther)+*t.Output
}

func (k *kiro) credit(e gjson.Result) {
	k.isEnded, k.rawCredits = true, verbatim(e)
}
