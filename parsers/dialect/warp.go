package dialect

// Warp's agent: server-sent events, each a protobuf message in base64url. The one
// that says finished may list a usage for each model that answered, which Warp
// keeps for its own people: of others it states none. Whether total_input
// includes what was cached is not said: it is taken to where it can, and the rule
// says so. Its cost in cents is that of the request for the model. By the field
// numbers of Warp's published schema, ResponseEvent.StreamFinished.

import (
	"bytes"
	"encoding/base64"
	"math"
	"strconv"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/wiremeter/wiremeter/parsers/framing"
	"github.com/wiremeter/wiremeter/usage"
)

type warp struct {
	isBegun bool
	isEnded bool
	resp    usage.Response
	decoded []byte
}

func newWarp(Options) Meter { return &warp{} }

const (
	warpInit     = 1 // 2: the request's id
	warpFinished = 3 // 8: the usage of a model
)

func (w *warp) Observe(f framing.Frame) (usage.Response, bool) {
	text := bytes.TrimRight(bytes.Trim(f.Data, "\" \r\n"), "=")
	var err error
	if w.decoded, err = base64.RawURLEncoding.AppendDecode(w.decoded[:0], text); err != nil || len(w.decoded) == 0 {
		return usage.Response{}, false
	}
	w.isBegun = true
	if init := child(w.decoded, warpInit); init != nil {
		keepFirst(&w.resp.ID, wordAt(init, 2))
	}
	finished := child(w.decoded, warpFinished)
	if finished == nil {
		return usage.Response{}, false
	}
	w.isEnded = true
	w.finish(finished)
	return w.resp, true
}

func (w *warp) Partial() (usage.Response, bool) { return w.resp, w.isBegun && !w.isEnded }

// finish makes the first model the response's, and parts of the others.
func (w *warp) finish(finished []byte) {
	w.resp.Parts, w.resp.ReportedCost, w.resp.Raw = nil, nil, nil
	isFirst := true
	for n, v := range fields(finished) {
		if n != 8 || v.bytes == nil || len(w.resp.Parts) == maxShares {
			continue
		}
		model, s := wordAt(v.bytes, 1), readWarpUsage(v.bytes)
		tokens, rule, isDoubtful := s.tokens()
		if isFirst {
			isFirst = false
			w.resp.Model, w.resp.Tokens, w.resp.Rule, w.resp.Raw = model, tokens, rule, s.raw
		} else {
			w.resp.Parts = append(w.resp.Parts, usage.Part{Role: "model", Model: model, Tokens: tokens})
		}
		w.resp.IsDoubtful = w.resp.IsDoubtful || isDoubtful
		if cents := floatAt(v.bytes, 6); cents != nil {
			w.resp.ReportedCost = number(value(w.resp.ReportedCost) + value(decimal(*cents, inCents)))
		}
	}
}

func readWarpUsage(u []byte) (s cursorCounts) {
	s.input, s.output, s.read, s.write = numberAt(u, 2), numberAt(u, 3), numberAt(u, 4), numberAt(u, 5)
	var raw []member
	for _, m := range []struct {
		name  string
		count *int64
	}{{"total_input", s.input}, {"output", s.output}, {"input_cache_read", s.read}, {"input_cache_write", s.write}} {
		if m.count != nil {
			raw = append(raw, member{m.name, strconv.AppendInt(nil, *m.count, 10)})
		}
	}
	s.raw = object(raw...)
	return s
}

// floatAt returns the shortest decimal that is the float in a field of the
// message; nil when there is none.
func floatAt(message []byte, want protowire.Number) (decimal *string) {
	for isMessage(message) && len(message) > 0 {
		n, kind, size := protowire.ConsumeField(message)
		if n == want && kind == protowire.Fixed32Type {
			bits, _ := protowire.ConsumeFixed32(message[size-4:])
			s := strconv.FormatFloat(float64(math.Float32frombits(bits)), 'f', -1, 32)
			decimal = &s
		}
		message = message[size:]
	}
	return decimal
}
