package parsers

import (
	"bytes"
	"strings"

	"github.com/wiremeter/wiremeter/parsers/coding"
	"github.com/wiremeter/wiremeter/parsers/dialect"
	"github.com/wiremeter/wiremeter/parsers/framing"
	"github.com/wiremeter/wiremeter/usage"
)

// State tells how far a response was understood.
type State int

const (
	Complete State = iota // ended as its dialect ends; it has usage, or an error
	Cut                   // begun, and its end is missing
	Silent                // ended, but without usage
	Garbled               // not understood, or too large to be kept
)

// Reader reads one response. It is used by one goroutine, does no I/O, and its
// memory is bounded however large the response is.
type Reader struct {
	// Each is told, within Write and Close, of every one of the responses that a
	// body of many holds (the results of a batch). Close then says nothing of
	// them. It may be nil.
	Each func(usage.Response)

	route     Route
	request   Request
	header    usage.Header
	mediaType string // in lower case, without parameters

	cutter   framing.Cutter // nil until the first byte that is not white space
	meter    dialect.Meter
	isStream bool
	isGuess  bool // neither the first byte nor the content type speaks of a stream

	last      usage.Response // what the meter last called ended
	isEnded   bool
	hasFrames bool
	isOpaque  bool // the body is no text that could say anything
	isLost    bool // a frame was too large, or not what was sent
}

// NewReader makes a reader for the response to a request with this route. The
// header is the response's.
func NewReader(route Route, req Request, h usage.Header) *Reader {
	mediaType, _, _ := strings.Cut(h.First("Content-Type"), ";")
	return &Reader{route: route, request: req, header: h, mediaType: strings.ToLower(strings.TrimSpace(mediaType))}
}

// Write takes the next bytes of the body, after the content coding is undone.
func (r *Reader) Write(p []byte) {
	if r.cutter == nil && !r.isOpaque {
		if p = bytes.TrimLeft(p, " \t\r\n"); len(p) == 0 {
			return
		}
		r.open(p[0])
	}
	if r.cutter != nil {
		r.cutter.Write(p)
	}
}

// IsStream reports whether the response came in pieces of its dialect.
func (r *Reader) IsStream() bool { return r.isStream || r.saysStream() }

const (
	eventStream    = "text/event-stream"
	awsEventStream = "application/vnd.amazon.eventstream"
	jsonLines      = "application/x-ndjson"
)

func (r *Reader) saysStream() bool {
	return r.mediaType == eventStream || r.mediaType == awsEventStream || r.mediaType == jsonLines
}

// open picks the framing. The first byte tells more than the content type: some
// servers answer JSON under the name of a stream and the other way round, and
// Google streams arrays as application/json. No line of an event stream begins
// with a bracket, and AWS's event streams begin with the first of four bytes of
// a length, which no text does. What tells lines of JSON, as of Ollama, from one
// document is the content type, or the dialect; envelopes the dialect alone.
func (r *Reader) open(first byte) {
	if r.isOpaque = r.isRecording(first); r.isOpaque {
		return
	}
	newCutter, isLines := framing.NewSSE, r.mediaType == jsonLines || dialectsOfLines[r.route.Dialect]
	switch {
	case first == '{' && isLines:
		newCutter = framing.NewNDJSON
	case first == '{':
		newCutter = framing.NewJSON
	case first == '[':
		newCutter = framing.NewArray
	case r.route.Dialect == "windsurf":
		newCutter = r.newEnvelopes
	case first <= 1 || r.mediaType == awsEventStream:
		newCutter = framing.NewEventStream
	}
	r.isStream = first != '{' || isLines
	r.isGuess = r.isStream && first != '[' && !isLines && r.route.Dialect != "windsurf" && !r.saysStream()
	r.cutter = newCutter(r.observe)
	r.meter = dialect.New(r.route.Dialect, dialect.Options{
		IsStream: r.isStream, IsBackground: r.request.IsBackground, CacheTTL: r.request.CacheTTL, ResponseID: r.route.ResponseID,
		Header: r.header,
	})
}

// dialectsOfLines are those whose bodies are lines of JSON under any content
// type.
var dialectsOfLines = map[string]bool{"augment": true, "zed": true, "batch": true}

// isRecording reports whether the body is itself the speech, the picture or the
// plain text that was asked for.
func (r *Reader) isRecording(first byte) bool {
	kind, _, _ := strings.Cut(r.mediaType, "/")
	return r.route.Dialect == "media" && (kind == "audio" || kind == "image" || first != '{' && !r.saysStream())
}

func (r *Reader) newEnvelopes(emit func(framing.Frame)) framing.Cutter {
	return framing.NewConnect(coding.NewPayloads(codingOf(r.header), framing.MaxEnvelope).Decode, emit)
}

func (r *Reader) observe(f framing.Frame) {
	r.hasFrames = true
	if f.IsTooLarge {
		r.isLost = true
		return
	}
	if r.meter == nil {
		return
	}
	resp, isEnded := r.meter.Observe(f)
	switch {
	case !isEnded:
	case r.route.Dialect == "batch":
		if r.Each != nil {
			r.Each(resp)
		}
	default:
		r.last, r.isEnded = resp, true
		if resp.ReportedCost == nil && resp.Error == "" && !r.isStream {
			r.last.ReportedCost = dialect.HeaderCost(r.header)
		}
	}
}

// Close ends the body. The response holds what was said, whatever the state:
// one that is Complete can carry an error, one that is Cut some counts.
func (r *Reader) Close() (usage.Response, State) {
	switch {
	case r.isOpaque:
		return usage.Response{}, Silent
	case r.cutter == nil:
		return usage.Response{}, r.empty()
	}
	end := r.cutter.Close()
	r.isStream = r.isStream && end != framing.Foreign
	if r.meter == nil {
		return usage.Response{}, Garbled
	}
	r.isLost = r.isLost || end == framing.Foreign // after some frames: a wrong checksum
	if resp, isBegun := r.meter.Partial(); isBegun {
		return resp, r.unlessLost(Cut)
	}
	switch {
	case r.isEnded && stateOf(r.last) == Silent:
		return r.last, r.unlessLost(Silent)
	case r.isEnded:
		return r.last, Complete
	case r.isGuess && !r.hasFrames: // a page, a text: no stream was to come
		return usage.Response{}, Garbled
	case end == framing.Unfinished, end == framing.Whole && !r.hasFrames:
		return usage.Response{}, r.unlessLost(Cut)
	}
	return usage.Response{}, Garbled
}

// empty is the state of a response without a body: a stream should have said
// that it ended.
func (r *Reader) empty() State {
	if r.saysStream() {
		return Cut
	}
	return Silent
}

// unlessLost: what is missing may stand in the frame that was too large.
func (r *Reader) unlessLost(s State) State {
	if r.isLost {
		return Garbled
	}
	return s
}

// stateOf is for a response that has ended.
func stateOf(resp usage.Response) State {
	if resp.Tokens.IsZero() && resp.Error == "" {
		return Silent
	}
	return Complete
}
