package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/wiremeter/wiremeter/usage"
)

const (
	Window    = 50 * time.Millisecond // from the first record of a batch to its transaction
	BatchSize = 1024
	QueueSize = 8192

	firstRetry = 100 * time.Millisecond
	lastRetry  = 5 * time.Second
)

// Sink keeps records and tallies. Store keeps all of them or, with an error,
// nothing. It is called from one goroutine, and should return soon after ctx is
// done. Its errors may be a [Trouble].
type Sink interface {
	Store(ctx context.Context, records []usage.Record, tallies []usage.Tally) error
}

// Trouble is an error that says what is wrong in a fixed word, and whether the
// same records can never be stored. All other errors are taken to pass.
type Trouble interface {
	error
	Reason() string
	IsPermanent() bool
}

// Recorder is the way in. Its methods may be called from any goroutine.
type Recorder struct {
	sink Sink
	log  zerolog.Logger

	stop   context.CancelFunc // ends the work, finished or not
	wake   chan struct{}      // holds one: something arrived
	full   chan struct{}      // holds one: there is a whole batch
	urgent chan struct{}      // holds one: store now, or try again now
	done   chan struct{}      // closed when the work has ended

	mu        sync.Mutex
	queue     []usage.Record
	tallies   tallies
	progress  progress
	trouble   error // why the last attempt failed; nil when it did not
	lost      int64
	isClosing bool
	isClosed  bool
}

// progress tells what Flush waits for: how much came in, how much of it is
// settled (stored, or lost and counted).
type progress struct {
	recordsIn, recordsSettled int64
	talliesIn, talliesSettled int64
	changed                   chan struct{} // closed at the next settlement
}

// NewRecorder starts a recorder in front of s. Close it.
func NewRecorder(s Sink, log zerolog.Logger) *Recorder {
	ctx, stop := context.WithCancel(context.Background())
	r := &Recorder{
		sink: s, log: log, stop: stop,
		wake: make(chan struct{}, 1), full: make(chan struct{}, 1), urgent: make(chan struct{}, 1), done: make(chan struct{}),
		progress: progress{changed: make(chan struct{})},
	}
	go r.work(ctx)
	return r
}

// Record takes one record. It does not wait and does not fail; a record for
// which there is no room is lost and counted.
func (r *Recorder) Record(record usage.Record) {
	r.mu.Lock()
	switch {
	case r.isClosed:
		r.lost++
	case len(r.queue) >= QueueSize:
		r.lose(&record, r.reasonForFull())
	default:
		r.queue = append(r.queue, record)
		r.progress.recordsIn++
	}
	isFull := len(r.queue) >= BatchSize
	r.mu.Unlock()
	signal(r.wake)
	if isFull {
		signal(r.full)
	}
}

// Room returns when half of the queue is free, or the recorder is being closed. It
// is for whoever has many records at once and may wait; others are not held up.
func (r *Recorder) Room() {
	for {
		r.mu.Lock()
		isFree, changed := len(r.queue) <= QueueSize/2 || r.isClosing, r.progress.changed
		r.mu.Unlock()
		if isFree {
			return
		}
		select {
		case <-changed:
		case <-r.done:
			return
		}
	}
}

// Tally takes one tally. It does not wait and does not fail. One without a time
// is of now.
func (r *Recorder) Tally(t usage.Tally) {
	if t.At.IsZero() {
		t.At = time.Now()
	}
	r.mu.Lock()
	if !r.isClosed {
		r.tally(t)
	}
	r.mu.Unlock()
	signal(r.wake)
}

// Lost is the number of records that this recorder was given and will not
// store.
func (r *Recorder) Lost() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.lost
}

// Flush returns when all that was handed in before it is stored, or lost and
// counted. While the sink is in trouble it waits; when ctx is done first its
// error says what still waits, and why. Nothing is lost by that.
func (r *Recorder) Flush(ctx context.Context) error {
	records := r.state().recordsIn
	if err := r.wait(ctx, func(p progress) bool { return p.recordsSettled >= records }); err != nil {
		return err
	}
	// A record that was lost meanwhile has become a tally.
	tallies := r.state().talliesIn
	return r.wait(ctx, func(p progress) bool { return p.talliesSettled >= tallies })
}

func (r *Recorder) state() progress {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.progress
}

func (r *Recorder) wait(ctx context.Context, isReached func(progress) bool) error {
	for {
		p := r.state()
		if isReached(p) {
			return nil
		}
		signal(r.urgent)
		select {
		case <-p.changed:
		case <-r.done:
			if isReached(r.state()) {
				return nil
			}
			return errors.New("flush recorder: it was closed before all was stored")
		case <-ctx.Done():
			return r.unstored("flush", ctx.Err())
		}
	}
}

// Close stores what it was given and ends the recorder. When ctx is done first
// it gives up: what is left is lost, and the error says how much and why. What
// is handed in after Close is lost.
func (r *Recorder) Close(ctx context.Context) error {
	r.mu.Lock()
	r.isClosing = true
	r.mu.Unlock()
	signal(r.urgent)
	var cut error
	select {
	case <-r.done:
	case <-ctx.Done():
		cut = ctx.Err()
		r.stop()
		<-r.done
	}
	r.stop()
	err := r.unstored("close", cut)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lost += int64(len(r.queue))
	r.queue, r.tallies = nil, nil
	return err
}

// unstored is nil when nothing waits.
func (r *Recorder) unstored(doing string, cut error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.queue) == 0 && len(r.tallies) == 0 {
		return nil
	}
	return fmt.Errorf("%s recorder: %d records and %d tallies are not stored: %w",
		doing, len(r.queue), len(r.tallies), cmp.Or(r.trouble, cut, context.Canceled))
}

// lose needs mu.
func (r *Recorder) lose(record *usage.Record, reason string) {
	r.lost++
	r.tally(usage.Tally{
		At: record.StartedAt, Outcome: usage.Lost, Provider: record.Provider, Host: record.Host, Reason: reason,
		Run: record.Run, Count: 1, RequestBytes: record.RequestBytes, ResponseBytes: record.ResponseBytes,
	})
}

// tally needs mu.
func (r *Recorder) tally(t usage.Tally) {
	r.tallies.add(t)
	r.progress.talliesIn++
}

// reasonForFull needs mu. A queue is full because the sink is in trouble, or
// because it is too slow.
func (r *Recorder) reasonForFull() string {
	if r.trouble != nil {
		return reasonOf(r.trouble)
	}
	return "queue_full"
}

func reasonOf(err error) string {
	if t, ok := errors.AsType[Trouble](err); ok {
		return t.Reason()
	}
	return "store_failed"
}

func isPermanent(err error) bool {
	t, ok := errors.AsType[Trouble](err)
	return ok && t.IsPermanent()
}

// signal never waits: one signal that nobody took yet stands for many.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
