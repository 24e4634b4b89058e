package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"github.com/wiremeter/wiremeter/usage"
)

// Store keeps all of the batch or, with an error, nothing of it. A record whose
// ID is kept already was stored before and is passed over. A record with
// IsFetch whose response was metered already becomes a tally. One that a hook
// told is passed over, or later superseded, if the same turn was seen. Tallies are
// added to what their hour holds; their At must be set.
func (d *DB) Store(ctx context.Context, records []usage.Record, tallies []usage.Tally) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.follow(ctx); err != nil {
		return err
	}
	return wrap("write to", d.path, d.store(ctx, records, tallies))
}

func (d *DB) store(ctx context.Context, records []usage.Record, tallies []usage.Tally) (err error) {
	tx, err := d.sql.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rollback(tx)) }()
	b, err := newBatch(ctx, tx)
	if err != nil {
		return err
	}
	for i := range records {
		if err := cmp.Or(ctx.Err(), b.record(&records[i])); err != nil {
			return err
		}
	}
	for i := range tallies {
		if err := b.tally(&tallies[i]); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// batch is one transaction under way.
type batch struct {
	ctx                      context.Context
	insert, isMetered, addUp *sql.Stmt
	hooks, turns, supersede  *sql.Stmt
}

var (
	insertSQL = "INSERT INTO exchanges (" + columnNames() + ") VALUES (?" + strings.Repeat(", ?", len(columns)-1) + ") ON CONFLICT (id) DO NOTHING"

	isMeteredSQL = "SELECT EXISTS (SELECT 1 FROM exchanges WHERE response_id = ? AND provider IS ? AND outcome = 'metered')"

	supersedeSQL = "DELETE FROM exchanges WHERE id = ?"

	addUpSQL = `INSERT INTO tallies (hour, outcome, provider, host, reason, run, count, request_bytes, response_bytes)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (hour, outcome, provider, host, reason, run) DO UPDATE SET
    count = count + excluded.count,
    request_bytes = request_bytes + excluded.request_bytes,
    response_bytes = response_bytes + excluded.response_bytes`
)

func columnNames() string {
	var names []string
	for _, c := range columns {
		names = append(names, c.name)
	}
	return strings.Join(names, ", ")
}

// newBatch's statements end with the transaction.
func newBatch(ctx context.Context, tx *sql.Tx) (b batch, err error) {
	b.ctx = context.WithoutCancel(ctx) // the driver starts a goroutine for each statement that can be cancelled
	for text, stmt := range map[string]**sql.Stmt{
		insertSQL: &b.insert, isMeteredSQL: &b.isMetered, addUpSQL: &b.addUp, hooksSQL: &b.hooks, turnsSQL: &b.turns, supersedeSQL: &b.supersede,
	} {
		if *stmt, err = tx.PrepareContext(ctx, text); err != nil { //nolint:sqlclosecheck // the transaction closes them
			return b, err
		}
	}
	return b, nil
}

func (b batch) record(r *usage.Record) error {
	if r.IsFetch && r.Response.ID != "" {
		var isMetered bool
		if err := b.isMetered.QueryRowContext(b.ctx, r.Response.ID, word[string]{&r.Provider}).Scan(&isMetered); err != nil {
			return err
		}
		if isMetered {
			return b.tally(shownAgain(r))
		}
	}
	if r.Front == usage.FromHook {
		return b.hook(r)
	}
	return b.seen(r)
}

// add adds a row, unless it was stored before.
func (b batch) add(r *usage.Record) error {
	values := make([]any, len(columns))
	for i, c := range columns {
		values[i] = c.of(r)
	}
	_, err := b.insert.ExecContext(b.ctx, values...)
	return err
}

func shownAgain(r *usage.Record) *usage.Tally {
	return &usage.Tally{
		At: r.StartedAt, Outcome: usage.NotBillable, Provider: r.Provider, Host: r.Host, Reason: "already_counted",
		Run: r.Run, Count: 1, RequestBytes: r.RequestBytes, ResponseBytes: r.ResponseBytes,
	}
}

func (b batch) tally(t *usage.Tally) error {
	_, err := b.addUp.ExecContext(b.ctx, t.At.Truncate(time.Hour).UnixMilli(),
		string(t.Outcome), t.Provider, t.Host, t.Reason, t.Run, t.Count, t.RequestBytes, t.ResponseBytes)
	return err
}
