package main

import (
	"context"
	"fmt"
	"time"

	"github.com/rs/zerolog"

	"github.com/wiremeter/wiremeter/store/sqlite"
)

const (
	addEvery = time.Minute
	addRest  = 4 // so many times as long as it works it rests: other things matter more
)

// startAdding adds up the records of a house in the background, beside a server,
// so that reports need not. It is no part of the way of a record. What it returns
// ends it.
func startAdding(h *house, log zerolog.Logger) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(addEvery)
		defer tick.Stop()
		for {
			if err := addUp(ctx, h.database()); err != nil && ctx.Err() == nil {
				log.Debug().Err(err).Msg("records are not added up: it is tried again, or done by the next report")
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
		}
	}()
	return func() {
		cancel()
		<-ended
	}
}

// addUp keeps a panic from ending the program, and the traffic with it.
func addUp(ctx context.Context, path string) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("add up: panicked (%T)", v)
		}
	}()
	return sqlite.RollUp(ctx, path, addRest, nil)
}
