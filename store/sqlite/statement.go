package sqlite

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/mattn/go-sqlite3"

	"github.com/wiremeter/wiremeter/usage"
)

const stateSQL = `INSERT INTO statements (provider, at, session_id, model, kind, input, cache_read, cache_write, output, cost)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (provider, at, session_id, model) DO UPDATE SET
    kind = excluded.kind, input = excluded.input, cache_read = excluded.cache_read, cache_write = excluded.cache_write,
    output = excluded.output, cost = excluded.cost`

// State keeps what vendors state, all of it or with an error nothing. What has
// the time, session and model of an earlier statement is the same one, as it is
// said now.
func (d *DB) State(ctx context.Context, statements []usage.Statement) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.follow(ctx); err != nil {
		return err
	}
	conn, err := d.sql.Conn(ctx)
	if err != nil {
		return wrap("write to", d.path, err)
	}
	err = conn.Raw(func(c any) error {
		raw := c.(*sqlite3.SQLiteConn)
		return transact(ctx, raw, func() error { return state(&connection{conn: raw}, statements) })
	})
	return wrap("write to", d.path, errors.Join(err, conn.Close()))
}

func state(c *connection, statements []usage.Statement) error {
	for i := range statements {
		s := &statements[i]
		err := c.bind(s.Provider, instant{&s.At}, s.SessionID, s.Model, word[string]{&s.Kind},
			count{&s.Tokens.Input}, count{&s.Tokens.CacheRead}, count{&s.Tokens.CacheWriteOther}, count{&s.Tokens.Output}, count{&s.Cost})
		if err != nil {
			return err
		}
		if err := c.run(stateSQL); err != nil {
			return err
		}
	}
	return nil
}

// Statements yields what a provider has stated of this time, oldest first; a zero
// time is no bound. An error is the last thing that it yields.
func (r *Reader) Statements(ctx context.Context, provider string, since, until time.Time) iter.Seq2[usage.Statement, error] {
	return func(yield func(usage.Statement, error) bool) {
		question, args := "SELECT provider, at, session_id, model, kind, input, cache_read, cache_write, output, cost FROM statements WHERE provider = ?", []any{provider}
		if !since.IsZero() {
			question, args = question+" AND at >= ?", append(args, ceilMilli(since))
		}
		if !until.IsZero() {
			question, args = question+" AND at < ?", append(args, ceilMilli(until))
		}
		rows, err := r.sql.QueryContext(ctx, question+" ORDER BY at, session_id, model", args...)
		if err != nil {
			yield(usage.Statement{}, wrap("read", r.path, err))
			return
		}
		defer rows.Close()
		for rows.Next() {
			var s usage.Statement
			t := &s.Tokens
			err := rows.Scan(&s.Provider, instant{&s.At}, &s.SessionID, &s.Model, word[string]{&s.Kind},
				count{&t.Input}, count{&t.CacheRead}, count{&t.CacheWriteOther}, count{&t.Output}, count{&s.Cost})
			if err != nil || !yield(s, nil) {
				if err != nil {
					yield(usage.Statement{}, wrap("read a statement of", r.path, err))
				}
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(usage.Statement{}, wrap("read", r.path, err))
		}
	}
}
