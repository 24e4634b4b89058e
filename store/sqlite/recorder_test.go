package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	recorder "github.com/wiremeter/wiremeter/store"
	"github.com/wiremeter/wiremeter/usage"
)

func numbered(i int) usage.Record {
	r := full()
	r.ID, r.Response.ID = fmt.Sprintf("r%06d", i), ""
	return r
}

// held opens the file a second time and holds the write lock.
func held(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := connect(path, "mode=rw", 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shut(t, db) })
	if _, err := db.ExecContext(t.Context(), "BEGIN EXCLUSIVE"); err != nil {
		t.Fatal(err)
	}
	return db
}

func total(a Answer, o usage.Outcome) (n int64, reasons []string) {
	for _, c := range a.Counts {
		if c.Outcome == o {
			n += c.Count
			reasons = append(reasons, c.Reason)
		}
	}
	return n, reasons
}

func TestALockedDatabaseLosesOnlyWhatDoesNotFit(t *testing.T) {
	d, r := open(t)
	lock := held(t, d.path)
	var log bytes.Buffer
	rec := recorder.NewRecorder(d, zerolog.New(&log))
	rec.Record(numbered(0))
	ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
	defer cancel()
	if err := rec.Flush(ctx); err == nil || !strings.Contains(err.Error(), "1 records and 0 tallies") || !strings.Contains(err.Error(), "locked") {
		t.Errorf("flush: %v", err)
	}
	for i := range recorder.QueueSize + 9 {
		rec.Record(numbered(1 + i))
	}
	if rec.Lost() != 10 {
		t.Errorf("lost %d, want 10", rec.Lost())
	}
	if _, err := lock.ExecContext(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	if err := rec.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	a := ask(t, r, Question{})
	stored, _ := total(a, usage.Metered)
	lost, reasons := total(a, usage.Lost)
	if stored != recorder.QueueSize || lost != 10 || reasons[0] != "database_locked" {
		t.Errorf("stored %d, lost %d %v\n%s", stored, lost, reasons, log.String())
	}
}

func TestAFullDiskLosesOnlyWhatDoesNotFit(t *testing.T) {
	d, r := open(t)
	var pages int
	if err := d.sql.QueryRowContext(t.Context(), "PRAGMA page_count").Scan(&pages); err != nil {
		t.Fatal(err)
	}
	limit := func(n int) {
		if _, err := d.sql.ExecContext(t.Context(), fmt.Sprintf("PRAGMA max_page_count = %d", n)); err != nil {
			t.Fatal(err)
		}
	}
	limit(pages + 4)
	err := d.Store(t.Context(), manyRecords(0, 100), nil)
	if trouble, ok := errors.AsType[*Error](err); !ok || trouble.Reason() != "disk_full" || trouble.IsPermanent() {
		t.Fatalf("got %v", err)
	}
	var log bytes.Buffer
	rec := recorder.NewRecorder(d, zerolog.New(&log))
	for i := range recorder.BatchSize {
		rec.Record(numbered(i))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	if err := rec.Flush(ctx); err == nil {
		t.Error("flushed to a full disk")
	}
	for i := range recorder.QueueSize {
		rec.Record(numbered(recorder.BatchSize + i))
	}
	limit(1 << 30)
	if err := rec.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	a := ask(t, r, Question{})
	stored, _ := total(a, usage.Metered)
	lost, reasons := total(a, usage.Lost)
	if stored != recorder.QueueSize || lost != recorder.BatchSize || reasons[0] != "disk_full" || rec.Lost() != lost {
		t.Errorf("stored %d, lost %d %v, said %d\n%s", stored, lost, reasons, rec.Lost(), log.String())
	}
}

func manyRecords(from, n int) (all []usage.Record) {
	for i := range n {
		all = append(all, numbered(from+i))
	}
	return all
}

func TestABadRecordIsLostAlone(t *testing.T) {
	d, r := open(t)
	rec := recorder.NewRecorder(d, zerolog.Nop())
	for i := range 300 {
		record := numbered(i)
		if i == 50 {
			record.ID = ""
		}
		rec.Record(record)
	}
	if err := rec.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	stored, _ := total(ask(t, r, Question{}), usage.Metered)
	lost, reasons := total(ask(t, r, Question{}), usage.Lost)
	if stored != 299 || lost != 1 || reasons[0] != "record_rejected" {
		t.Errorf("stored %d, lost %d %v", stored, lost, reasons)
	}
	if err := rec.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

func BenchmarkRecorder(b *testing.B) {
	d, _ := open(b)
	rec := recorder.NewRecorder(d, zerolog.Nop())
	i := 0
	for b.Loop() {
		rec.Record(numbered(i))
		if i++; i%(recorder.QueueSize/2) == 0 {
			if err := rec.Flush(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	}
	if err := rec.Close(context.Background()); err != nil || rec.Lost() > 0 {
		b.Fatal(err, rec.Lost())
	}
	b.ReportMetric(float64(i)/b.Elapsed().Seconds(), "rows/s")
}
