package main

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/wiremeter/wiremeter/store/sqlite"
	"github.com/wiremeter/wiremeter/usage"
)

// patient is a database that may not open yet (it is locked, or damaged, or its
// disk is full): it tries again whenever something is to be stored. Its methods
// may be called from any goroutine.
type patient struct {
	path string

	mu      sync.Mutex
	db      *sqlite.DB    // nil: not open yet
	err     error         // of the last attempt
	attempt chan struct{} // closed when the one under way has ended; nil: there is none
}

// open tries to open the database, for as long as ctx lets it.
func (p *patient) open(ctx context.Context) (*sqlite.DB, error) {
	p.mu.Lock()
	if p.db != nil {
		defer p.mu.Unlock()
		return p.db, nil
	}
	if p.attempt == nil {
		p.attempt = make(chan struct{})
		go p.try(p.attempt)
	}
	ended := p.attempt
	p.mu.Unlock()
	var cut error
	select {
	case <-ended:
	case <-ctx.Done():
		cut = fmt.Errorf("open database %s: it does not answer: %w", p.path, ctx.Err())
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.db != nil {
		return p.db, nil
	}
	return nil, cmp.Or(p.err, cut)
}

func (p *patient) try(ended chan struct{}) {
	db, err := sqlite.Open(p.path)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.db, p.err, p.attempt = db, err, nil
	close(ended)
}

func (p *patient) isOpen() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.db != nil
}

func (p *patient) Store(ctx context.Context, records []usage.Record, tallies []usage.Tally) error {
	db, err := p.open(ctx)
	if err != nil {
		return err
	}
	return db.Store(ctx, records, tallies)
}

// State does not wait for a database that is not open: what vendors state they
// state again.
func (p *patient) State(ctx context.Context, all []usage.Statement) error {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	db, err := p.open(ctx)
	if err != nil {
		return err
	}
	return db.State(ctx, all)
}

func (p *patient) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.db == nil {
		return nil
	}
	return p.db.Close()
}
