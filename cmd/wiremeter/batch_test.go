package main

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/wiremeter/wiremeter/capture"
	"github.com/wiremeter/wiremeter/store"
	"github.com/wiremeter/wiremeter/usage"
)

// gate is a sink that stores nothing until it is opened.
type gate struct {
	open   chan struct{}
	stored map[string]bool
}

func (g *gate) Store(_ context.Context, records []usage.Record, _ []usage.Tally) error {
	<-g.open
	for _, r := range records {
		g.stored[r.Response.ID] = true
	}
	return nil
}

// TestResultsWaitForTheStore: a body may hold more results of a batch than can wait
// to be stored. They wait elsewhere; what else is asked meanwhile has its room, and
// the traffic goes on.
func TestResultsWaitForTheStore(t *testing.T) {
	g := &gate{make(chan struct{}), make(map[string]bool)}
	r := store.NewRecorder(g, zerolog.Nop())
	c := capture.New(r, zerolog.Nop())
	c.Room = r.Room
	const many = 4 * store.QueueSize
	e := c.Begin(usage.Exchange{StartedAt: time.Now(), Front: usage.Forward, Method: "GET", Host: "api.anthropic.com", Path: "/v1/messages/batches/msgbatch_1/results"})
	e.Response(200, usage.Header{"Content-Type": {"application/x-jsonl"}})
	for i := range many {
		e.Body(fmt.Appendf(nil, `{"custom_id":"a","result":{"type":"succeeded","message":{"id":"msg_%d","model":"claude-haiku-4-5","usage":{"input_tokens":30,"output_tokens":12}}}}`+"\n", i))
	}
	e.End(nil)
	r.Record(usage.Record{Response: usage.Response{ID: "another"}})
	close(g.open)
	if err := c.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(g.stored) != many+1 || r.Lost() != 0 || c.Turns() != many {
		t.Errorf("%d are stored, %d lost, of %d turns; want %d", len(g.stored), r.Lost(), c.Turns(), many)
	}
}
