package sqlite

import (
	"errors"
	"fmt"

	"github.com/mattn/go-sqlite3"
)

// Error is what SQLite answered, or that a file was moved, with the file it
// speaks of.
type Error struct {
	Doing  string // a verb phrase
	Path   string
	Result error
}

func (e *Error) Error() string { return fmt.Sprintf("%s %s: %v", e.Doing, e.Path, e.Result) }
func (e *Error) Unwrap() error { return e.Result }

// Reason is a fixed word for what is wrong.
func (e *Error) Reason() string {
	if errors.Is(e.Result, errMoved) {
		return "database_moved"
	}
	if t, ok := troubles[codeOf(e.Result)]; ok {
		return t.reason
	}
	return "database_error"
}

// IsPermanent reports whether the same batch can never be stored: it, not the
// database, is at fault.
func (e *Error) IsPermanent() bool { return troubles[codeOf(e.Result)].isPermanent }

type trouble struct {
	reason      string
	isPermanent bool
}

// troubles are SQLite's primary result codes.
var troubles = map[sqlite3.ErrNo]trouble{
	sqlite3.ErrBusy:       {reason: "database_locked"},
	sqlite3.ErrLocked:     {reason: "database_locked"},
	sqlite3.ErrProtocol:   {reason: "database_locked"},
	sqlite3.ErrFull:       {reason: "disk_full"},
	sqlite3.ErrIoErr:      {reason: "disk_error"},
	sqlite3.ErrCantOpen:   {reason: "disk_error"},
	sqlite3.ErrReadonly:   {reason: "database_read_only"},
	sqlite3.ErrPerm:       {reason: "database_read_only"},
	sqlite3.ErrCorrupt:    {reason: "database_damaged"},
	sqlite3.ErrNotADB:     {reason: "database_damaged"},
	sqlite3.ErrConstraint: {reason: "record_rejected", isPermanent: true},
	sqlite3.ErrMismatch:   {reason: "record_rejected", isPermanent: true},
	sqlite3.ErrTooBig:     {reason: "record_rejected", isPermanent: true},
	sqlite3.ErrRange:      {reason: "record_rejected", isPermanent: true},
}

// codeOf is 0 where err is not SQLite's.
func codeOf(err error) sqlite3.ErrNo {
	if e, ok := errors.AsType[sqlite3.Error](err); ok {
		return e.Code
	}
	return 0
}
