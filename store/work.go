package store

import (
	"context"
	"fmt"
	"time"

	"github.com/wiremeter/wiremeter/usage"
)

// worker is the one goroutine that stores.
type worker struct {
	*Recorder
	retry    time.Duration // until the next attempt; 0: the last one succeeded
	singles  int           // so many records go one by one, to find the one that the sink rejects
	told     string        // the reason of the trouble that the log was told of; "": none
	toldOf   int64         // lost, as the log was told
	isLosing bool          // as the log was told
}

// batch is what one attempt tries to store. The records stay at the head of
// the queue until they are settled, so that they count against its size.
type batch struct {
	records   []usage.Record
	tallies   tallies
	talliesIn int64 // progress.talliesIn, when these were all that waited
}

func (r *Recorder) work(ctx context.Context) {
	defer close(r.done)
	w := worker{Recorder: r}
	for w.await(ctx) && w.gather(ctx) {
		b := w.take()
		w.settle(b, w.attempt(ctx, b))
	}
	r.mu.Lock()
	r.isClosed = true
	r.mu.Unlock()
}

// await returns when something is to be stored, or false when nothing is and
// the recorder closes. Nothing can come in after that.
func (w *worker) await(ctx context.Context) bool {
	for {
		w.mu.Lock()
		waits := len(w.queue) > 0 || len(w.tallies) > 0
		w.isClosed = w.isClosing && !waits
		isClosed := w.isClosed
		w.mu.Unlock()
		if waits || isClosed {
			return waits
		}
		select {
		case <-w.wake:
		case <-w.urgent:
		case <-ctx.Done():
			return false
		}
	}
}

// gather waits for more to store, or until it is time to try again. It returns
// false when the work is to end.
func (w *worker) gather(ctx context.Context) bool {
	wait, full := w.retry, (chan struct{})(nil)
	if w.retry == 0 {
		if w.isReady() {
			return ctx.Err() == nil
		}
		wait, full = Window, w.full
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-full:
	case <-w.urgent:
	}
	return ctx.Err() == nil
}

func (w *worker) isReady() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.isClosing || w.singles > 0 || len(w.queue) >= BatchSize
}

func (w *worker) take() (b batch) {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := min(len(w.queue), BatchSize)
	if w.singles > 0 {
		n = min(n, 1)
	}
	b.records = w.queue[:n:n]
	if n == 0 || w.singles == 0 {
		b.tallies, w.tallies = w.tallies, nil
		b.talliesIn = w.progress.talliesIn
	}
	return b
}

// attempt keeps a panic of the sink from ending the program, and the traffic
// with it.
func (w *worker) attempt(ctx context.Context, b batch) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("the sink panicked (%T)", v) // its value may hold what must not be logged
		}
	}()
	return w.sink.Store(ctx, b.records, b.tallies.list())
}

func (w *worker) settle(b batch, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil {
		for _, t := range b.tallies {
			w.tallies.add(t)
		}
		b.talliesIn = 0
	}
	isCulprit := w.singles > 0 && isPermanent(err)
	switch {
	case err == nil:
		w.pop(b)
	case isCulprit && len(b.records) == 1:
		w.lose(&b.records[0], reasonOf(err))
		w.pop(b)
	case isPermanent(err) && len(b.records) > 0:
		w.singles = len(b.records)
		return
	default:
		w.retry = min(max(firstRetry, 2*w.retry), lastRetry)
		w.trouble = err
		w.tell(err)
		return
	}
	w.retry, w.trouble = 0, nil
	w.tell(err)
}

// pop settles a batch. It needs mu.
func (w *worker) pop(b batch) {
	n := len(b.records)
	clear(w.queue[:n]) // lets go of what they hold
	if n == len(w.queue) && cap(w.queue) <= 2*BatchSize {
		w.queue = w.queue[:0] // its memory is used again
	} else {
		w.queue = w.queue[n:]
	}
	w.singles = max(0, w.singles-n)
	w.progress.recordsSettled += int64(n)
	w.progress.talliesSettled = max(w.progress.talliesSettled, b.talliesIn)
	close(w.progress.changed)
	w.progress.changed = make(chan struct{})
}
