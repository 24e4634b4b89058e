package dialect

import (
	"bytes"
	"maps"
	"slices"
	"unsafe"

	"github.com/tidwall/gjson"

	"github.com/wiremeter/wiremeter/parsers/framing"
	"github.com/wiremeter/wiremeter/usage"
)

// Meter reads the usage out of the frames of one body or one connection. It is
// used by one goroutine, and keeps nothing of a frame's data.
type Meter interface {
	// Observe takes the next frame. It returns true when a response has ended
	// with it, or when it adds something to one that has: what it returns then
	// replaces what it returned before.
	Observe(framing.Frame) (usage.Response, bool)
	// Partial returns the response that has begun and not ended, if there is
	// one.
	Partial() (usage.Response, bool)
}

// Options is what a meter must be told beside the frames.
type Options struct {
	IsStream     bool         // the frames are events of one response; else each is a whole response
	IsBackground bool         // the request asked to fetch the response later
	ResponseID   string       // that the request asked for; else empty
	CacheTTL     string       // the one cache lifetime that the request asked for, "5m" or "1h"; else empty
	Header       usage.Header // the response's
}

var meters = map[string]func(Options) Meter{
	"messages":  newMessages,
	"chat":      newChat,
	"responses": newResponses,
	"generate":  newGenerate,
	"realtime":  newRealtime,
	"copilot":   newCopilot,
	"dashscope": newDashscope,
	"cohere":    newCohere,
	"ollama":    newOllama,
	"vercel":    newVercel,
	"live":      newLive,
	"converse":  newConverse,
	"invoke":    newInvoke,
	"any":       newAny,
	"zed":       newZed,
	"augment":   newAugment,
	"kiro":      newKiro,
	"sonic":     newSonic,
	"media":     newMedia,
	"windsurf":  newWindsurf,
	"warp":      newWarp,
	"llamacpp":  newLlamacpp,
	"lmstudio":  newLmstudio,
	"batch":     newBatch,

	"interactions": newInteractions,
	"cursor_cloud": newCursorRun,
}

// Names returns the dialects of responses, sorted.
func Names() []string { return slices.Sorted(maps.Keys(meters)) }

// New returns a meter for the dialect, or nil if it is unknown.
func New(dialect string, o Options) Meter {
	if open, ok := meters[dialect]; ok {
		return open(o)
	}
	return nil
}

// parse returns the frame's object; false when it holds none. What it returns
// lies in the frame's own bytes: what is kept of it must be copied (word,
// verbatim), which would be so anyway lest it hold a whole document in memory.
func parse(f framing.Frame) (gjson.Result, bool) {
	if f.IsTooLarge || !gjson.ValidBytes(f.Data) {
		return gjson.Result{}, false
	}
	root := gjson.Parse(unsafe.String(unsafe.SliceData(f.Data), len(f.Data)))
	return root, root.IsObject()
}

var typePrefix = []byte(`{"type":"`)

// typeOf returns the type that an event's object names, or else the event's
// name. It finds a type that stands first, as it nearly always does, without
// parsing. The result may be a part of the frame's data. Of several types it
// takes the first, unlike all else: to find the last it would have to read all
// text.
func typeOf(f framing.Frame) []byte {
	if rest, ok := bytes.CutPrefix(f.Data, typePrefix); ok {
		if i := bytes.IndexByte(rest, '"'); i >= 0 {
			return rest[:i]
		}
	}
	if t := gjson.GetBytes(f.Data, "type"); t.Type == gjson.String {
		return []byte(t.Str)
	}
	return []byte(f.Event)
}
