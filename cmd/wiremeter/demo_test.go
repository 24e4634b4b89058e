package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/wiremeter/wiremeter/scripted"
)

// TestDemoFolders: a demo removes the folders of those before it, but none that
// is in use or may soon be.
func TestDemoFolders(t *testing.T) {
	dir := t.TempDir()
	for name, age := range map[string]time.Duration{"old": time.Hour, "living": time.Hour, "new": 0} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
		if name == "living" {
			announceForTest(t, &house{dir: filepath.Join(dir, name)})
		}
		at := time.Now().Add(-age)
		if err := os.Chtimes(filepath.Join(dir, name), at, at); err != nil {
			t.Fatal(err)
		}
	}
	own, err := openStage(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var left []string
	for _, e := range entries {
		left = append(left, e.Name())
	}
	want := []string{filepath.Base(own.dir), "living", "new"}
	slices.Sort(want)
	if !slices.Equal(left, want) {
		t.Errorf("the folders are %v, want %v", left, want)
	}
}

func announceForTest(t *testing.T, h *house) {
	t.Helper()
	provider, err := scripted.Open(scripted.Options{})
	if err != nil {
		t.Fatal(err)
	}
	m, stop := startForTest(t, h, provider)
	retract, _, err := h.announce(t.Context(), m.addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := retract(); err != nil {
			t.Error(err)
		}
		stop()
		shut(t, provider)
	})
}

func TestProgramName(t *testing.T) {
	for executable, want := range map[string]string{
		"/home/x/go/bin/wiremeter":                      "wiremeter",
		"/tmp/go-build1234/b001/exe/wiremeter":          "go run ./cmd/wiremeter",
		"/home/x/.cache/go-build/ab/abcdef-d/wiremeter": "go run ./cmd/wiremeter",
		"": "wiremeter",
	} {
		if got := programName(executable); got != want {
			t.Errorf("%s: got %q, want %q", executable, got, want)
		}
	}
}
