package capture

import (
	"bytes"
	"container/list"
	"io"
	"strconv"
	"sync"

	"github.com/wiremeter/wiremeter/parsers"
	"github.com/wiremeter/wiremeter/parsers/coding"
	"github.com/wiremeter/wiremeter/usage"
)

// halves keeps what agents say in exchanges of their own, until the exchange
// that it is said for has ended: words only, and of the last maxHalves that
// were begun. Its methods may be called from any goroutine.
type halves struct {
	mu    sync.Mutex
	known map[string]*list.Element
	order list.List // of *asking, the newest last
	held  int       // bytes of bodies that have not been read yet
}

type asking struct {
	id string
	parsers.Asking
}

const (
	maxHalves = 1024
	maxHeld   = 64 << 20
)

func (h *halves) add(p parsers.Append) {
	h.mu.Lock()
	defer h.mu.Unlock()
	e, ok := h.known[p.ID]
	if !ok {
		if h.order.Len() >= maxHalves {
			h.remove(h.order.Front())
		}
		if h.known == nil {
			h.known = make(map[string]*list.Element)
		}
		e = h.order.PushBack(&asking{id: p.ID})
		h.known[p.ID] = e
	}
	e.Value.(*asking).Add(p)
}

// request returns what is known of it by now.
func (h *halves) request(id string) parsers.Request {
	h.mu.Lock()
	defer h.mu.Unlock()
	if e, ok := h.known[id]; ok {
		return e.Value.(*asking).Request()
	}
	return parsers.Request{}
}

// forget is for an exchange that has ended.
func (h *halves) forget(id string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if e, ok := h.known[id]; ok {
		h.remove(e)
	}
}

// remove needs mu.
func (h *halves) remove(e *list.Element) {
	delete(h.known, h.order.Remove(e).(*asking).id)
}

// hold reports whether n more bytes may be kept; n may be negative.
func (h *halves) hold(n int) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.held+n > maxHeld {
		return false
	}
	h.held += n
	return true
}

// half is the request of an exchange that belongs to another one. It is written
// by one goroutine and read by another, hence the lock.
type half struct {
	of     *halves
	head   usage.Exchange
	length int // that the head states; -1: none

	mu     sync.Mutex
	body   []byte
	isOver bool // nothing more is read
}

func newHalf(of *halves, x usage.Exchange) *half {
	length, err := strconv.Atoi(x.Header.First("Content-Length"))
	if err != nil {
		length = -1
	}
	return &half{of: of, head: x, length: length, isOver: length > parsers.MaxAppend}
}

// write takes the next bytes. What is whole is read at once: the provider may
// answer it, in the other exchange, before it answers here.
func (h *half) write(p []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.isOver:
	case len(p) == 0: // the end
		h.read()
	case len(h.body)+len(p) > parsers.MaxAppend || !h.of.hold(len(p)):
		h.let()
	default:
		if h.body = append(h.body, p...); len(h.body) == h.length {
			h.read()
		}
	}
}

// answered says that the response has begun: a request whose length nobody has
// stated was whole by then.
func (h *half) answered() {
	if h.length < 0 {
		h.close()
	}
}

// close says that no more bytes come, or none that matter.
func (h *half) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.isOver {
		h.read()
	}
}

// read needs mu. What cannot be read stays unknown, and a panic of a parser is
// kept away from the traffic.
func (h *half) read() {
	defer func() {
		_ = recover()
		h.let()
	}()
	body := h.body
	if c := h.head.Header.First("Content-Encoding"); c != "" {
		var err error
		if body, err = whole(c, body); err != nil {
			return
		}
	}
	if p, ok := parsers.ReadAppend(h.head, body); ok {
		h.of.add(p)
	}
}

// let needs mu.
func (h *half) let() {
	h.of.hold(-len(h.body))
	h.body, h.isOver = nil, true
}

// whole decodes a body of at most parsers.MaxAppend; a larger one is cut.
func whole(name string, body []byte) ([]byte, error) {
	r, err := coding.NewReader(name, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(io.LimitReader(r, parsers.MaxAppend))
}
