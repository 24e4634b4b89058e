package capture

import (
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wiremeter/wiremeter/usage"
)

// hops tells which exchanges were ways to a gateway that asked a provider
// through here, too: the tokens are the provider's, and must not count twice. It
// keeps what exchanges said that began while a gateway was being asked, for as
// long as that lasts. Its zero value is ready; its methods may be called from any
// goroutine.
type hops struct {
	ways atomic.Int64 // under way: exchanges with what may be a gateway

	mu   sync.Mutex
	open map[*Exchange]*opened // under way or being decided on, since a gateway was asked
	told []*saying             // by those that have ended, about in the order of their ends
	most int                   // so many of told are kept until those are looked for that can go
}

// opened is an exchange whose record is not told yet.
type opened struct {
	held    int         // how often
	awaited []*settling // by which ways
}

// settling is a way that has ended before all that may be its next hop.
type settling struct {
	missing int           // of those
	done    chan struct{} // closed when none is missing
}

// saying is what two hops of one answer have in common.
type saying struct {
	begun, ended time.Time
	address      address
	id           string
	models       [2]string
	input        int64 // whatever came from a cache or went into one included
	output       int64
	isCounted    bool
	isTaken      bool // a way to a gateway was found to be the same answer's
}

// Of an answer that a gateway passes on, what comes from the provider ends
// first, but wiremeter may hear of that end a little later.
const hopPatience = time.Second

// At most maxTold are kept of what was said, and fewTold are never too many.
const (
	maxTold = 1 << 16
	fewTold = 64
)

// mayForward reports whether the exchange may be with a gateway: its host is no
// known provider's, or on this machine.
func (e *Exchange) mayForward() bool {
	return e.route.IsForeign || e.route.IsConfigured || isLoopback(e.head.Host)
}

