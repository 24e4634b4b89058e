package transcript

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/wiremeter/wiremeter/store/sqlite"
	"github.com/wiremeter/wiremeter/usage"
)

const (
	interval  = time.Second // between two looks at the database
	batchSize = 1000        // records; between them the database's log may be cut short
)

// Follower keeps a folder up to date with a database that others write to. It is
// used from one goroutine.
type Follower struct {
	folder   *Folder
	database string
	reader   *sqlite.Reader // nil: not open
	place    sqlite.Position
}

// NewFollower follows the database at this path, which need not be there yet,
// from where the folder says that it came to, else from the beginning.
func NewFollower(folder *Folder, database string) *Follower {
	return &Follower{folder: folder, database: database}
}

// Close closes the folder, too.
func (f *Follower) Close() error { return errors.Join(f.leave(), f.folder.Close()) }

// Run catches up every second until ctx is done. It tells of an error when one
// begins and, with nil, when it has ended; it tries again whatever it was.
func (f *Follower) Run(ctx context.Context, tell func(error)) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	inTrouble := false
	for {
		err := f.attempt(ctx)
		if ctx.Err() != nil {
			return
		}
		if (err != nil) != inTrouble {
			inTrouble = err != nil
			tell(err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// attempt keeps a panic from ending the program, and the traffic with it.
func (f *Follower) attempt(ctx context.Context) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("writing transcripts panicked (%T)", v) // its value may hold what must not be logged
		}
	}()
	return f.CatchUp(ctx)
}

// CatchUp writes what was stored since it last did. A database that was replaced
// is read to its end, and then the one in its place from the beginning.
func (f *Follower) CatchUp(ctx context.Context) error {
	isNew, err := f.folder.Renew()
	if isNew {
		err = errors.Join(err, f.leave())
	}
	if err != nil {
		return err
	}
	for {
		if err := f.open(ctx); errors.Is(err, fs.ErrNotExist) {
			return nil // nothing is stored yet
		} else if err != nil {
			return err
		}
		if err := f.drain(ctx); err != nil {
			return errors.Join(err, f.leave()) // from what is kept, the next time
		}
		if !f.reader.IsMoved() {
			return nil
		}
		if err := f.leave(); err != nil {
			return err
		}
	}
}

func (f *Follower) open(ctx context.Context) (err error) {
	if f.reader != nil {
		return nil
	}
	last, err := f.folder.Last()
	if err != nil {
		return err
	}
	if f.reader, err = sqlite.OpenReader(f.database); err != nil {
		return err
	}
	if f.place, err = f.reader.PlaceOf(ctx, last); err != nil {
		return errors.Join(err, f.leave())
	}
	return nil
}

func (f *Follower) leave() error {
	if f.reader == nil {
		return nil
	}
	old := f.reader
	f.reader = nil
	return old.Close()
}

// drain writes what is behind the place.
func (f *Follower) drain(ctx context.Context) error {
	for {
		records := make([]usage.Record, 0, batchSize)
		place := f.place
		for s, err := range f.reader.After(ctx, place, sqlite.Filter{}) {
			if err != nil {
				return err
			}
			records, place = append(records, s.Record), s.At
			if len(records) == batchSize {
				break
			}
		}
		if len(records) == 0 {
			return nil
		}
		if err := f.folder.Add(records); err != nil {
			return err
		}
		if err := f.folder.Keep(records[len(records)-1].ID); err != nil {
			return err
		}
		f.place = place
	}
}
