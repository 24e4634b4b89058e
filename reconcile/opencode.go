package reconcile

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"time"

	"github.com/wiremeter/wiremeter/store/sqlite"
	"github.com/wiremeter/wiremeter/usage"
)

func opencodeLogs(env func(string) string, home string) []string {
	return below(env("XDG_DATA_HOME"), home, filepath.Join(".local", "share"), filepath.Join("opencode", "opencode.db"))
}

func isOpencode(path string) bool { return filepath.Base(path) == "opencode.db" }

// opencodeSQL takes the steps of opencode 1.18.33, each a call, and the messages
// that have none. Content stays where it is.
const opencodeSQL = `
WITH steps AS (
    SELECT message_id, time_created AS at, data -> '$.tokens' AS tokens FROM part WHERE data ->> '$.type' = 'step-finish'
    UNION ALL
    SELECT id, time_updated, data -> '$.tokens' FROM message AS m
    WHERE data ->> '$.role' = 'assistant'
      AND NOT EXISTS (SELECT 1 FROM part WHERE message_id = m.id AND data ->> '$.type' = 'step-finish')
)
SELECT m.session_id, m.data ->> '$.modelID', at, tokens ->> '$.input', tokens ->> '$.output', tokens ->> '$.reasoning', tokens ->> '$.cache.read', tokens ->> '$.cache.write'
FROM steps JOIN message AS m ON m.id = message_id WHERE tokens IS NOT NULL ORDER BY at`

// readOpencode: the input is without what was cached, and the output without
// reasoning.
func readOpencode(ctx context.Context, s source, tell func(Call)) (err error) {
	db, err := sqlite.OpenForeign(s.path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	rows, err := db.QueryContext(ctx, opencodeSQL)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var session, model sql.NullString
		var at int64
		var input, output, reasoning, read, write sql.NullInt64
		if err := rows.Scan(&session, &model, &at, &input, &output, &reasoning, &read, &write); err != nil {
			s.spoil()
			continue
		}
		t := usage.Tokens{Input: known(input), CacheRead: known(read), CacheWriteOther: known(write), Output: add(known(output), known(reasoning)), Reasoning: known(reasoning)}
		if !isNothing(t) {
			tell(Call{SessionID: session.String, Model: model.String, At: time.UnixMilli(at), Tokens: t})
		}
	}
	return rows.Err()
}

func known(n sql.NullInt64) *int64 {
	if !n.Valid {
		return nil
	}
	return &n.Int64
}

// isNothing: a message has zeros until its call has ended.
func isNothing(t usage.Tokens) bool {
	for _, c := range counted {
		if n := c.of(t); n != nil && *n != 0 {
			return false
		}
	}
	return true
}
