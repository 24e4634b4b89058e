package capture

import (
	"bytes"
	"sync"
	"sync/atomic"

	"github.com/wiremeter/wiremeter/parsers"
	"github.com/wiremeter/wiremeter/parsers/coding"
)

// request reads what the request says of itself. Its bytes come from one
// goroutine while another asks for the facts, hence the lock.
type request struct {
	coding string                // its Content-Encoding; empty: none
	agent  string                // by the head; empty: unknown
	learn  func(parsers.Request) // takes what was read, once; nil: nobody
	bytes  atomic.Int64

	mu     sync.Mutex
	reader *parsers.RequestReader
	coded  []byte // the body as sent, when it has a coding
	isOver bool   // nothing more is read
	known  parsers.Request
}

// maxCodedRequest bounds the copy of a compressed request. What is larger is
// not read: the record then lacks what only the request tells.
const maxCodedRequest = 8 << 20

func (q *request) write(p []byte, isRead bool) {
	q.bytes.Add(int64(len(p)))
	if !isRead {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.isOver:
	case q.coding == "":
		if q.reader == nil {
			q.reader = parsers.NewRequestReader(q.agent)
		}
		q.guard(func() { q.reader.Write(p) })
	case len(q.coded)+len(p) > maxCodedRequest:
		q.isOver, q.coded = true, nil
	default:
		q.coded = append(q.coded, p...)
	}
}

// facts ends the reading and returns what is known by now. A provider answers
// when it has the request, so that is all of it.
func (q *request) facts() parsers.Request {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.isOver {
		return q.known
	}
	q.isOver = true
	q.guard(func() {
		if q.coded != nil {
			q.reader = decoded(q)
			q.coded = nil
		}
		if q.reader != nil {
			q.known, _ = q.reader.Close() // what could not be read stays unknown
		}
		if q.learn != nil {
			q.learn(q.known)
		}
	})
	q.reader = nil
	return q.known
}

// decoded reads a whole compressed body; a broken one is read as far as it
// goes.
func decoded(q *request) *parsers.RequestReader {
	reader := parsers.NewRequestReader(q.agent)
	r, err := coding.NewReader(q.coding, bytes.NewReader(q.coded))
	if err != nil {
		return reader
	}
	defer r.Close()
	buf := make([]byte, chunkSize)
	for read := 0; read < maxDecoded; {
		n, err := r.Read(buf)
		reader.Write(buf[:n])
		read += n
		if err != nil {
			return reader
		}
	}
	return reader
}

// guard keeps a panic of a parser away from the traffic: what it was about to
// find stays unknown.
func (q *request) guard(read func()) {
	defer func() {
		if recover() != nil {
			q.isOver, q.reader, q.coded = true, nil, nil
		}
	}()
	read()
}
