package certs

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAnchors(t *testing.T) {
	a := openTemp(t)
	f := anchors{dir: t.TempDir(), suffix: ".crt", update: "true"}
	if err := f.install(a); err != nil {
		t.Fatal(err)
	}
	if base := filepath.Base(f.file(a)); !strings.HasPrefix(base, "wiremeter-") || !strings.HasSuffix(base, ".crt") {
		t.Errorf("file %s", base)
	}
	if text := must(os.ReadFile(f.file(a)))(t); string(text) != string(a.RootPEM()) {
		t.Error("another certificate was installed")
	}
	if mode := must(os.Stat(f.file(a)))(t).Mode().Perm(); mode != 0o644 {
		t.Errorf("mode %o: others could not read it", mode)
	}
	if err := f.remove(a); err != nil {
		t.Fatal(err)
	}
	if err := f.remove(a); err == nil || !strings.Contains(err.Error(), f.file(a)) {
		t.Errorf("removed twice: %v", err)
	}
	f.update = "false"
	if err := f.install(a); err == nil || !strings.Contains(err.Error(), "false: exit status 1") {
		t.Errorf("a failing command: %v", err)
	}
}

func TestNothingIsInstalled(t *testing.T) {
	a := openTemp(t)
	if is, err := IsInstalled(a); is || err != nil {
		t.Errorf("IsInstalled = %v, %v", is, err)
	}
	if err := Remove(a); err != nil {
		t.Errorf("removing what is not there: %v", err)
	}
}
