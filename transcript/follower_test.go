package transcript

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/wiremeter/wiremeter/usage"
)

func TestFollowing(t *testing.T) {
	w := newWorld(t)
	f := w.follower()
	w.catchUp(f) // before there is a database
	w.requireLines()
	w.store("b", "a") // in the order of storing
	w.catchUp(f)
	w.catchUp(f)
	w.requireLines("b", "a")
	w.store("c")
	w.catchUp(f)
	w.requireLines("b", "a", "c")
	shut(t, f)
	w.store("d")
	w.once()
	w.once()
	w.requireLines("b", "a", "c", "d")
}

// TestACrash between the lines and the note of how far they came, and one that
// lost the note.
func TestACrash(t *testing.T) {
	w := newWorld(t)
	w.store("a", "b", "c")
	w.once()
	for _, note := range []string{"a\n", "", "torn\n"} {
		if err := os.WriteFile(filepath.Join(w.dir, keeper), []byte(note), 0o600); err != nil {
			t.Fatal(err)
		}
		w.once()
		w.requireLines("a", "b", "c")
	}
}

// TestAFileThatWasMovedAway is not written again, nor is one that was deleted.
func TestAFileThatWasMovedAway(t *testing.T) {
	w := newWorld(t)
	w.store("a")
	f := w.follower()
	w.catchUp(f)
	if err := os.Rename(w.file(), w.file()+".1"); err != nil {
		t.Fatal(err)
	}
	w.catchUp(f)
	w.requireLines()
	w.store("b")
	w.catchUp(f)
	w.requireLines("b")
	if err := os.Remove(w.file()); err != nil {
		t.Fatal(err)
	}
	shut(t, f)
	w.store("c")
	w.once()
	w.requireLines("c")
}

// TestTheFolderThatWasDeleted is made anew, with everything.
func TestTheFolderThatWasDeleted(t *testing.T) {
	w := newWorld(t)
	w.store("a", "b")
	f := w.follower()
	defer shut(t, f)
	w.catchUp(f)
	if err := os.RemoveAll(w.dir); err != nil {
		t.Fatal(err)
	}
	w.catchUp(f)
	w.requireLines("a", "b")
	w.store("c")
	w.catchUp(f)
	w.requireLines("a", "b", "c")
}

// TestTheDatabaseThatWasMovedAway is read to its end, and the next from its
// beginning.
func TestTheDatabaseThatWasMovedAway(t *testing.T) {
	w := newWorld(t)
	w.store("a")
	f := w.follower()
	defer shut(t, f)
	w.catchUp(f)
	w.store("b")
	if err := os.Rename(w.database, w.database+".old"); err != nil {
		t.Fatal(err)
	}
	w.store("c", "d")
	w.catchUp(f)
	w.requireLines("a", "b", "c", "d")
}

// TestManyRecords: more than one batch.
func TestManyRecords(t *testing.T) {
	w := newWorld(t)
	ids := make([]string, 2*batchSize+1)
	for i := range ids {
		ids[i] = "x" + string(rune('a'+i%26)) + string(rune('a'+i/26%26)) + string(rune('a'+i/676))
	}
	w.store(ids...)
	w.once()
	w.requireLines(ids...)
}

// TestTroubleIsToldOnce, and its end, after which nothing is missing.
func TestTroubleIsToldOnce(t *testing.T) {
	w := newWorld(t)
	w.store("a")
	f := w.follower()
	defer shut(t, f)
	block := filepath.Dir(w.file())
	if err := os.WriteFile(block, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var told []bool
	f.Run(ctx, func(err error) {
		told = append(told, err != nil)
		if err == nil {
			stop()
		} else if err := os.Remove(block); err != nil {
			t.Error(err)
		}
	})
	if len(told) != 2 || !told[0] || told[1] {
		t.Errorf("told of trouble: %v", told)
	}
	w.requireLines("a")
}

// hook is what an agent's hook has told of the turn at the end of which it was
// called, and turn what was seen of it.
func hook(id, turn string) usage.Record {
	return with(record(id), func(r *usage.Record) {
		r.Front, r.TurnID, r.Tokens.Output = usage.FromHook, turn, n(77) // others than were seen: else they would be the same turn's
	})
}

func turn(id, turn string) usage.Record {
	return with(record(id), func(r *usage.Record) { r.TurnID = turn })
}

// TestWhatMayGiveWayIsHeld: of a turn that a hook has told of and that was then
// seen there is one line, and what comes behind does not wait.
func TestWhatMayGiveWayIsHeld(t *testing.T) {
	w := newWorld(t)
	now := when(0)
	f := w.follower()
	f.now = func() time.Time { return now }
	w.store("a")
	w.put(hook("h1", "t1"), hook("h2", "t2"))
	w.store("b")
	w.catchUp(f)
	w.requireLines("a", "b")
	w.put(turn("s1", "t1")) // in place of h1
	w.catchUp(f)
	w.requireLines("a", "b", "s1")
	shut(t, f)
	f = w.follower() // after a restart, too
	f.now = func() time.Time { return now }
	w.catchUp(f)
	w.requireLines("a", "b", "s1")
	now = now.Add(settling + time.Second)
	w.catchUp(f)
	w.catchUp(f)
	w.requireLines("a", "b", "s1", "h2")
	w.store("c")
	w.catchUp(f)
	if last, err := f.folder.Last(); err != nil || last != "c" {
		t.Errorf("it came to %q, %v", last, err)
	}
	shut(t, f)
	w.once()
	w.requireLines("a", "b", "s1", "h2", "c")
}

// TestATurnThatWasCut, and of which a hook then tells the whole, has one line.
func TestATurnThatWasCut(t *testing.T) {
	w := newWorld(t)
	f := w.follower()
	defer shut(t, f)
	f.now = func() time.Time { return when(0) }
	w.put(with(turn("cut", "t1"), func(r *usage.Record) {
		r.Outcome, r.Rule, r.Tokens = usage.Interrupted, usage.LowerBound, usage.Tokens{Output: n(3)}
	}))
	w.catchUp(f)
	w.requireLines()
	w.put(with(hook("h", "t1"), func(r *usage.Record) { r.Outcome = usage.Interrupted }))
	w.catchUp(f)
	f.now = func() time.Time { return when(1) }
	w.catchUp(f)
	w.requireLines("h")
}

// TestWhatIsHeldOfADatabaseThatWasMovedAway cannot give way any more.
func TestWhatIsHeldOfADatabaseThatWasMovedAway(t *testing.T) {
	w := newWorld(t)
	f := w.follower()
	defer shut(t, f)
	f.now = func() time.Time { return when(0) }
	w.put(record("a"), hook("h", "t1"))
	w.catchUp(f)
	w.requireLines("a")
	if err := os.Rename(w.database, w.database+".old"); err != nil {
		t.Fatal(err)
	}
	w.store("b")
	w.catchUp(f)
	w.requireLines("a", "h", "b")
}
