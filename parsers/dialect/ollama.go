package dialect

// Ollama's own API. A stream is lines of JSON, the last of which has done:true
// and the counts; else there is one such object, with the whole text. Counts
// that are zero are left out, and so was that of a prompt that an older server
// had cached: what is not stated stays unknown. There is no id, and no usage
// object: Raw is made of its numbers.

import (
	"bytes"

	"github.com/tidwall/gjson"

	"github.com/wiremeter/wiremeter/parsers/framing"
	"github.com/wiremeter/wiremeter/usage"
)

type ollama struct {
	o       Options
	isBegun bool
	isEnded bool
	resp    usage.Response
}

func newOllama(o Options) Meter { return &ollama{o: o} }

func (l *ollama) Observe(f framing.Frame) (usage.Response, bool) {
	if l.o.IsStream && l.isBegun && !bytes.Contains(f.Data, []byte("true")) && !keyError.in(f.Data) {
		return usage.Response{}, false // text, nearly always
	}
	root, ok := parse(f)
	if !ok {
		return usage.Response{}, false
	}
	l.isBegun, l.isEnded = true, l.isEnded || !l.o.IsStream
	l.read(root)
	return l.resp, l.isEnded
}

func (l *ollama) Partial() (usage.Response, bool) { return l.resp, l.isBegun && !l.isEnded }

func (l *ollama) read(root gjson.Result) {
	var raw []member
	root.ForEach(func(key, v gjson.Result) bool {
		switch key.Str {
		case "model":
			keepLast(&l.resp.Model, word(v))
		case "done":
			l.isEnded = l.isEnded || v.Type == gjson.True
		case "done_reason":
			keepLast(&l.resp.StopReason, word(v))
		case "error":
			keepLast(&l.resp.Error, errorType(v))
		case "prompt_eval_count":
			l.resp.Tokens.Input = count(v)
		case "eval_count":
			l.resp.Tokens.Output = count(v)
		case "total_duration", "load_duration", "prompt_eval_duration", "eval_duration":
		default:
			return true
		}
		if v.Type == gjson.Number && len(v.Raw) <= maxWord {
			raw = append(raw, member{key.Str, []byte(v.Raw)})
		}
		return true
	})
	l.isEnded = l.isEnded || l.resp.Error != ""
	if r := object(raw...); r != nil {
		l.resp.Raw = r
	}
}
