package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"github.com/wiremeter/wiremeter/usage"
)

// Record is the one of this id; ok is false where there is none.
func (r *Reader) Record(ctx context.Context, id string) (record usage.Record, ok bool, err error) {
	places := make([]any, len(columns))
	for i, c := range columns {
		places[i] = c.of(&record)
	}
	err = r.sql.QueryRowContext(ctx, "SELECT "+columnNames()+" FROM exchanges WHERE id = ?", id).Scan(places...)
	if errors.Is(err, sql.ErrNoRows) {
		return usage.Record{}, false, nil
	}
	return record, err == nil, wrap("read a record of", r.path, err)
}
