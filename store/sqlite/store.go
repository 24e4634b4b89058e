package sqlite

import (
	"cmp"
	"context"
	"database/sql/driver"
	"errors"
	"strings"
	"time"

	"github.com/mattn/go-sqlite3"

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

func (d *DB) store(ctx context.Context, records []usage.Record, tallies []usage.Tally) error {
	conn, err := d.sql.Conn(ctx)
	if err != nil {
		return err
	}
	err = conn.Raw(func(c any) error {
		raw := c.(*sqlite3.SQLiteConn)
		return transact(ctx, raw, func() error { return batch{&connection{conn: raw}}.store(ctx, records, tallies) })
	})
	return errors.Join(err, conn.Close())
}

// transact commits what do has done, or takes all of it back.
func transact(ctx context.Context, conn *sqlite3.SQLiteConn, do func() error) error {
	tx, err := conn.BeginTx(ctx, driver.TxOptions{})
	if err != nil {
		return err
	}
	isCommitted := false
	defer func() {
		if !isCommitted {
			_ = tx.Rollback() // SQLite ends some transactions itself, and then has none to end; what failed is told
		}
	}()
	if err := cmp.Or(do(), ctx.Err()); err != nil {
		return err
	}
	err = tx.Commit()
	isCommitted = err == nil
	return err
}

// batch is one transaction under way.
type batch struct{ *connection }

func (b batch) store(ctx context.Context, records []usage.Record, tallies []usage.Tally) error {
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
	return nil
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

func (b batch) record(r *usage.Record) error {
	if r.IsFetch && r.Response.ID != "" {
		isMetered, err := b.isMetered(r)
		if err != nil {
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

// isMetered reports whether the response of this record was metered before.
func (b batch) isMetered(r *usage.Record) (isMetered bool, err error) {
	if err := b.bind(r.Response.ID, word[string]{&r.Provider}); err != nil {
		return false, err
	}
	err = b.rows(isMeteredSQL, 1, func(row []driver.Value) error {
		isMetered = row[0] != int64(0)
		return nil
	})
	return isMetered, err
}

// insert adds a row, unless it was stored before.
func (b batch) insert(r *usage.Record) error {
	b.args = b.args[:0]
	for _, c := range columns {
		if err := b.add(c.of(r)); err != nil {
			return err
		}
	}
	return b.run(insertSQL)
}

func shownAgain(r *usage.Record) *usage.Tally {
	return &usage.Tally{
		At: r.StartedAt, Outcome: usage.NotBillable, Provider: r.Provider, Host: r.Host, Reason: "already_counted",
		Run: r.Run, Count: 1, RequestBytes: r.RequestBytes, ResponseBytes: r.ResponseBytes,
	}
}

func (b batch) tally(t *usage.Tally) error {
	err := b.bind(t.At.Truncate(time.Hour).UnixMilli(),
		string(t.Outcome), t.Provider, t.Host, t.Reason, t.Run, t.Count, t.RequestBytes, t.ResponseBytes)
	if err != nil {
		return err
	}
	return b.run(addUpSQL)
}
