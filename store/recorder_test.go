package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/wiremeter/wiremeter/usage"
)

// sink is one whose troubles a test can choose; the real one has its own tests
// in store/sqlite.
type sink struct {
	fail func(records []usage.Record) error

	mu      sync.Mutex
	records []string
	tallies map[string]int64 // outcome and reason
	calls   int
}

func (s *sink) Store(ctx context.Context, records []usage.Record, tallies []usage.Tally) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	if s.fail != nil {
		if err := s.fail(records); err != nil {
			return err
		}
	}
	for _, r := range records {
		s.records = append(s.records, r.ID)
	}
	if s.tallies == nil {
		s.tallies = make(map[string]int64)
	}
	for _, t := range tallies {
		s.tallies[string(t.Outcome)+" "+t.Reason] += t.Count
	}
	return nil
}

func (s *sink) sees(f func([]usage.Record) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = f
}

func (s *sink) counts() (calls, records int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls, len(s.records)
}

type trouble struct {
	reason    string
	permanent bool
}

func (t trouble) Error() string     { return "trouble: " + t.reason }
func (t trouble) Reason() string    { return t.reason }
func (t trouble) IsPermanent() bool { return t.permanent }

func record(i int) usage.Record {
	return usage.Record{ID: fmt.Sprint(i), StartedAt: time.Now(), Outcome: usage.Metered, Provider: "p", Host: "h"}
}

func always(err error) func([]usage.Record) error { return func([]usage.Record) error { return err } }

func closeIt(t *testing.T, r *Recorder) {
	t.Helper()
	if err := r.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestABatchWaitsForTheWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &sink{}
		r := NewRecorder(s, zerolog.Nop())
		started := time.Now()
		for i := range 10 {
			r.Record(record(i))
		}
		synctest.Wait()
		if calls, _ := s.counts(); calls != 0 {
			t.Errorf("stored before the window's end")
		}
		time.Sleep(Window)
		synctest.Wait()
		if calls, records := s.counts(); calls != 1 || records != 10 {
			t.Errorf("%d calls stored %d records", calls, records)
		}
		for i := range BatchSize {
			r.Record(record(i))
		}
		synctest.Wait()
		if calls, _ := s.counts(); calls != 2 || time.Since(started) != Window {
			t.Errorf("a full batch waited: %d calls after %v", calls, time.Since(started))
		}
		closeIt(t, r)
	})
}

func TestFlushStoresAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &sink{}
		r := NewRecorder(s, zerolog.Nop())
		started := time.Now()
		for i := range 3*BatchSize + 7 {
			r.Record(record(i))
		}
		r.Tally(usage.Tally{Outcome: usage.Tunnelled, Reason: "no_provider", Count: 1})
		if err := r.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(s.records) != 3*BatchSize+7 || s.tallies["tunnelled no_provider"] != 1 || time.Since(started) != 0 {
			t.Errorf("%d records, %v, after %v", len(s.records), s.tallies, time.Since(started))
		}
		for i, id := range s.records {
			if id != fmt.Sprint(i) {
				t.Fatalf("record %d is %s: out of order", i, id)
			}
		}
		closeIt(t, r)
	})
}

func TestATroubleThatPassesLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		s := &sink{fail: always(trouble{reason: "database_locked"})}
		r := NewRecorder(s, zerolog.New(&log))
		for i := range QueueSize {
			r.Record(record(i))
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if calls, _ := s.counts(); calls > 30 {
			t.Errorf("%d attempts in a minute", calls)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := r.Flush(ctx); !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, trouble{reason: "database_locked"}) {
			t.Errorf("flush: %v", err)
		}
		s.sees(nil)
		if err := r.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(s.records) != QueueSize || r.Lost() != 0 {
			t.Errorf("stored %d, lost %d", len(s.records), r.Lost())
		}
		if got := strings.Count(log.String(), "\n"); got != 2 {
			t.Errorf("want one line for the begin and one for the end, got:\n%s", log.String())
		}
		closeIt(t, r)
	})
}

func TestWhatDoesNotFitIsLostAndCounted(t *testing.T) {
	for name, test := range map[string]struct {
		err  error
		want string
	}{
		"trouble": {trouble{reason: "disk_full"}, "lost disk_full"},
		"unnamed": {errors.New("?"), "lost store_failed"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var log bytes.Buffer
				s := &sink{fail: always(test.err)}
				r := NewRecorder(s, zerolog.New(&log))
				r.Record(record(0))
				time.Sleep(time.Minute)
				synctest.Wait()
				for i := range QueueSize + 9 {
					r.Record(record(1 + i))
				}
				if r.Lost() != 10 {
					t.Errorf("lost %d, want 10", r.Lost())
				}
				time.Sleep(time.Minute)
				s.sees(nil)
				closeIt(t, r)
				if len(s.records) != QueueSize || s.tallies[test.want] != 10 {
					t.Errorf("stored %d, tallied %v", len(s.records), s.tallies)
				}
				if got := strings.Count(log.String(), "\n"); got != 3 {
					t.Errorf("want one line each for the trouble, the first loss and the end, got:\n%s", log.String())
				}
			})
		})
	}
}

func TestASlowSinkLosesAsQueueFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		s := &sink{fail: func([]usage.Record) error { <-gate; return nil }}
		r := NewRecorder(s, zerolog.Nop())
		for i := range QueueSize + 5 {
			r.Record(record(i))
		}
		close(gate)
		closeIt(t, r)
		if len(s.records) != QueueSize || s.tallies["lost queue_full"] != 5 || r.Lost() != 5 {
			t.Errorf("stored %d, tallied %v, lost %d", len(s.records), s.tallies, r.Lost())
		}
	})
}

func TestARejectedRecordDoesNotHoldUpTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &sink{fail: func(records []usage.Record) error {
			for _, r := range records {
				if r.ID == "7" || r.ID == "300" {
					return trouble{"record_rejected", true}
				}
			}
			return nil
		}}
		r := NewRecorder(s, zerolog.Nop())
		for i := range 400 {
			r.Record(record(i))
		}
		r.Tally(usage.Tally{Outcome: usage.Tunnelled, Reason: "x", Count: 3})
		if err := r.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(s.records) != 398 || s.tallies["lost record_rejected"] != 2 || s.tallies["tunnelled x"] != 3 || r.Lost() != 2 {
			t.Errorf("stored %d, tallied %v, lost %d", len(s.records), s.tallies, r.Lost())
		}
		closeIt(t, r)
	})
}

func TestAPanickingSinkEndsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &sink{fail: func([]usage.Record) error { panic("secret") }}
		var log bytes.Buffer
		r := NewRecorder(s, zerolog.New(&log))
		r.Record(record(0))
		time.Sleep(time.Second)
		s.sees(nil)
		closeIt(t, r)
		if len(s.records) != 1 || strings.Contains(log.String(), "secret") {
			t.Errorf("stored %d; log: %s", len(s.records), log.String())
		}
	})
}

func TestCloseGivesUpWhenToldTo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &sink{fail: always(trouble{reason: "database_locked"})}
		r := NewRecorder(s, zerolog.Nop())
		for i := range 3 {
			r.Record(record(i))
		}
		r.Tally(usage.Tally{Outcome: usage.Tunnelled, Count: 1})
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		err := r.Close(ctx)
		if err == nil || !strings.Contains(err.Error(), "3 records and 1 tallies are not stored: trouble: database_locked") {
			t.Errorf("close: %v", err)
		}
		r.Record(record(4))
		if r.Lost() != 4 {
			t.Errorf("lost %d, want 4", r.Lost())
		}
		closeIt(t, r)
	})
}

func TestTalliesStayBoundedAndExact(t *testing.T) {
	var m tallies
	for i := range 3 * maxTallies {
		m.add(usage.Tally{At: time.Unix(int64(i%3600), 0), Outcome: usage.Tunnelled, Host: fmt.Sprint(i), Count: 1, RequestBytes: 2, ResponseBytes: 3})
	}
	var sum usage.Tally
	for _, x := range m.list() {
		sum.Count, sum.RequestBytes, sum.ResponseBytes = sum.Count+x.Count, sum.RequestBytes+x.RequestBytes, sum.ResponseBytes+x.ResponseBytes
	}
	if len(m) != maxTallies+1 || sum.Count != 3*maxTallies || sum.RequestBytes != 6*maxTallies || sum.ResponseBytes != 9*maxTallies {
		t.Errorf("%d kinds, %+v", len(m), sum)
	}
}

func TestManyGoroutines(t *testing.T) {
	s := &sink{}
	r := NewRecorder(s, zerolog.Nop())
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			for i := range 200 {
				r.Record(record(i))
				r.Tally(usage.Tally{Outcome: usage.NotBillable, Reason: "poll", Count: 1})
				if i%50 == 0 {
					if err := r.Flush(t.Context()); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	all.Wait()
	closeIt(t, r)
	if int64(len(s.records))+r.Lost() != 3200 || s.tallies["not_billable poll"] != 3200 || s.tallies["lost queue_full"] != r.Lost() {
		t.Errorf("stored %d, lost %d, tallied %v", len(s.records), r.Lost(), s.tallies)
	}
}
