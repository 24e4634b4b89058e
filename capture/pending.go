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
	tickets map[uint64]struct{}
	changed chan struct{} // closed when a ticket comes back; nil: nobody waits
}

// begin gives a ticket that must come back by end.
func (p *pending) begin() uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.tickets == nil {
		p.tickets = make(map[uint64]struct{})
	}
	p.last++
	p.tickets[p.last] = struct{}{}
	return p.last
}

func (p *pending) end(ticket uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
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
