package dialect

// Google's live: messages on a WebSocket, some of which have a usageMetadata.
// Each is of what passed since the one before, so that each is a response of its
// own here. The output stands under responseTokenCount, and excludes thoughts.
// The agent names the model in its first message.

import (
	"github.com/wiremeter/wiremeter/parsers/framing"
	"github.com/wiremeter/wiremeter/usage"
)

type live struct {
	isBegun bool
	isEnded bool
	resp    usage.Response
}

func newLive(Options) Meter { return &live{} }

var (
	keyUsageMetadata = newKeys("usageMetadata")
	keysOfContent    = newKeys("serverContent", "toolCall")
)

func (l *live) Observe(f framing.Frame) (usage.Response, bool) {
	if !keyUsageMetadata.in(f.Data) {
		l.isBegun = l.isBegun || keysOfContent.in(f.Data)
		return usage.Response{}, false
	}
	root, ok := parse(f)
	if !ok {
		return usage.Response{}, false
	}
	u := last(root, "usageMetadata")
	s := readGenerated(u, "responseTokenCount")
	if s == (generated{}) {
		return usage.Response{}, false
	}
	l.isBegun, l.isEnded = true, true
	l.resp.Tokens, l.resp.IsDoubtful = s.tokens(true)
	l.resp.Raw = verbatim(u)
	l.resp.ServiceTier = firstWord(last(u, "serviceTier"), last(u, "trafficType"))
	return l.resp, true
}

func (l *live) Partial() (usage.Response, bool) { return l.resp, l.isBegun && !l.isEnded }
