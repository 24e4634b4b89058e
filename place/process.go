package place

import (
	"net/netip"
	"path/filepath"
	"strings"
)

// Process is a program that runs on this machine. Empty means unknown.
type Process struct {
	Program string // the base name of its executable, or of the script that it runs
	Dir     string
	User    string
}

// IsHere reports whether the other end of a connection is on this machine: its
// address is a loopback's, or the same as this end's.
func IsHere(agent, front netip.AddrPort) bool {
	return agent.IsValid() && (agent.Addr().IsLoopback() || agent.Addr() == front.Addr())
}

// interpreters run what their first argument names.
var interpreters = map[string]bool{"node": true, "nodejs": true, "bun": true, "deno": true, "python": true, "python3": true}

// programOf is the name by which a user would call it.
func programOf(executable string, args []string) string {
	name := bare(executable)
	if !interpreters[name] || len(args) < 2 {
		return name
	}
	for _, arg := range args[1:] {
		if !strings.HasPrefix(arg, "-") {
			return bare(arg)
		}
	}
	return name
}

func bare(path string) string {
	name := filepath.Base(path)
	return strings.TrimSuffix(name, filepath.Ext(name))
}
