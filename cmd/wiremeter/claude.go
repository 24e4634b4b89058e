package main

import (
	"context"
	"encoding/json"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/net/http/httpproxy"
)

const claudeHost = "api.anthropic.com"

// claudeSetting is a variable that one of Claude Code's settings files sets.
type claudeSetting struct{ file, value string }

// pastUs tells which variables in Claude Code's settings would lead it past the
// proxy of a run, as "FILE sets NAME". They win over the environment; so seen
// with Claude Code 2.1.330, which heeds neither the proxy variables in capitals
// nor those of certificates there.
func (h *house) pastUs(ctx context.Context) []string {
	var found []string
	for name, s := range readClaudeSettings() {
		if s.value != "" && h.leadsPast(ctx, name, s.value) {
			found = append(found, s.file+" sets "+name)
		}
	}
	slices.Sort(found)
	return found
}

func (h *house) leadsPast(ctx context.Context, name, value string) bool {
	switch name {
	case "https_proxy":
		return !h.isOwn(ctx, proxyHost(value))
	case "no_proxy":
		c := httpproxy.Config{HTTPSProxy: "http://proxy.invalid", NoProxy: value}
		via, err := c.ProxyFunc()(&url.URL{Scheme: "https", Host: claudeHost})
		return err == nil && via == nil
	case "ANTHROPIC_BASE_URL":
		u, err := url.Parse(value)
		if err != nil || u.Scheme == "https" && h.known().IsProvider(u.Hostname()) {
			return false
		}
		return !h.isOwn(ctx, net.JoinHostPort(u.Hostname(), u.Port()))
	}
	return false
}

// readClaudeSettings returns the variables by name, each as the file sets it
// that wins. What cannot be read is not there.
func readClaudeSettings() map[string]claudeSetting {
	user := os.Getenv("CLAUDE_CONFIG_DIR")
	if user == "" {
		home, _ := os.UserHomeDir() // none: a file that is not there
		user = filepath.Join(home, ".claude")
	}
	all := make(map[string]claudeSetting)
	for _, file := range []string{
		filepath.Join(user, "settings.json"),
		filepath.Join(".claude", "settings.json"),
		filepath.Join(".claude", "settings.local.json"),
	} {
		var settings struct{ Env map[string]any }
		text, err := os.ReadFile(file)
		if err != nil || json.Unmarshal(text, &settings) != nil {
			continue
		}
		for name, value := range settings.Env {
			if s, ok := value.(string); ok {
				all[name] = claudeSetting{file, s}
			}
		}
	}
	return all
}

// isClaude reports whether the command is Claude Code.
func isClaude(command string) bool {
	return strings.TrimSuffix(filepath.Base(command), ".exe") == "claude"
}
