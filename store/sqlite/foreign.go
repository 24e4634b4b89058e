package sqlite

import (
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// OpenForeign opens the SQLite file of another program for reading, which may be
// writing to it at the same time. It makes no file: one without a log beside it
// is read as it stands.
func OpenForeign(path string) (*sql.DB, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("open database %s: %w", path, err)
	}
	options := "mode=ro"
	if log, err := os.Stat(path + "-wal"); errors.Is(err, fs.ErrNotExist) || err == nil && log.Size() == 0 {
		options += "&immutable=1"
	}
	return connect(path, options, 1)
}
