package transcript

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

// encode makes lines of the events that are not known, which then are.
func encode(events []event, known map[string]bool) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	for _, event := range events {
		if known[event.UUID] {
			continue
		}
		known[event.UUID] = true
		if err := e.Encode(event); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), nil
}

// maxLine is more than any line of ours has; a longer one is not ours.
const maxLine = 64 << 10

// eachLine tells the uuid of every whole line. What is no line of a transcript
// has none.
func eachLine(r io.Reader, tell func(uuid string)) error {
	b := bufio.NewReaderSize(r, maxLine)
	for isRest := false; ; {
		text, err := b.ReadSlice('\n')
		isCut := errors.Is(err, bufio.ErrBufferFull)
		var line struct{ UUID string }
		if !isRest && err == nil && json.Unmarshal(text, &line) == nil && line.UUID != "" {
			tell(line.UUID)
		}
		if isRest = isCut; isCut || err == nil {
			continue
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		return err
	}
}
