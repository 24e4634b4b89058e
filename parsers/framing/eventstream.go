package framing

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"hash/crc32"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"
)

// Exception begins the event of a message by which AWS ends a stream that went
// wrong; the name of the exception, or the code of the error, follows it.
const Exception = "exception:"

// chunk is the event in which InvokeModelWithResponseStream sends a model's.
const chunk = "chunk"

const (
	// maxMessage is what AWS's own library in C takes
	// (AWS_EVENT_STREAM_MAX_MESSAGE_SIZE).
	maxMessage = 24 << 20
	// maxHeaders is far more than the three headers of Bedrock's events take.
	// The decoder compares each header with all before it.
	maxHeaders = 16 << 10

	preludeSize = 12 // the message's length, its headers' length, a checksum
	minMessage  = preludeSize + 4
)

// eventStream cuts the messages of application/vnd.amazon.eventstream.
type eventStream struct {
	emit    func(Frame)
	decoder *eventstream.Decoder
	reader  bytes.Reader
	payload []byte
	hold    hold

	held     []byte // a message, as far as it came
	size     int    // of the message; 0 while its prelude is not all there
	skip     int64  // bytes to come of a message that is too large
	isKnown  bool   // a message has come
	isBroken bool   // a checksum was wrong: no length can be trusted
}

// NewEventStream returns a cutter of AWS event streams. A frame's event is the
// message's :event-type, or [Exception] and what went wrong; its data is the
// payload; of an event called chunk it is what Bedrock has wrapped into
// {"bytes": BASE64}, an event of the model's own. After a wrong checksum nothing more is handed on, and the body is
// [Foreign]. A message of more than 24 MiB is passed over by its length,
// unchecked.
func NewEventStream(emit func(Frame)) Cutter {
	return &eventStream{emit: emit, decoder: eventstream.NewDecoder()}
}

func (e *eventStream) Write(p []byte) {
	for len(p) > 0 && !e.isBroken {
		switch {
		case e.skip > 0:
			p = e.pass(p)
		case len(e.held) == 0 && len(p) >= preludeSize:
			p = e.begin(p)
		default:
			p = e.collect(p)
		}
	}
}

// begin takes a message from its first byte, where it lies if all of it is
// there, and returns what follows.
func (e *eventStream) begin(p []byte) []byte {
	e.open(p)
	switch {
	case e.isBroken || e.skip > 0:
		return p
	case len(p) < e.size:
		return e.collect(p)
	}
	n := e.size
	e.end(p[:n])
	return p[n:]
}

// open reads a prelude.
func (e *eventStream) open(p []byte) {
	size, headers := binary.BigEndian.Uint32(p), binary.BigEndian.Uint32(p[4:])
	switch {
	case crc32.ChecksumIEEE(p[:8]) != binary.BigEndian.Uint32(p[8:]), uint64(size) < minMessage+uint64(headers):
		e.isBroken = true
	case size > maxMessage || headers > maxHeaders:
		e.skip = int64(size)
	default:
		e.size = int(size)
	}
}

// collect takes what p has of a message that comes in pieces, and returns what
// follows.
func (e *eventStream) collect(p []byte) []byte {
	want := e.size
	if want == 0 {
		want = preludeSize
	}
	n := min(want-len(e.held), len(p))
	e.held = append(e.held, p[:n]...)
	switch {
	case len(e.held) < want:
	case e.size > 0:
		e.end(e.held)
		e.held = emptied(e.held)
	default:
		if e.open(e.held); e.skip > 0 {
			e.skip -= preludeSize
			e.held = e.held[:0]
		}
	}
	return p[n:]
}

func (e *eventStream) pass(p []byte) []byte {
	n := min(e.skip, int64(len(p)))
	if e.skip -= n; e.skip == 0 {
		e.isKnown = true
		e.emit(Frame{IsTooLarge: true})
	}
	return p[n:]
}

// end takes a whole message.
func (e *eventStream) end(p []byte) {
	e.size = 0
	e.reader.Reset(p)
	// As much as the decoder may fill, so that it allocates no more.
	e.payload = slices.Grow(e.payload[:0], len(p)+bytes.MinRead)
	m, err := e.decoder.Decode(&e.reader, e.payload)
	if err != nil {
		e.isBroken = true
		return
	}
	e.isKnown = true
	event := eventOf(m.Headers)
	if event == chunk {
		m.Payload = unwrapped(m.Payload)
	}
	e.emit(e.hold.whole(event, m.Payload))
	e.payload = emptied(e.payload)
}

// unwrapped returns the payload itself if nothing is wrapped in it.
func unwrapped(payload []byte) []byte {
	var wrapper struct {
		Bytes []byte `json:"bytes"`
	}
	if json.Unmarshal(payload, &wrapper) != nil || wrapper.Bytes == nil {
		return payload
	}
	return wrapper.Bytes
}

// emptied keeps a buffer for the next message, unless it has grown large.
func emptied(b []byte) []byte {
	if cap(b) > maxVerbatim {
		return nil
	}
	return b[:0]
}

func eventOf(h eventstream.Headers) string {
	switch text(h, ":message-type") {
	case "exception":
		return Exception + text(h, ":exception-type")
	case "error":
		return Exception + text(h, ":error-code")
	}
	return text(h, ":event-type")
}

// text is empty if the header is missing or is no string.
func text(h eventstream.Headers, name string) string {
	s, _ := h.Get(name).(eventstream.StringValue)
	return string(s)
}

func (e *eventStream) Close() End {
	switch {
	case e.isBroken:
		return Foreign
	case len(e.held) > 0 || e.skip > 0 || !e.isKnown:
		return Unfinished
	}
	return Whole
}
