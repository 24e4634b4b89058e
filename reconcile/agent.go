package reconcile

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Agent is one whose log can be read, or what stands in its place.
type Agent struct {
	Name string // as the user calls it

	recorded string // as its records do; where read is nil, its provider
	id       string // what its log names a call by; empty: nothing that is on the wire
	logs     func(env func(string) string, home string) []string
	holds    func(path string) bool                          // whether a file below one of logs is a part of it
	read     func(context.Context, source, func(Call)) error // nil: what the provider states is the log
}

// Agents are all of them.
var Agents = []Agent{
	{"claude", "claude-code", "message.id", claudeLogs, isJSONL, readClaude},
	{"codex", "codex", "response_id", codexLogs, isRollout, readCodex},
	{"copilot", "copilot-cli", "apiCallId", copilotLogs, isEvents, readCopilot},
	{"cursor", "cursor", "", nil, nil, nil},
	{"gemini", "gemini-cli", "", geminiLogs, isChat, readGemini},
	{"opencode", "opencode", "", opencodeLogs, isOpencode, readOpencode},
}

// AgentOf returns the agent of this name; that of its records is one too.
func AgentOf(name string) (Agent, error) {
	var names []string
	for _, a := range Agents {
		if name == a.Name || name == a.recorded {
			return a, nil
		}
		names = append(names, a.Name)
	}
	return Agent{}, fmt.Errorf("%q: expected one of %s", name, strings.Join(names, ", "))
}

// HasLogs reports whether there is a log to be found. If not, what the agent's
// provider has stated stands in its place.
func (a Agent) HasLogs() bool { return !a.isStated() }

// Logs are the folders where the agent keeps its log, by its own variables, and
// else below the user's home; those that exist.
func (a Agent) Logs(env func(string) string, home string) []string {
	if a.isStated() {
		return nil
	}
	return slices.DeleteFunc(a.logs(env, home), func(path string) bool {
		_, err := os.Stat(path)
		return err != nil
	})
}

// Places are where the log would be.
func (a Agent) Places(env func(string) string, home string) []string { return a.logs(env, home) }

// source is one file of a log.
type source struct {
	path  string
	spoil func() // counts a line that cannot be read
}

// sources calls do with each file of the log that may hold a call since then. A
// root that is a file is one, whatever its name.
func (a Agent) sources(roots []string, since time.Time, do func(path string) error) error {
	for _, root := range roots {
		err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() || path != root && !a.holds(path) {
				return err
			}
			info, err := d.Info()
			if err == nil && !isStale(info, since) {
				err = do(path)
			}
			if errors.Is(err, fs.ErrNotExist) && path != root {
				return nil // the agent has deleted it meanwhile
			}
			return err
		})
		if err != nil {
			return fmt.Errorf("read the log of %s: %w", a.Name, err)
		}
	}
	return nil
}

// isStale: what was not written to since then holds nothing of that time. A
// database is written to through its log.
func isStale(info os.FileInfo, since time.Time) bool {
	return filepath.Ext(info.Name()) != ".db" && info.ModTime().Before(since)
}

func isJSONL(path string) bool { return filepath.Ext(path) == ".jsonl" }

// below are places in the folder that a variable names, else in one of home's.
func below(named, home, folder string, places ...string) (all []string) {
	root := named
	if root == "" {
		root = filepath.Join(home, folder)
	}
	for _, p := range places {
		all = append(all, filepath.Join(root, p))
	}
	return all
}
