package scripted

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"

	"github.com/wiremeter/wiremeter/usage"
)

// bill is what one call costs: in wiremeter's words, and what the dialects
// need to say it in theirs.
type bill struct {
	idForm string // of the response's id, with the call's number; empty: it has none
	tokens usage.Tokens
}

// reply is one answer under way.
type reply struct {
	Call
	Script
	dialect    *dialect
	bill       bill
	id         string
	path       string
	wrapped    bool // Code Assist puts the response into another object
	wantsUsage bool // chat streams say nothing of usage unless asked
	sent       int  // events, without the script's error
	total      int  // events of the whole stream
	isCut      bool // the connection is reset after those that were sent
	polls      int
}

func (y *reply) saysUsage() bool { return y.wantsUsage && !y.NoUsage }

// event is one server-sent event, or a whole document.
type event struct {
	name string
	data []byte
}

// wire is how the events of a stream stand in its body.
type wire struct {
	contentType string
	bytes       func(event) []byte
}

var serverSent = wire{"text/event-stream; charset=utf-8", event.bytes}

func (e event) bytes() []byte {
	var b bytes.Buffer
	if e.name != "" {
		b.WriteString("event: " + e.name + "\n")
	}
	b.WriteString("data: ")
	b.Write(e.data)
	b.WriteString("\n\n")
	return b.Bytes()
}

// text is what the model says.
func (y *reply) text() string {
	if y.Text == "" {
		return "hi"
	}
	return y.Text
}

// complaint is what an error says.
func (y *reply) complaint() string {
	if y.Text == "" {
		return soSaysTheScript
	}
	return y.Text
}

const soSaysTheScript = "so says the script"

// stream plays the events of a streamed reply, as far as the script goes.
func (p *Provider) stream(w http.ResponseWriter, y *reply) {
	events := y.dialect.event(y)
	outcome := y.cut(&events)
	p.enter(y.entry(http.StatusOK, outcome))
	if outcome == usage.Failed {
		events = append(events, event{"error", encode(y.dialect.fault(http.StatusOK, y.complaint()))})
	}
	format := y.dialect.wire
	if format.bytes == nil {
		format = serverSent
	}
	for i := range events {
		events[i].data = format.bytes(events[i])
	}
	y.send(w, format.contentType, events)
	if y.isCut {
		if y.CutAfter == 0 {
			<-y.Request.Context().Done() // hangs until the agent does
		}
		panic(http.ErrAbortHandler) // resets the connection, or the HTTP/2 stream
	}
}

// cut shortens the events as the script wants it, and tells how the response
// then ends.
func (y *reply) cut(events *[]event) usage.Outcome {
	y.total = len(*events)
	y.sent = y.total
	outcome := usage.Metered
	switch {
	case y.CutAfter > 0 && y.CutAfter < y.total:
		y.sent, y.isCut = y.CutAfter, true
		if _, isWhole := y.dialect.known(y); !isWhole {
			outcome = usage.Interrupted
		}
	case y.HangAfter > 0 && y.HangAfter < y.total:
		y.sent, y.isCut, outcome = y.HangAfter, true, usage.Interrupted
	case y.ErrorAfter > 0 && y.ErrorAfter < y.total:
		y.sent, outcome = y.ErrorAfter, usage.Failed
	case !y.saysUsage():
		outcome = usage.NoUsage
	}
	*events = (*events)[:y.sent]
	return outcome
}

// send writes the pieces in the coding, cut and pace of the script.
func (y *reply) send(w http.ResponseWriter, contentType string, pieces []event) {
	w.Header().Set("Content-Type", contentType)
	out := io.Writer(&chopper{w: w, size: y.Chop, isStream: y.IsStream})
	coding := y.coding()
	if coding != "" {
		w.Header().Set("Content-Encoding", coding)
		out = coders[coding](out)
	}
	for _, piece := range pieces {
		if y.Drip > 0 && !y.pause() {
			return
		}
		if _, err := out.Write(piece.data); err != nil {
			return // the agent has gone, which is part of the play
		}
		if f, ok := out.(interface{ Flush() error }); ok && y.IsStream {
			if f.Flush() != nil {
				return
			}
		}
	}
	if c, ok := out.(io.Closer); ok && !y.isCut {
		_ = c.Close() // as above
	}
}

// pause reports whether the agent is still there.
func (y *reply) pause() bool {
	select {
	case <-time.After(y.Drip):
		return true
	case <-y.Request.Context().Done():
		return false
	}
}

func (y *reply) coding() string {
	if y.Coding == "" || !strings.Contains(y.Request.Header.Get("Accept-Encoding"), y.Coding) {
		return ""
	}
	return y.Coding
}

var coders = map[string]func(io.Writer) io.Writer{
	"gzip":    func(w io.Writer) io.Writer { return gzip.NewWriter(w) },
	"deflate": func(w io.Writer) io.Writer { return zlib.NewWriter(w) },
	"br":      func(w io.Writer) io.Writer { return brotli.NewWriter(w) },
	"zstd": func(w io.Writer) io.Writer {
		z, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1))
		if err != nil {
			panic("scripted: " + err.Error()) // no option of ours can fail
		}
		return z
	},
}

// chopper writes in pieces of a size, and lets each go at once.
type chopper struct {
	w        http.ResponseWriter
	size     int
	isStream bool
}

func (c *chopper) Write(p []byte) (int, error) {
	written := 0
	for len(p) > 0 {
		n := len(p)
		if c.size > 0 {
			n = min(n, c.size)
		}
		if _, err := c.w.Write(p[:n]); err != nil {
			return written, err
		}
		if c.size > 0 || c.isStream {
			if err := http.NewResponseController(c.w).Flush(); err != nil {
				return written, err
			}
		}
		written, p = written+n, p[n:]
	}
	return written, nil
}

// readBody returns the request's body without its coding.
func readBody(r *http.Request) ([]byte, error) {
	switch name := r.Header.Get("Content-Encoding"); name {
	case "":
		return io.ReadAll(r.Body)
	case "gzip":
		z, err := gzip.NewReader(r.Body)
		if err != nil {
			return nil, err
		}
		return io.ReadAll(z)
	case "zstd":
		z, err := zstd.NewReader(r.Body, zstd.WithDecoderConcurrency(1))
		if err != nil {
			return nil, err
		}
		defer z.Close()
		return io.ReadAll(z)
	default:
		return nil, errors.New("content coding " + name + " is not in the script")
	}
}
