package dialect

// Converse of AWS Bedrock, for the models of every vendor. inputTokens excludes
// what was read from and written to a cache, so that the counts are copied;
// outputTokens includes reasoning, of which nothing is said. totalTokens is the
// sum of all, or leaves the cached ones out. cacheDetails splits the writes by
// lifetime. Some servers state the cached counts a second time, under names that
// end in Count.
//
// A stream states usage in its event metadata, which comes after messageStop.
// Exceptions end a stream as events of their own. There is no id but that of the
// request, and no model but that of the path, unless a prompt router chose one.

import (
	"strings"

	"github.com/tidwall/gjson"

	"github.com/wiremeter/wiremeter/parsers/framing"
	"github.com/wiremeter/wiremeter/usage"
)

type converse struct {
	o       Options
	isBegun bool
	isEnded bool
	resp    usage.Response
}

func newConverse(o Options) Meter { return &converse{o: o} }

func (c *converse) Observe(f framing.Frame) (usage.Response, bool) {
	if name := exception(f); name != "" {
		c.isBegun, c.isEnded, c.resp.Error = true, true, name
		return c.resp, true
	}
	if c.o.IsStream && f.Event != "messageStop" && f.Event != "metadata" {
		c.isBegun = c.isBegun || f.Event != ""
		return usage.Response{}, false // text, nearly always
	}
	root, ok := parse(f)
	if !ok {
		return usage.Response{}, false
	}
	c.isBegun = true
	c.read(root)
	c.isEnded = c.isEnded || !c.o.IsStream || f.Event == "metadata"
	return c.resp, c.isEnded
}

func (c *converse) Partial() (usage.Response, bool) { return c.resp, c.isBegun && !c.isEnded }

func (c *converse) read(root gjson.Result) {
	keepLast(&c.resp.StopReason, word(last(root, "stopReason")))
	keepLast(&c.resp.Model, word(last(last(last(root, "trace"), "promptRouter"), "invokedModelId")))
	keepLast(&c.resp.ServiceTier, word(last(last(root, "serviceTier"), "type")))
	keepLast(&c.resp.Speed, speed(word(last(last(root, "performanceConfig"), "latency"))))
	keepLast(&c.resp.Error, headerError(c.o.Header))
	u := last(root, "usage")
	if !u.IsObject() {
		return
	}
	said, total := readConverseUsage(u)
	c.resp.Tokens, c.resp.IsDoubtful = said.tokens(c.o.CacheTTL)
	c.resp.IsDoubtful = c.resp.IsDoubtful || !said.isTotal(total)
	c.resp.Raw = verbatim(u)
}

func readConverseUsage(u gjson.Result) (s messageUsage, total *int64) {
	var readAgain, writeAgain *int64
	u.ForEach(func(key, v gjson.Result) bool {
		switch key.Str {
		case "inputTokens":
			s.input = count(v)
		case "outputTokens":
			s.output = count(v)
		case "totalTokens":
			total = count(v)
		case "cacheReadInputTokens":
			s.read = count(v)
		case "cacheWriteInputTokens":
			s.write = count(v)
		case "cacheReadInputTokenCount":
			readAgain = count(v)
		case "cacheWriteInputTokenCount":
			writeAgain = count(v)
		case "cacheDetails":
			s.write5m, s.write1h = readCacheDetails(v)
		}
		return true
	})
	if s.read == nil {
		s.read = readAgain
	}
	if s.write == nil {
		s.write = writeAgain
	}
	return s, total
}

// readCacheDetails returns how much was written for five minutes and for an
// hour: nil where the list has neither.
func readCacheDetails(list gjson.Result) (fiveMinutes, oneHour *int64) {
	sums := map[string]int64{}
	list.ForEach(func(_, entry gjson.Result) bool {
		if n := count(last(entry, "inputTokens")); n != nil {
			sums[last(entry, "ttl").Str] += *n
		}
		return len(sums) < maxIterations
	})
	if _, has5m := sums["5m"]; !has5m {
		if _, has1h := sums["1h"]; !has1h {
			return nil, nil
		}
	}
	return number(sums["5m"]), number(sums["1h"])
}

// isTotal reports whether the total, if it was said, is one of these counts.
func (s messageUsage) isTotal(total *int64) bool {
	if total == nil || s.input == nil || s.output == nil {
		return true
	}
	plain := *s.input + *s.output
	return *total == plain || *total == plain+value(s.read)+value(s.write)
}

// exception returns what an AWS event stream calls what went wrong, or "" if the
// frame is another.
func exception(f framing.Frame) string {
	name, ok := strings.CutPrefix(f.Event, framing.Exception)
	if !ok {
		return ""
	}
	name = headerWord(name)
	keepFirst(&name, "error")
	return name
}

// headerError returns the error of a response that is one. AWS may have a
// namespace follow it.
func headerError(h usage.Header) string {
	name, _, _ := strings.Cut(h.First("X-Amzn-Errortype"), ":")
	return headerWord(name)
}

func headerWord(s string) string { return word(gjson.Result{Type: gjson.String, Str: s}) }
