package transcript

import (
	"context"
	"os"
	"path/filepath"
	"testing"
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
