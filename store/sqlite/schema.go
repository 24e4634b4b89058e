package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/mattn/go-sqlite3"
)

//go:embed migrations/*.sql
var migrations embed.FS

// schemas are the migrations in order; the first leads to version 1. A folder
// whose numbers have a hole does not build into a program that starts.
var schemas = func() (all []string) {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		panic(err)
	}
	for i, name := range names { // in lexical order
		var n int
		if _, err := fmt.Sscanf(name, "migrations/%04d_", &n); err != nil || n != i+1 {
			panic(fmt.Sprintf("%s: expected number %04d", name, i+1))
		}
		text, err := migrations.ReadFile(name)
		if err != nil {
			panic(err)
		}
		all = append(all, string(text))
	}
	return all
}()

// applicationID marks a file as wiremeter's; the first migration writes it.
const applicationID = 0x776d7472

// errForeign and newerError tell why a file is refused.
var errForeign = errors.New("it is the database of another program: expected one that wiremeter made, or a path where there is none")

type newerError struct{ is, known int }

func (e newerError) Error() string {
	return fmt.Sprintf("its schema is version %d, and this wiremeter knows versions up to %d: use the newer wiremeter that made it, or another file", e.is, e.known)
}

// identify refuses a file that this program must not touch.
func identify(ctx context.Context, db *sql.DB) error {
	_, err := schemaOf(ctx, db)
	return err
}

// schemaOf returns 0 for an empty file, and an error for one that is not for
// this program.
func schemaOf(ctx context.Context, db *sql.DB) (int, error) {
	var application, version, things int
	const question = "SELECT (SELECT application_id FROM pragma_application_id), (SELECT user_version FROM pragma_user_version), (SELECT count(*) FROM sqlite_schema)"
	if err := db.QueryRowContext(ctx, question).Scan(&application, &version, &things); err != nil {
		return 0, err
	}
	isEmpty := application == 0 && version == 0 && things == 0
	switch {
	case version > len(schemas):
		return 0, newerError{version, len(schemas)}
	case !isEmpty && application != applicationID:
		return 0, errForeign
	}
	return version, nil
}

func migrateAll(ctx context.Context, db *sql.DB) error { return migrate(ctx, db, schemas) }

// migrate applies what is missing in one transaction: of many processes that open
// the file each waits for the lock once. The version is read inside of it once
// more, since another may have been faster. Where nothing is missing none begins:
// it would wait for the lock of whoever writes.
func migrate(ctx context.Context, db *sql.DB, schemas []string) (err error) {
	const versionSQL = "PRAGMA user_version"
	var version int
	if err := db.QueryRowContext(ctx, versionSQL).Scan(&version); err != nil || version >= len(schemas) {
		return err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rollback(tx)) }()
	if err := tx.QueryRowContext(ctx, versionSQL).Scan(&version); err != nil {
		return err
	}
	for ; version < len(schemas); version++ {
		for _, text := range []string{schemas[version], fmt.Sprintf("PRAGMA user_version = %d", version+1)} {
			if _, err := tx.ExecContext(ctx, text); err != nil {
				return fmt.Errorf("bring its schema to version %d: %w", version+1, err)
			}
		}
	}
	return tx.Commit()
}

// rollback ends a transaction that was not committed. SQLite ends some itself
// when a statement fails (a full disk), which is no second failure.
func rollback(tx *sql.Tx) error {
	err := tx.Rollback()
	if e, ok := errors.AsType[sqlite3.Error](err); errors.Is(err, sql.ErrTxDone) || ok && e.Code == sqlite3.ErrError {
		return nil
	}
	return err
}

// explain adds the file and what to do to an error of opening it.
func explain(path string, err error) error {
	switch codeOf(err) {
	case sqlite3.ErrNotADB, sqlite3.ErrCorrupt:
		return fmt.Errorf("open database %s: the file is damaged or no SQLite database (%w): move it away and wiremeter starts a new one, or put a backup in its place", path, err)
	case sqlite3.ErrCantOpen, sqlite3.ErrPerm, sqlite3.ErrReadonly:
		return fmt.Errorf("open database %s: expected a file that this user can read and write, in a folder where it can make files: %w", path, err)
	case sqlite3.ErrBusy, sqlite3.ErrLocked:
		return fmt.Errorf("open database %s: another program keeps it locked: %w", path, err)
	}
	return fmt.Errorf("open database %s: %w", path, err)
}

func wrap(doing, path string, err error) error {
	if codeOf(err) != 0 {
		return &Error{Doing: doing, Path: path, Result: err}
	}
	if err != nil {
		return fmt.Errorf("%s %s: %w", doing, path, err)
	}
	return nil
}
