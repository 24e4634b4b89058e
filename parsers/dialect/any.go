package dialect

// What gateways pass on as it comes, under one path for every vendor: the first
// object tells whose it is.

import (
	"strings"

	"github.com/tidwall/gjson"

	"github.com/wiremeter/wiremeter/parsers/framing"
	"github.com/wiremeter/wiremeter/usage"
)

type anyVendor struct {
	o      Options
	vendor Meter // nil until an object tells
}

func newAny(o Options) Meter { return &anyVendor{o: o} }

func (a *anyVendor) Observe(f framing.Frame) (usage.Response, bool) {
	if a.vendor == nil {
		root, ok := parse(f)
		if !ok {
			return usage.Response{}, false
		}
		if open := speaker(root); open != nil {
			a.vendor = open(a.o)
		}
	}
	if a.vendor == nil {
		return usage.Response{}, false
	}
	return a.vendor.Observe(f)
}

func (a *anyVendor) Partial() (usage.Response, bool) {
	if a.vendor == nil {
		return usage.Response{}, false
	}
	return a.vendor.Partial()
}

// speaker returns what reads responses that begin with this object; nil where it
// does not tell.
func speaker(root gjson.Result) func(Options) Meter {
	kind := last(root, "type").Str
	has := func(name string) bool { return last(root, name).Exists() }
	switch {
	case strings.HasPrefix(kind, "response."), last(root, "object").Str == "response":
		return newResponses
	case strings.HasPrefix(kind, "message"), kind == "error":
		return newMessages
	case has("choices"), has("usage"):
		return newChat
	case has("candidates"), has("usageMetadata"), has("promptFeedback"):
		return newGenerate
	case has("error"):
		return newChat
	}
	return nil
}
