//go:build e2e

package e2e

import (
	"bufio"
	"context"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/wiremeter/wiremeter/scripted"
)

var address = regexp.MustCompile(`address=(\S+)`)

// server is a running `wiremeter serve`.
type server struct {
	addr string
	stop func() // it must end well, with all its records stored
	log  func() string
}

// serve starts `wiremeter serve`. It alone is told how to reach the provider:
// what else runs on its house reaches nothing.
func (s *stage) serve(flags ...string) *server {
	s.Helper()
	s.write(filepath.Join(s.house, "config.toml"), "upstream_proxy = 'none'\nconnect_to = ['"+nowhere+"']\n")
	args := append([]string{"serve", "--home", s.house, "--listen", "127.0.0.1:0"}, flags...)
	c := exec.CommandContext(context.Background(), wiremeter, append(args, s.upstream()...)...) // it outlives the test by its own end
	c.Env = s.env()
	errs, err := c.StderrPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		s.Fatal(err)
	}
	var log strings.Builder
	listening, ended := make(chan string, 1), make(chan struct{})
	go func() {
		defer close(ended)
		for lines := bufio.NewScanner(errs); lines.Scan(); {
			log.WriteString(lines.Text() + "\n")
			if m := address.FindStringSubmatch(lines.Text()); m != nil {
				listening <- m[1]
			}
		}
	}()
	v := &server{stop: sync.OnceFunc(func() {
		_ = c.Process.Signal(syscall.SIGTERM) // has it ended by itself, Wait says why
		<-ended
		if err := c.Wait(); err != nil {
			s.Errorf("wiremeter serve: %v\n%s", err, log.String())
		}
	})}
	v.log = func() string { v.stop(); return log.String() }
	s.Cleanup(v.stop)
	select {
	case v.addr = <-listening:
	case <-ended:
		s.Fatalf("wiremeter serve did not say its address:\n%s", v.log())
	}
	return v
}

// TestRunUsesServer: three agents at once, each in its run, share a server.
func TestRunUsesServer(t *testing.T) {
	s := newStage(t, scripted.Options{})
	s.serve()
	var runs []*exec.Cmd
	three := []agent{claude, codex, gemini}
	for _, a := range three {
		c := s.program(s.dressed(a), wiremeter, append([]string{"run", "--home", s.house, "--"}, a.command...)...)
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		runs = append(runs, c)
	}
	for _, c := range runs {
		if e := s.well(s.end(c)); !strings.Contains(e.errs, "  1 request  ") {
			t.Errorf("the summary is not of this run alone: %s", e.errs)
		}
	}
	rows, _ := s.settled() // the server has stored them before the runs ended
	seen := make(map[string]int)
	for _, r := range rows {
		seen[r.Agent]++
	}
	for _, a := range three {
		if seen[a.is] != 1 {
			t.Errorf("rows by agent are %v", seen)
		}
	}
}

// TestReverseFront: agents with a base URL, beside a running server.
func TestReverseFront(t *testing.T) {
	for _, c := range []struct {
		agent
		env, args func(addr string) []string
	}{
		{claude, func(addr string) []string { return []string{"ANTHROPIC_BASE_URL=http://" + addr + "/anthropic"} }, nil},
		{codex, nil, func(addr string) []string { return []string{"-c", `openai_base_url="http://` + addr + `/openai/v1"`} }},
		{gemini, func(addr string) []string { return []string{"GOOGLE_GEMINI_BASE_URL=http://" + addr + "/gemini"} }, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStage(t, scripted.Options{})
			v := s.serve()
			env := append(s.dressed(c.agent), "HTTPS_PROXY=http://127.0.0.1:1", "NO_PROXY=127.0.0.1") // what has no base URL goes nowhere
			args := c.command[1:]
			if c.env != nil {
				env = append(env, c.env(v.addr)...)
			}
			if c.args != nil {
				args = append(c.args(v.addr), args...)
			}
			s.well(s.exec(env, filepath.Join(agents, c.command[0]), args...))
			v.stop()
			rows, _ := s.settled()
			for _, r := range rows {
				if r.Front != "reverse" || r.Agent != c.is || (r.SessionID != "") != c.hasSession {
					t.Errorf("front %q, agent %q, session %q", r.Front, r.Agent, r.SessionID)
				}
			}
		})
	}
}
