package sqlite

import (
	"context"
	"time"
)

// Session says when an agent's session was at work.
type Session struct {
	ID    string
	Began time.Time // its first request
	Ended time.Time // the end of the one that began last
}

// Sessions lists the sessions that the filter's records belong to, those that
// asked last first, at most so many; 0: all. Their times are of all records.
func (r *Reader) Sessions(ctx context.Context, f Filter, limit int) (all []Session, err error) {
	ids, err := r.lastSessions(ctx, f, limit)
	if err != nil {
		return nil, wrap("read", r.path, err)
	}
	for _, id := range ids {
		s := Session{ID: id}
		const span = `SELECT started_at, (SELECT started_at + duration_ms FROM exchanges WHERE session_id = ?1 ORDER BY started_at DESC LIMIT 1)
FROM exchanges WHERE session_id = ?1 ORDER BY started_at LIMIT 1`
		if err := r.sql.QueryRowContext(ctx, span, id).Scan(instant{&s.Began}, instant{&s.Ended}); err != nil {
			return nil, wrap("read", r.path, err)
		}
		all = append(all, s)
	}
	return all, nil
}

// lastSessions goes back in time until it has met enough of them.
func (r *Reader) lastSessions(ctx context.Context, f Filter, limit int) (ids []string, err error) {
	where, args := where(f)
	rows, err := r.sql.QueryContext(ctx, "SELECT session_id FROM exchanges WHERE session_id IS NOT NULL AND "+where+" ORDER BY started_at DESC, id DESC", args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	isKnown := make(map[string]bool)
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		if isKnown[id] {
			continue
		}
		isKnown[id] = true
		if ids = append(ids, id); len(ids) == limit {
			break
		}
	}
	return ids, rows.Err()
}
