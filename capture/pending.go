package capture

import (
	"context"
	"sync"
)

// pending are the exchanges that have ended and are not recorded yet. Its zero
// value is ready.
type pending struct {
	mu      sync.Mutex
	last    uint64
	tickets map[uint64]int // that are out, and for how much work
	changed chan struct{}  // closed when a ticket comes back; nil: nobody waits
}

// begin gives a ticket for work on an exchange, which must come back by end. One
// that has ended keeps the ticket of its end: what follows from that belongs to
// it, however late it begins.
func (p *pending) begin(e *Exchange, isEnd bool) uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	ticket := e.ticket
	if ticket == 0 {
		p.last++
		ticket = p.last
	}
	if isEnd {
		e.ticket = ticket
	}
	if p.tickets == nil {
		p.tickets = make(map[uint64]int)
	}
	p.tickets[ticket]++
	return ticket
}

func (p *pending) end(ticket uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.tickets[ticket]--; p.tickets[ticket] > 0 {
		return
	}
	delete(p.tickets, ticket)
	if p.changed != nil {
		close(p.changed)
		p.changed = nil
	}
}

// wait returns when every ticket that was out at its call has come back, or with
// ctx's error.
func (p *pending) wait(ctx context.Context) error {
	p.mu.Lock()
	until := p.last
	p.mu.Unlock()
	for {
		changed := p.outUntil(until)
		if changed == nil {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// outUntil returns nil when no ticket up to this one is out, else what to wait
// for before asking again.
func (p *pending) outUntil(ticket uint64) <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	for t := range p.tickets {
		if t <= ticket {
			if p.changed == nil {
				p.changed = make(chan struct{})
			}
			return p.changed
		}
	}
	return nil
}
