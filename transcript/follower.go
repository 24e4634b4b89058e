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

	settling = 5 * time.Minute // in which another record may take the place of one
)

// IsSettled reports whether a record stays as it is. One that an agent's hook has
// told of, and a turn that was cut, of which only the least is known, may give way
// to a better one of the same within minutes: store/sqlite's hook.go.
func IsSettled(r *usage.Record, now time.Time) bool {
	isFinal := r.Front != usage.FromHook && r.Rule != usage.LowerBound
	return isFinal || now.Sub(r.StartedAt.Add(r.Duration)) > settling
}

// Follower keeps a folder up to date with a database that others write to. It is
// used from one goroutine.
type Follower struct {
	folder   *Folder
	database string
	now      func() time.Time

	reader *sqlite.Reader // nil: not open
	place  sqlite.Position
	held   []usage.Record // until they are settled
	sure   string         // the id of the last record that stays for sure
	noted  string         // what the folder was told to keep
}

// NewFollower follows the database at this path, which need not be there yet,
// from where the folder says that it came to, else from the beginning.
func NewFollower(folder *Folder, database string) *Follower {
	return &Follower{folder: folder, database: database, now: time.Now}
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
		err := f.drain(ctx)
		isMoved := err == nil && f.reader.IsMoved()
		if err == nil {
			err = f.release(ctx, isMoved)
		}
		if err != nil || isMoved {
			err = errors.Join(err, f.leave()) // from what is noted, the next time
		}
		if err != nil || !isMoved {
			return err
		}
	}
}

func (f *Follower) open(ctx context.Context) (err error) {
	if f.reader != nil {
		return nil
	}
	if f.noted, err = f.folder.Last(); err != nil {
		return err
	}
	if f.reader, err = sqlite.OpenReader(f.database); err != nil {
		return err
	}
	f.sure = f.noted
	if f.place, err = f.reader.PlaceOf(ctx, f.noted); err != nil {
		return errors.Join(err, f.leave())
	}
	return nil
}

func (f *Follower) leave() error {
	if f.reader == nil {
		return nil
	}
	old := f.reader
	f.reader, f.held = nil, nil
	return old.Close()
}

// drain writes what is behind the place and settled, and holds the rest.
func (f *Follower) drain(ctx context.Context) error {
	for {
		var ready []usage.Record
		n, place := 0, f.place
		for s, err := range f.reader.After(ctx, place, sqlite.Filter{}) {
			if err != nil {
				return err
			}
			place = s.At
			if IsSettled(&s.Record, f.now()) {
				ready = append(ready, s.Record)
			} else {
				f.held = append(f.held, s.Record)
			}
			if staysForSure(&s.Record) && len(f.held) == 0 {
				f.sure = s.ID
			}
			if n++; n == batchSize {
				break
			}
		}
		if n == 0 {
			return nil
		}
		if err := f.add(ready); err != nil {
			return err
		}
		f.place = place
	}
}

// staysForSure: a row without counts may give way to one that has them, too.
func staysForSure(r *usage.Record) bool {
	return r.Front != usage.FromHook && r.Rule != usage.LowerBound && !r.Tokens.IsZero()
}

// release writes what was held and is settled by now, if it is still there; all of
// it where the database has no future.
func (f *Follower) release(ctx context.Context, isAll bool) error {
	var ready, held []usage.Record
	for _, r := range f.held {
		if !isAll && !IsSettled(&r, f.now()) {
			held = append(held, r)
			continue
		}
		place, err := f.reader.PlaceOf(ctx, r.ID)
		if err != nil {
			return err
		}
		if place != 0 {
			ready = append(ready, r)
		}
	}
	if len(ready) == 0 {
		f.held = held
		return nil
	}
	if err := f.add(ready); err != nil {
		return err
	}
	f.held = held
	return nil
}

func (f *Follower) add(records []usage.Record) error {
	if err := f.folder.Add(records); err != nil {
		return err
	}
	if f.sure == f.noted {
		return nil
	}
	if err := f.folder.Keep(f.sure); err != nil {
		return err
	}
	f.noted = f.sure
	return nil
}
