//go:build e2e

package e2e

import (
	"bufio"
	"context"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"syscall"
)

var address = regexp.MustCompile(`address=(\S+)`)

// serve starts `wiremeter serve` and returns its address, and how to stop it:
// it must end well, with all its records stored.
func (s *stage) serve() (addr string, stop func()) {
	s.Helper()
	args := append([]string{"serve", "--home", s.house, "--listen", "127.0.0.1:0"}, s.upstream()...)
	c := exec.CommandContext(context.Background(), wiremeter, args...) // it outlives the test by its own end
	errs, err := c.StderrPipe()
	if err != nil {
		s.Fatal(err)
	}
	if err := c.Start(); err != nil {
		s.Fatal(err)
	}
	stop = sync.OnceFunc(func() {
		_ = c.Process.Signal(syscall.SIGTERM) // has it ended by itself, Wait says why
		if err := c.Wait(); err != nil {
			s.Errorf("wiremeter serve: %v", err)
		}
	})
	s.Cleanup(stop)
	lines := bufio.NewScanner(errs)
	for lines.Scan() {
		if m := address.FindStringSubmatch(lines.Text()); m != nil {
			go func() {
				for lines.Scan() { // so that it never waits to write
				}
			}()
			return m[1], stop
		}
	}
	s.Fatal("wiremeter serve did not say its address")
	return "", nil
}

// files reads every file of wiremeter's.
func (s *stage) files() map[string]string {
	s.Helper()
	all := make(map[string]string)
	err := filepath.WalkDir(s.house, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		all[path] = string(text)
		return err
	})
	if err != nil {
		s.Fatal(err)
	}
	return all
}
