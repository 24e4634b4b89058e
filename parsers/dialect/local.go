package dialect

// The own APIs of two servers of models on one's own machine. Neither has a usage
// object with all of it.
//
// llama.cpp's completion and infill: tokens_evaluated is the whole prompt, of
// which timings.cache_n had been cached and timings.prompt_n had not;
// tokens_predicted is the output. tokens_cached is the length of the context
// afterwards, and no hit of a cache. A stream has them in its last object, which
// says stop.
//
// LM Studio's chat: stats, in the event chat.end of a stream. The output
// includes reasoning.

import (
	"bytes"

	"github.com/tidwall/gjson"

	"github.com/wiremeter/wiremeter/parsers/framing"
	"github.com/wiremeter/wiremeter/usage"
)

type llamacpp struct {
	o       Options
	isBegun bool
	isEnded bool
	resp    usage.Response
}

func newLlamacpp(o Options) Meter { return &llamacpp{o: o} }

var keysOfLocal = newKeys("timings", "error")

func (l *llamacpp) Observe(f framing.Frame) (usage.Response, bool) {
	if l.o.IsStream && l.isBegun && !keysOfLocal.in(f.Data) && !bytes.Contains(f.Data, []byte("true")) {
		return usage.Response{}, false // text
	}
	root, ok := parse(f)
	if !ok {
		return usage.Response{}, false
	}
	l.isBegun = true
	l.isEnded = l.isEnded || !l.o.IsStream || last(root, "stop").Type == gjson.True
	keepLast(&l.resp.Error, errorType(last(root, "error")))
	keepLast(&l.resp.Model, word(last(root, "model")))
	keepLast(&l.resp.StopReason, firstWord(last(root, "stop_type")))
	l.isEnded = l.isEnded || l.resp.Error != ""
	if l.isEnded {
		l.count(root)
	}
	return l.resp, l.isEnded
}

func (l *llamacpp) Partial() (usage.Response, bool) { return l.resp, l.isBegun && !l.isEnded }

func (l *llamacpp) count(root gjson.Result) {
	timings := last(root, "timings")
	s := inclusive{input: count(last(root, "tokens_evaluated")), output: count(last(root, "tokens_predicted"))}
	if s.input == nil && s.output == nil {
		return
	}
	s.read = cachedByTimings(timings, s.input)
	l.resp.Tokens, l.resp.IsDoubtful = s.tokens(true)
	var raw []member
	for _, name := range []string{"tokens_evaluated", "tokens_predicted"} {
		if v := last(root, name); count(v) != nil {
			raw = append(raw, member{name, []byte(v.Raw)})
		}
	}
	l.resp.Raw = object(append(raw, member{"timings", verbatim(timings)})...)
}

// cachedByTimings returns how much of the input llama.cpp found in its cache, if
// its timings are of that input.
func cachedByTimings(timings gjson.Result, input *int64) *int64 {
	cached, fresh := count(last(timings, "cache_n")), count(last(timings, "prompt_n"))
	if cached == nil || fresh == nil || input == nil || *cached+*fresh != *input {
		return nil
	}
	return cached
}

type lmstudio struct {
	o       Options
	isBegun bool
	isEnded bool
	resp    usage.Response
}

func newLmstudio(o Options) Meter { return &lmstudio{o: o} }

func (l *lmstudio) Observe(f framing.Frame) (usage.Response, bool) {
	kind := ""
	if l.o.IsStream {
		if kind = string(typeOf(f)); kind != "chat.start" && kind != "chat.end" && kind != "error" {
			l.isBegun = l.isBegun || kind != ""
			return usage.Response{}, false
		}
	}
	root, ok := parse(f)
	if !ok {
		return usage.Response{}, false
	}
	l.isBegun, l.isEnded = true, l.isEnded || kind != "chat.start"
	keepLast(&l.resp.Error, errorType(last(root, "error")))
	keepLast(&l.resp.Model, word(last(root, "model_instance_id")))
	if result := last(root, "result"); result.IsObject() {
		root = result
	}
	keepLast(&l.resp.ID, word(last(root, "response_id")))
	keepLast(&l.resp.Model, word(last(root, "model_instance_id")))
	if u := last(root, "stats"); u.IsObject() {
		s := inclusive{input: count(last(u, "input_tokens")), output: count(last(u, "total_output_tokens")), reasoning: count(last(u, "reasoning_output_tokens"))}
		l.resp.Tokens, l.resp.IsDoubtful = s.tokens(true)
		l.resp.Raw = verbatim(u)
	}
	return l.resp, l.isEnded
}

func (l *lmstudio) Partial() (usage.Response, bool) { return l.resp, l.isBegun && !l.isEnded }
