package framing

import "bytes"

// message keeps the content of one WebSocket message.
type message struct {
	hold  hold
	kind  kind
	total int
}

type kind int

const (
	isText    kind = iota // or begins as JSON does
	isUnknown             // binary, and nothing but white space yet
	isRaw
)

func (m *message) begin(isBinary bool) {
	m.kind, m.total = isText, 0
	if isBinary {
		m.kind = isUnknown
	}
}

// look decides by the first byte that is not white space. Some clients send
// their JSON in binary messages.
func (m *message) look(p []byte) {
	if m.kind != isUnknown {
		return
	}
	if p = bytes.TrimLeft(p, " \t\r\n"); len(p) > 0 {
		m.kind = isRaw
		if p[0] == '{' || p[0] == '[' {
			m.kind = isText
		}
	}
}

func (m *message) write(p []byte) {
	m.look(p)
	m.total = min(m.total+len(p), maxVerbatim+1)
	if m.kind == isRaw && m.total > maxVerbatim {
		return
	}
	m.hold.write(p)
}

// take returns what was written. The data stays valid until the next write.
func (m *message) take() Frame {
	raw := m.hold.verbatim
	f := m.hold.take("")
	if m.kind == isRaw {
		return rawFrame(raw, m.total)
	}
	return f
}

// whole returns a message that lies in one piece, held to the same limits.
func (m *message) whole(p []byte) Frame {
	if m.look(p); m.kind == isRaw {
		return rawFrame(p, len(p))
	}
	return m.hold.whole("", p)
}

func rawFrame(p []byte, total int) Frame {
	if total > maxVerbatim {
		return Frame{IsTooLarge: true}
	}
	return Frame{Data: p}
}
