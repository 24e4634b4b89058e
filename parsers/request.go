package parsers

import (
	"github.com/wiremeter/wiremeter/parsers/dialect"
	"github.com/wiremeter/wiremeter/parsers/framing"
)

// Request is what the body of a request says of itself. Empty and false mean
// unsaid.
type Request = dialect.Request

// Asker is what a request says of who asks.
type Asker = dialect.Asker

// RequestReader reads the body of one request. It keeps a skeleton of it: a few
// bytes of each message, and none of their content. It is used by one goroutine.
type RequestReader struct {
	skeleton  framing.Skeleton
	lifetimes lifetimes
	marks     marks
}

// maxMetadata is as long as Codex's word of a turn may be, which stands in one
// string.
const maxMetadata = 8 << 10

// NewRequestReader makes a reader for one request's body. Agent is who asks by
// the request's head; empty: nobody known.
func NewRequestReader(agent string) *RequestReader {
	r := &RequestReader{marks: newMarks(agent)}
	r.skeleton = framing.Skeleton{MaxDepth: 2, MaxString: maxMetadata, Seen: r.lifetimes.see}
	return r
}

// Write takes the next bytes of the body, after its content coding is undone.
func (r *RequestReader) Write(p []byte) {
	r.skeleton.Write(p)
	r.marks.write(p)
}

// Close returns what the body says. It returns false when the body is not one
// JSON object, or is cut; even then the text may have said something.
func (r *RequestReader) Close() (Request, bool) {
	var q Request
	body, isTooLarge := r.skeleton.Take()
	ok := false
	if !isTooLarge {
		q, ok = dialect.ReadRequest(body)
		q.CacheTTL = r.lifetimes.only()
	}
	r.marks.fill(&q)
	return q, ok
}

// ReadCodexTurn reads what Codex says of a turn in the head of its request.
func ReadCodexTurn(header string) Request { return dialect.ReadCodexTurn(header) }

// lifetimes counts the cache lifetimes that a request asks for, wherever in it
// a cache_control stands, or Bedrock's cachePoint. One without a ttl means five
// minutes.
type lifetimes struct {
	controls, hours int
	isTTL           bool // the string before was the key "ttl"
}

func (l *lifetimes) see(s []byte) {
	switch {
	case l.isTTL:
		l.isTTL = false
		if string(s) == "1h" {
			l.hours++
		}
	case string(s) == "cache_control", string(s) == "cachePoint":
		l.controls++
	default:
		l.isTTL = string(s) == "ttl"
	}
}

func (l *lifetimes) only() string {
	switch {
	case l.controls == 0:
		return ""
	case l.hours == 0:
		return "5m"
	case l.hours == l.controls:
		return "1h"
	}
	return ""
}
