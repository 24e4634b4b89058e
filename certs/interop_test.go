//go:build interop

package certs

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// installed installs what interop/package.json pins.
var installed = sync.OnceValue(func() error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, "npm", "ci", "--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error")
	c.Dir = "interop"
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("npm ci in certs/interop: %w\n%s", err, out)
	}
	return nil
})

// fromNPM returns the program that the pattern matches.
func fromNPM(t *testing.T, pattern string) string {
	t.Helper()
	if err := installed(); err != nil {
		t.Fatal(err)
	}
	found, err := filepath.Glob(filepath.Join("interop", "node_modules", filepath.FromSlash(pattern)))
	if err != nil || len(found) == 0 {
		t.Fatalf("npm has installed nothing that matches %s (%v)", pattern, err)
	}
	path, err := filepath.Abs(found[0])
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func TestCurlIsBound(t *testing.T) {
	proveClient(t, func(t *testing.T, s *stage) string {
		return s.program(t, "", nil, "curl", "-sSv", "--cacert", s.rootFile, "--capath", t.TempDir(),
			"--connect-to", "::"+s.addr, s.url())
	})
}

// TestPythonIsBound asks for what is Python's default from 3.13 on: the strict
// reading of RFC 5280.
func TestPythonIsBound(t *testing.T) {
	const script = `
import socket, ssl, sys
host, port, ca = sys.argv[1:]
context = ssl.create_default_context(cafile=ca)
context.verify_flags |= ssl.VERIFY_X509_STRICT
with context.wrap_socket(socket.create_connection(("127.0.0.1", port)), server_hostname=host) as c:
    c.sendall(b"GET / HTTP/1.1\r\nHost: " + host.encode() + b"\r\n\r\n")
    print(c.recv(100))`
	proveClient(t, func(t *testing.T, s *stage) string {
		return s.program(t, "", nil, "python3", "-c", script, s.host, s.port(), s.rootFile)
	})
}

func TestBunIsBound(t *testing.T) {
	bun := fromNPM(t, "@oven/bun-*/bin/bun") // not .bin/bun, which an install script puts in place
	proveClient(t, func(t *testing.T, s *stage) string {
		env := []string{"NODE_EXTRA_CA_CERTS=" + s.rootFile, "HTTPS_PROXY=" + detour(t, s)}
		return s.program(t, "", env, bun, "-e", `console.log((await fetch(process.argv[1])).status)`, s.url())
	})
}

// TestRustlsIsBound lets Codex ask for a model, as it does at work. Whatever
// else it asks for ends on the stage too.
func TestRustlsIsBound(t *testing.T) {
	codex := fromNPM(t, "@openai/codex-*/vendor/*/bin/codex") // not .bin/codex: ending that leaves its child behind
	proveClient(t, func(t *testing.T, s *stage) string {
		home := t.TempDir()
		proxy := detour(t, s)
		env := []string{
			"CODEX_HOME=" + home, "CODEX_CA_CERTIFICATE=" + s.rootFile, "STAGE_KEY=none",
			"HTTPS_PROXY=" + proxy, "HTTP_PROXY=" + proxy, "ALL_PROXY=" + proxy,
		}
		work := filepath.Join(home, "work")
		if err := os.Mkdir(work, 0o700); err != nil {
			t.Fatal(err)
		}
		return s.program(t, "", env, codex, "exec", "--skip-git-repo-check", "--sandbox", "read-only", "-C", work,
			"-c", `model_provider="stage"`,
			"-c", `model_providers.stage={name="stage", base_url="`+s.url()+`v1", env_key="STAGE_KEY", wire_api="responses", request_max_retries=0, stream_max_retries=0}`,
			"-m", "none", "say nothing")
	})
}
