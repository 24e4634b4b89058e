package reconcile

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
)

// maxLine is more than what holds usage takes; a longer line holds content, and is
// passed over without being kept.
const maxLine = 8 << 20

// lines calls do with each line of the file that has one of the words, as JSON in
// a T. What cannot be read is spoilt.
func lines[T any](ctx context.Context, s source, words [][]byte, do func(*T)) error {
	f, err := os.Open(s.path)
	if err != nil {
		return err
	}
	defer f.Close()
	b := bufio.NewReaderSize(f, 256<<10)
	for {
		line, err := nextLine(b)
		if hasAny(line, words) {
			v := new(T)
			if json.Unmarshal(line, v) == nil {
				do(v)
			} else if err == nil { // else it is being written
				s.spoil()
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err := errors.Join(err, ctx.Err()); err != nil {
			return err
		}
	}
}

// nextLine is nil for one that is too long.
func nextLine(b *bufio.Reader) ([]byte, error) {
	var kept []byte
	for tooLong := false; ; {
		piece, err := b.ReadSlice('\n')
		if tooLong = tooLong || len(kept)+len(piece) > maxLine; tooLong {
			kept = nil
		} else {
			kept = append(kept, piece...)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return kept, err
		}
	}
}

func hasAny(line []byte, words [][]byte) bool {
	for _, w := range words {
		if bytes.Contains(line, w) {
			return true
		}
	}
	return false
}
