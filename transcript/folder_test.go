package transcript

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/wiremeter/wiremeter/usage"
)

func TestARecordIsWrittenOnce(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "projects")
	f := openFolder(t, dir)
	other := with(record("c"), func(r *usage.Record) { r.SessionID = "s2" })
	add(t, f, append(records("a", "b", "a"), other)...)
	add(t, f, records("b", "d")...)
	shut(t, f)
	f = openFolder(t, dir)
	defer shut(t, f)
	add(t, f, append(records("d", "e"), other)...)
	check(t, "the lines", uuids(t, dir), session+": a b d e\n-src-my-app/s2.jsonl: c")
}

// TestALineThatWasCut stays, and is written again.
func TestALineThatWasCut(t *testing.T) {
	dir := t.TempDir()
	f := openFolder(t, dir)
	add(t, f, records("a", "b")...)
	shut(t, f)
	path := filepath.Join(dir, session)
	text, err := os.ReadFile(path)
	if err == nil {
		err = os.Truncate(path, int64(len(text)-20))
	}
	if err != nil {
		t.Fatal(err)
	}
	f = openFolder(t, dir)
	defer shut(t, f)
	add(t, f, records("a", "b", "c")...)
	check(t, "the lines", uuids(t, dir), session+": a broken b c")
	if now, err := os.ReadFile(path); err != nil || !strings.HasPrefix(string(now), string(text[:len(text)-20])) {
		t.Errorf("what was written was changed: %v", err)
	}
}

func TestAFolderIsOneProcesss(t *testing.T) {
	dir := t.TempDir()
	f := openFolder(t, dir)
	if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), dir+": another wiremeter writes to it") {
		t.Errorf("got %v", err)
	}
	shut(t, f)
	shut(t, openFolder(t, dir))
}

// TestOthersDoNotReadTheFiles: they say who works where.
func TestOthersDoNotReadTheFiles(t *testing.T) {
	if runtime.GOOS == "windows" {
		return
	}
	dir := filepath.Join(t.TempDir(), "projects")
	f := openFolder(t, dir)
	defer shut(t, f)
	add(t, f, record("a"))
	for path, want := range map[string]os.FileMode{dir: 0o700, filepath.Join(dir, session): 0o600, filepath.Join(dir, keeper): 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s is %v, %v", path, info.Mode(), err)
		}
	}
}

// TestMemoryIsBounded: what is not remembered is looked up again.
func TestMemoryIsBounded(t *testing.T) {
	dir := t.TempDir()
	f := openFolder(t, dir)
	defer shut(t, f)
	add(t, f, records("a", "b")...)
	f.size = maxKnown + 1
	add(t, f, with(record("c"), func(r *usage.Record) { r.SessionID = "s2" }))
	if len(f.known) != 1 || f.size != 1 {
		t.Errorf("%d files and %d lines are remembered", len(f.known), f.size)
	}
	add(t, f, records("b", "d")...)
	check(t, "the lines", uuids(t, dir), session+": a b d\n-src-my-app/s2.jsonl: c")
}

// TestForeignLinesAreNoneOfOurs, however long.
func TestForeignLinesAreNoneOfOurs(t *testing.T) {
	var got []string
	long := strings.Repeat("x", 3*maxLine)
	text := "{\"uuid\":\"a\"}\n\nnonsense\n{\"uuid\":\"" + long + "\"}\n{\"uuid\":7}\n[]\n{\"uuid\":\"b\"}\n" + long + "\n{\"uuid\":\"c\"}\n{\"uuid\":\"cut\"}"
	if err := eachLine(strings.NewReader(text), func(uuid string) { got = append(got, uuid) }); err != nil {
		t.Fatal(err)
	}
	check(t, "the uuids", strings.Join(got, " "), "a b c")
}

func TestAFolderThatCannotBeWritten(t *testing.T) {
	dir := t.TempDir()
	f := openFolder(t, dir)
	defer shut(t, f)
	if err := os.WriteFile(filepath.Join(dir, "-src-my-app"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := f.Add(records("a")); err == nil || !strings.Contains(err.Error(), "write transcript: ") {
		t.Errorf("got %v", err)
	}
	if err := os.Remove(filepath.Join(dir, "-src-my-app")); err != nil {
		t.Fatal(err)
	}
	add(t, f, record("a"))
	check(t, "the lines", uuids(t, dir), session+": a")
}
