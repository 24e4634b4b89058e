//go:build e2e

package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

var exact = regexp.MustCompile(`^\d+\.\d+\.\d+(-\w+)?$`)

// TestPinned: the agents, and the programs beside them, are the same ones
// everywhere. The lock files name no registry: each machine has its own.
func TestPinned(t *testing.T) {
	for _, dir := range []string{"agents", "ccusage", "cursor", "../certs/interop"} {
		var lock struct {
			Packages map[string]struct {
				Version, Resolved, Integrity string
				Dependencies                 map[string]string
			}
		}
		read(t, filepath.Join(dir, "package-lock.json"), &lock)
		for name, version := range dependencies(t, dir) {
			if got := lock.Packages["node_modules/"+name].Version; got != version || !exact.MatchString(version) {
				t.Errorf("%s: %s is %q, locked to %q: expected the same exact version", dir, name, version, got)
			}
		}
		for path, p := range lock.Packages {
			if path != "" && (p.Resolved != "" || p.Integrity == "") {
				t.Errorf("%s: %s is resolved to %q with integrity %q: expected an integrity alone", dir, path, p.Resolved, p.Integrity)
			}
		}
	}
}

// pinned are the agents' versions by package.
func pinned(t *testing.T) map[string]string { return dependencies(t, "agents") }

func dependencies(t *testing.T, dir string) map[string]string {
	t.Helper()
	var p struct{ Dependencies map[string]string }
	read(t, filepath.Join(dir, "package.json"), &p)
	return p.Dependencies
}

func read(t *testing.T, path string, to any) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, to)
	}
	if err != nil {
		t.Fatal(err)
	}
}
