package framing

import (
	"bytes"
	"strings"
)

// sse cuts server-sent events, by the rules of the HTML standard (§9.2.6),
// except that an event which the end of the body completes is handed on: some
// servers leave the last blank line out.
type sse struct {
	emit func(Frame)

	bom      int  // how many bytes of a byte order mark were seen; 3: past it
	afterCR  bool // the last line ended in \r: a \n that follows belongs to it
	inLine   bool // a line has begun in an earlier write
	inData   bool // and it is a data line
	head     []byte
	event    string
	id       string
	names    map[string]string
	last     string // the event name before
	direct   []byte // the event's only data line so far, in the caller's bytes
	hold     hold   // the event's data otherwise
	hasData  bool
	isEvents bool // a field of server-sent events was seen
	isOther  bool // a line was seen that is none of their fields
}

// maxHead bounds what is kept of a line that is not data.
const maxHead = 256

// maxNames bounds how many event names are remembered, which saves making a
// string for each event.
const maxNames = 64

// NewSSE returns a cutter of server-sent events.
func NewSSE(emit func(Frame)) Cutter { return &sse{emit: emit, names: map[string]string{}} }

func (s *sse) Write(p []byte) {
	p = s.skipBOM(p)
	hasCR := bytes.IndexByte(p, '\r') >= 0
	for len(p) > 0 {
		if s.afterCR {
			s.afterCR = false
			if p[0] == '\n' {
				p = p[1:]
				continue
			}
		}
		i := bytes.IndexByte(p, '\n')
		if hasCR {
			i = lineEnd(p, i)
		}
		if i < 0 {
			s.settle()
			s.part(p)
			return
		}
		if s.inLine {
			s.settle()
			s.part(p[:i])
			s.endLine()
		} else {
			s.line(p[:i])
		}
		s.afterCR = p[i] == '\r'
		p = p[i+1:]
	}
	s.settle()
}

// lineEnd looks for a \r that ends the line before the \n at newline, or -1.
func lineEnd(p []byte, newline int) int {
	if newline < 0 {
		return bytes.IndexByte(p, '\r')
	}
	if i := bytes.IndexByte(p[:newline], '\r'); i >= 0 {
		return i
	}
	return newline
}

func (s *sse) skipBOM(p []byte) []byte {
	const bom = "\xef\xbb\xbf"
	for s.bom < len(bom) && len(p) > 0 {
		if p[0] != bom[s.bom] {
			s.bom = len(bom)
			break
		}
		s.bom++
		p = p[1:]
	}
	return p
}

// settle copies what points into the caller's bytes.
func (s *sse) settle() {
	if s.direct != nil {
		s.hold.write(s.direct)
		s.direct = nil
	}
}

// part takes a piece of a line that is not all there. Of a data line nothing
// may be lost, of any other the head is enough.
func (s *sse) part(p []byte) {
	s.inLine = true
	if n := min(len("data: ")-len(s.head), len(p)); !s.inData && n > 0 {
		s.head = append(s.head, p[:n]...)
		p = p[n:]
		if len(s.head) < len("data: ") {
			return
		}
		if value, ok := bytes.CutPrefix(s.head, []byte("data:")); ok {
			s.inData = true
			s.append(unspaced(value))
		}
	}
	if s.inData {
		s.hold.write(p)
		return
	}
	s.head = append(s.head, p[:min(len(p), maxHead-len(s.head))]...)
}

// append begins another data line in the hold.
func (s *sse) append(value []byte) {
	s.settle()
	if s.hasData {
		s.hold.write([]byte{'\n'})
	}
	s.hasData, s.isEvents = true, true
	s.hold.write(value)
}

func (s *sse) endLine() {
	if !s.inData {
		s.line(s.head)
		s.settle()
	}
	s.inLine, s.inData, s.head = false, false, s.head[:0]
}

// line takes a whole line, without its end.
func (s *sse) line(l []byte) {
	if len(l) == 0 {
		s.dispatch()
		return
	}
	if value, ok := bytes.CutPrefix(l, []byte("data:")); ok {
		s.data(unspaced(value))
		return
	}
	name, value, _ := bytes.Cut(l[:min(len(l), maxHead)], []byte{':'})
	switch string(name) {
	case "data":
		s.data(nil)
	case "event":
		s.isEvents = true
		s.event = s.name(unspaced(value))
	case "id":
		s.isEvents = true
		s.id = string(unspaced(value))
	case "", "retry": // "": a comment
		s.isEvents = true
	default:
		s.isOther = true
	}
}

// unspaced drops the one space that may follow a field's colon.
func unspaced(value []byte) []byte {
	if len(value) > 0 && value[0] == ' ' {
		return value[1:]
	}
	return value
}

// data takes the value of a whole data line. The first one of an event stays
// where it is for as long as that can be.
func (s *sse) data(value []byte) {
	if s.hasData || value == nil {
		s.append(value)
		return
	}
	s.hasData, s.isEvents, s.direct = true, true, value
}

func (s *sse) name(b []byte) string {
	if string(b) == s.last {
		return s.last // text comes in long runs of one event
	}
	name, ok := s.names[string(b)]
	if !ok {
		name = string(b)
	}
	if len(s.names) < maxNames {
		s.names[name] = name
	}
	s.last = name
	return name
}

func (s *sse) dispatch() {
	event, id, direct, hasData := s.event, s.id, s.direct, s.hasData
	s.event, s.id, s.direct, s.hasData = "", "", nil, false
	if !hasData {
		return
	}
	var f Frame
	if direct != nil {
		f = s.hold.whole(event, direct)
	} else {
		f = s.hold.take(event)
	}
	f.ID = id
	s.emit(f)
}

func (s *sse) Close() End {
	isOpen := s.inLine || s.hasData
	isOther := s.isOther
	if s.inLine {
		isName := startsField(s.head) // a field's name that was cut is no other line
		s.endLine()
		isOther = isOther || s.isOther && !isName
	}
	s.dispatch()
	switch {
	case isOther && !s.isEvents:
		return Foreign
	case isOpen || !s.isEvents:
		return Unfinished
	}
	return Whole
}

func startsField(line []byte) bool {
	for _, field := range []string{"data:", "event:", "id:", "retry:"} {
		if strings.HasPrefix(field, string(line)) {
			return true
		}
	}
	return false
}
