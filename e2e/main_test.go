//go:build e2e

// Package e2e drives real agents through the real program. Between them and
// the scripted provider nothing is a double: the rows that wiremeter exports
// must equal the provider's ledger, to the token.
package e2e

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

var (
	wiremeter string // the program
	agents    string // the folder of the agents' launchers
)

func TestMain(m *testing.M) {
	code := 1
	dir, err := os.MkdirTemp("", "wiremeter-e2e")
	if err == nil {
		if err = prepare(dir); err == nil {
			code = m.Run()
		}
		err = errors.Join(err, os.RemoveAll(dir))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		code = 1
	}
	os.Exit(code)
}

// prepare builds wiremeter and installs the pinned agents.
func prepare(dir string) error {
	wiremeter = filepath.Join(dir, "wiremeter")
	install, err := filepath.Abs("agents")
	if err != nil {
		return err
	}
	agents = filepath.Join(install, "node_modules", ".bin")
	steps := []struct {
		dir  string
		args []string
	}{
		{"..", []string{"go", "build", "-o", wiremeter, "./cmd/wiremeter"}},
		{install, []string{"npm", "ci", "--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"}},
		// The one install script that is needed: it puts Claude Code's binary in place.
		{install, []string{"node", "node_modules/@anthropic-ai/claude-code/install.cjs"}},
	}
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Minute)
	defer cancel()
	for _, s := range steps {
		c := exec.CommandContext(ctx, s.args[0], s.args[1:]...)
		c.Dir = s.dir
		if out, err := c.CombinedOutput(); err != nil {
			return fmt.Errorf("%v: %w\n%s", s.args, err, out)
		}
	}
	return nil
}
