package capture

import (
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wiremeter/wiremeter/parsers/coding"
)

const (
	chunkSize  = 8 << 10
	maxQueued  = 128 // chunks: 1 MiB
	maxDecoded = 1 << 30
	maxWait    = 250 * time.Millisecond
)

// decoder reads a response with a content coding, on a goroutine of its own,
// from copies of the bytes that pass.
type decoder struct {
	reading *reading
	request *request
	coding  string

	chunks   chan []byte
	done     chan struct{} // closed when run has returned
	isClosed bool
	isLate   atomic.Bool // the traffic did not wait for it

	current []byte // what run is reading
	whole   []byte // its buffer
}

var chunks = sync.Pool{New: func() any { return new([chunkSize]byte) }}

func newDecoder(g *reading, q *request, coding string) *decoder {
	return &decoder{reading: g, request: q, coding: coding, chunks: make(chan []byte, maxQueued), done: make(chan struct{})}
}

// write queues a copy. The end of a response carries its usage, so nothing may
// be dropped: a full queue waits for the decoder, which is faster than any
// network. One that is not has met something that it cannot decode.
func (d *decoder) write(p []byte) {
	for len(p) > 0 && !d.isClosed {
		n := min(len(p), chunkSize)
		chunk := append(chunks.Get().(*[chunkSize]byte)[:0], p[:n]...)
		p = p[n:]
		select {
		case d.chunks <- chunk:
			continue
		case <-d.done:
			d.isClosed = true
			return
		default:
		}
		select {
		case d.chunks <- chunk:
		case <-d.done:
			d.isClosed = true
		case <-time.After(maxWait):
			d.isLate.Store(true)
			d.isClosed = true
			close(d.chunks)
		}
	}
}

// close says that no more bytes come.
func (d *decoder) close() {
	if !d.isClosed {
		d.isClosed = true
		close(d.chunks)
	}
}

// Read gives run the queued bytes, as they come.
func (d *decoder) Read(p []byte) (int, error) {
	for len(d.current) == 0 {
		if d.whole != nil {
			chunks.Put((*[chunkSize]byte)(d.whole[:chunkSize]))
			d.whole = nil
		}
		chunk, ok := <-d.chunks
		if !ok {
			return 0, io.EOF
		}
		d.current, d.whole = chunk, chunk
	}
	n := copy(p, d.current)
	d.current = d.current[n:]
	return n, nil
}

func (d *decoder) run() {
	defer close(d.done)
	d.reading.open(d.request.facts())
	err := d.decode()
	switch {
	case d.isLate.Load():
		d.reading.fail("decoder_too_slow")
	case err != nil:
		d.reading.doubt("undecodable")
	}
}

// decode is done at the end of the coded data. A stream that was cut is read as
// far as it goes: what is missing shows in what was read.
func (d *decoder) decode() (err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("the decoder panicked")
		}
	}()
	r, err := coding.NewReader(d.coding, d)
	if err != nil {
		return err
	}
	defer r.Close()
	buf := make([]byte, chunkSize)
	for total := 0; total < maxDecoded; {
		n, err := r.Read(buf)
		d.reading.write(buf[:n])
		total += n
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return nil
		case err != nil:
			return err
		case d.reading.reader == nil:
			return nil
		}
	}
	return errors.New("the body decodes to more than is read")
}