func isLoopback(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// enter takes note of an exchange that begins.
func (h *hops) enter(e *Exchange) {
	if e.isWay = e.mayForward(); e.isWay {
		h.ways.Add(1)
	} else if h.ways.Load() == 0 {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.open == nil {
		h.open = make(map[*Exchange]*opened)
	}
	h.open[e] = &opened{held: 1}
	e.isHop = true
}

// hold keeps an exchange open, whose record is not told yet, until one more leave.
func (h *hops) hold(e *Exchange) {
	if e.isHop {
		h.mu.Lock()
		h.open[e].held++
		h.mu.Unlock()
	}
}

// leave is for an exchange that has ended.
func (h *hops) leave(e *Exchange) {
	if !e.isHop {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	o := h.open[e]
	if o.held--; o.held > 0 {
		return
	}
	delete(h.open, e)
	for _, w := range o.awaited {
		if w.missing--; w.missing == 0 {
			close(w.done)
		}
	}
	if e.isWay && h.ways.Add(-1) == 0 {
		h.told, h.most = nil, 0
	}
}

// forget lets go of what began before every way that is under way: it can be the
// next hop of none. Where that is too little the oldest go. It needs mu.
func (h *hops) forget() {
	var first time.Time
	for e := range h.open {
		if e.isWay && (first.IsZero() || e.head.StartedAt.Before(first)) {
			first = e.head.StartedAt
		}
	}
	h.told = slices.DeleteFunc(h.told, func(s *saying) bool { return s.begun.Before(first) })
	if len(h.told) >= maxTold/2 {
		h.told = slices.Delete(h.told, 0, len(h.told)-maxTold/2)
	}
	h.most = max(fewTold, 2*len(h.told))
}

// tell keeps what the record says, for the ways that are under way. It needs mu.
func (h *hops) tell(s *saying) {
	if h.ways.Load() == 0 {
		return
	}
	if len(h.told) >= max(fewTold, h.most) {
		h.forget()
	}
	h.told = append(h.told, s)
}

// keep hands the record on, and decides before whether it is of a way to a
// gateway. Where that cannot be told yet it returns what is left to do, which may
// wait; else nil.
func (e *Exchange) keep(r *usage.Record, ended time.Time) (rest func()) {
	if !e.isHop {
		e.capture.recorder.Record(*r)
		return nil
	}
	h := &e.capture.hops
	s := sayingOf(r, e.head, ended)
	h.mu.Lock()
	if !e.isWay {
		h.tell(s)
		h.mu.Unlock()
		e.capture.recorder.Record(*r)
		return nil
	}
	w := h.unsettled(e, s)
	if w.missing == 0 {
		h.decide(s, r)
		h.mu.Unlock()
		e.capture.recorder.Record(*r)
		return nil
	}
	h.open[e].held++
	h.mu.Unlock()
	return func() {
		defer h.leave(e)
		w.wait()
		h.mu.Lock()
		h.decide(s, r)
		h.mu.Unlock()
		e.capture.recorder.Record(*r)
	}
}

// wait returns when all is told, or when patience has run out.
func (w *settling) wait() {
	patience := time.NewTimer(hopPatience)
	defer patience.Stop()
	select {
	case <-w.done:
	case <-patience.C:
	}
}

// unsettled waits for the exchanges under way that may be this answer's next hop.
// It needs mu.
func (h *hops) unsettled(e *Exchange, s *saying) *settling {
	w := &settling{done: make(chan struct{})}
	for other, o := range h.open {
		if other != e && addressOf(other.head) != s.address && s.isAround(other.head.StartedAt) {
			w.missing++
			o.awaited = append(o.awaited, w)
		}
	}
	return w
}

// decide looks for the next hop of the same answer, which no other way can have
// then. It needs mu.
func (h *hops) decide(s *saying, r *usage.Record) {
	if next := h.next(s); next != nil {
		next.isTaken = true
		r.Hop = usage.Gateway
	}
	h.tell(s)
}

// next prefers the same response id to the same counts, and of several the one
// that began first: those that began later fit into more ways.
func (h *hops) next(s *saying) *saying {
	var best *saying
	isBestByID := false
	for _, t := range slices.Backward(h.told) {
		if t.ended.Before(s.begun.Add(-2 * hopPatience)) { // as have all before, whenever they were told
			break
		}
		byID := s.id != "" && s.id == t.id
		switch {
		case t.isTaken || t.address == s.address || !s.isAround(t.begun) || t.ended.After(s.ended.Add(hopPatience)):
		case !byID && (isBestByID || !s.hasCountsOf(t)):
		case best == nil || byID && !isBestByID || !t.begun.After(best.begun):
			best, isBestByID = t, byID
		}
	}
	return best
}

func (s *saying) isAround(t time.Time) bool { return !t.Before(s.begun) && !t.After(s.ended) }

// hasCountsOf reports whether both state the same counts, some of them, and name
// the same model.
func (s *saying) hasCountsOf(t *saying) bool {
	return s.isCounted && t.isCounted && s.input == t.input && s.output == t.output && s.input+s.output > 0 && s.names(t)
}

func (s *saying) names(t *saying) bool {
	for _, m := range s.models {
		if m != "" && (m == t.models[0] || m == t.models[1]) {
			return true
		}
	}
	return false
}

func sayingOf(r *usage.Record, x usage.Exchange, ended time.Time) *saying {
	s := &saying{
		begun: r.StartedAt, ended: ended, address: addressOf(x), id: r.Response.ID,
		models: [2]string{bareModel(r.Model), bareModel(r.ModelRequested)},
	}
	t := r.Tokens
	s.isCounted = t.Input != nil && t.Output != nil
	for _, n := range []*int64{t.Input, t.CacheRead, t.CacheWrite5m, t.CacheWrite1h, t.CacheWriteOther} {
		if n != nil {
			s.input += *n
		}
	}
	if t.Output != nil {
		s.output = *t.Output
	}
	return s
}

// bareModel leaves out what gateways put before a model's name: its provider.
func bareModel(name string) string { return strings.ToLower(name[strings.LastIndexByte(name, '/')+1:]) }

type address struct{ host, port string }

func addressOf(x usage.Exchange) address { return address{x.Host, x.Port} }
