//go:build e2e

package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/wiremeter/wiremeter/scripted"
	"github.com/wiremeter/wiremeter/usage"
)

// stage is one test's world: a provider, a house of wiremeter's, an empty home
// for the agent.
type stage struct {
	*testing.T
	provider *scripted.Provider
	vanish   func() // ends the provider
	house    string
	home     string
	work     string
	leaves   bool // the agent, with its last call unanswered
}

func newStage(t *testing.T, o scripted.Options) *stage {
	t.Helper()
	p, err := scripted.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	s := &stage{T: t, provider: p, house: t.TempDir(), home: t.TempDir(), work: t.TempDir()}
	s.vanish = sync.OnceFunc(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(s.vanish)
	t.Cleanup(s.reap)
	s.write(filepath.Join(s.house, "provider.pem"), string(p.CAPEM()))
	return s
}

// reap ends what an agent has left running: daemons of its own, and what a program
// that was interrupted had started. They are told by the stage's name in their
// environment.
func (s *stage) reap() {
	all, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		s.Error(err)
	}
	for _, path := range all {
		env, err := os.ReadFile(path)
		if err != nil || !bytes.Contains(env, []byte(s.name()+"\x00")) {
			continue // it has ended, or is another's
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err == nil {
			err = syscall.Kill(pid, syscall.SIGKILL)
		}
		if err != nil && !errors.Is(err, syscall.ESRCH) {
			s.Error(err)
		}
	}
}

// name is what the stage's programs have in their environment.
func (s *stage) name() string { return "E2E_STAGE=" + s.house }

func (s *stage) write(path, text string) {
	s.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		s.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		s.Fatal(err)
	}
}

// upstream are the flags that lead to the provider, and nowhere else.
func (s *stage) upstream() []string {
	flags := []string{"--upstream-proxy", "none", "--upstream-ca", filepath.Join(s.house, "provider.pem")}
	for _, c := range s.provider.ConnectTo() {
		flags = append(flags, "--connect-to", c)
	}
	return append(flags, "--connect-to", nowhere)
}

// nowhere is where all else leads to: dead at once, on loopback.
const nowhere = "::127.0.0.1:1"

// env is all that the agent is told besides what wiremeter adds. It trusts the
// provider, who also plays services that wiremeter tunnels to.
func (s *stage) env(more ...string) []string {
	return append([]string{
		"NODE_EXTRA_CA_CERTS=" + filepath.Join(s.house, "provider.pem"), s.name(), "HOME=" + s.home, "PATH=" + agents + ":" + os.Getenv("PATH"), "TERM=dumb", "NO_COLOR=1", "LANG=C.UTF-8", "TMPDIR=" + s.TempDir(),
	}, more...)
}

// dressed makes the agent's home and returns its environment.
func (s *stage) dressed(a agent) []string {
	s.Helper()
	s.leaves = a.leaves
	for path, text := range a.files {
		s.write(filepath.Join(s.home, path), text)
	}
	return s.env(a.env...)
}

const patience = 2 * time.Minute

// ended is what a program leaves.
type ended struct {
	out, errs string
	code      int // -1: a signal
}

// metered runs a command through `wiremeter run`, which starts its own proxy.
func (s *stage) metered(env []string, command ...string) ended {
	s.Helper()
	return s.run(s.upstream(), env, command...)
}

// run runs a command through `wiremeter run`, as it is told.
func (s *stage) run(flags, env []string, command ...string) ended {
	s.Helper()
	args := append([]string{"run", "--home", s.house}, flags...)
	return s.exec(env, wiremeter, append(append(args, "--"), command...)...)
}

func (s *stage) exec(env []string, name string, args ...string) ended {
	s.Helper()
	return s.end(s.program(env, name, args...))
}

// program is a command of the stage's, ready to start.
func (s *stage) program(env []string, name string, args ...string) *exec.Cmd {
	ctx, cancel := context.WithTimeout(s.Context(), patience)
	s.Cleanup(cancel)
	c := exec.CommandContext(ctx, name, args...)
	c.Dir, c.Env = s.work, env
	c.Cancel = func() error { return c.Process.Signal(os.Interrupt) }
	c.WaitDelay = 10 * time.Second
	c.Stdout, c.Stderr = new(bytes.Buffer), new(bytes.Buffer)
	return c
}

// end waits for a command, which it starts unless it runs already.
func (s *stage) end(c *exec.Cmd) ended {
	s.Helper()
	run := c.Run
	if c.Process != nil {
		run = c.Wait
	}
	err := run()
	e := ended{out: fmt.Sprint(c.Stdout), errs: fmt.Sprint(c.Stderr), code: c.ProcessState.ExitCode()}
	s.Logf("%s %v: %d\nstdout: %.2000s\nstderr: %.4000s", filepath.Base(c.Path), c.Args[1:], e.code, e.out, e.errs)
	if _, ok := errors.AsType[*exec.ExitError](err); err != nil && !ok {
		s.Fatalf("%s: %v", filepath.Base(c.Path), err)
	}
	return e
}

// well holds a program to have ended well.
func (s *stage) well(e ended) ended {
	s.Helper()
	if e.code != 0 {
		s.Fatalf("exit code %d\n%s", e.code, e.errs)
	}
	return e
}

// row is what the export says of one exchange.
type row struct {
	Outcome, Reason, Front, Provider, Dialect, Host, Path string
	Status                                                int
	Streamed                                              bool
	Transport, Agent, Model                               string
	AgentVersion                                          string `json:"agent_version"`
	SessionID                                             string `json:"session_id"`
	Purpose, Project, Repository, Branch, Dir             string
	Sources                                               map[string]string
	ResponseID                                            string `json:"response_id"`
	ModelRequested                                        string `json:"model_requested"`
	RequestID                                             string `json:"request_id"`
	GroupID                                               string `json:"group_id"`
	TurnID                                                string `json:"turn_id"`
	ParentSessionID                                       string `json:"parent_session_id"`
	SubagentID                                            string `json:"subagent_id"`

	Input           *int64
	CacheRead       *int64 `json:"cache_read"`
	CacheWrite5m    *int64 `json:"cache_write_5m"`
	CacheWrite1h    *int64 `json:"cache_write_1h"`
	CacheWriteOther *int64 `json:"cache_write_other"`
	Output          *int64
	Reasoning       *int64
}

func (r row) tokens() usage.Tokens {
	return usage.Tokens{
		Input: r.Input, CacheRead: r.CacheRead, CacheWrite5m: r.CacheWrite5m, CacheWrite1h: r.CacheWrite1h,
		CacheWriteOther: r.CacheWriteOther, Output: r.Output, Reasoning: r.Reasoning,
	}
}

func (s *stage) export() []row {
	s.Helper()
	var rows []row
	lines := bufio.NewScanner(strings.NewReader(s.well(s.exec(s.env(), wiremeter, "export", "--home", s.house)).out))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var r row
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			s.Fatalf("%v in %s", err, lines.Bytes())
		}
		rows = append(rows, r)
	}
	return rows
}

// settled holds the rows against the ledger: every call has its row, with its
// numbers, and no row is of no call. It returns the rows in the ledger's order.
// Refused WebSockets are no calls; they are returned apart.
func (s *stage) settled() (calls, refused []row) {
	s.Helper()
	rows := s.export()
	rows = slices.DeleteFunc(rows, func(r row) bool {
		isRefused := r.Transport == string(usage.WebSocket) && r.Status != http.StatusSwitchingProtocols
		if isRefused {
			refused = append(refused, r)
		}
		return isRefused
	})
	ledger := s.provider.Ledger()
	if len(ledger) == 0 {
		s.Fatal("the agent made no call")
	}
	for _, e := range ledger {
		i := slices.IndexFunc(rows, func(r row) bool { return matches(r, e) })
		if i < 0 && s.leaves {
			i = slices.IndexFunc(rows, row.isLeft)
		}
		if i < 0 {
			s.Errorf("no row equals the ledger's %s\nrows: %s", show(e), show(rows))
			continue
		}
		calls = append(calls, rows[i])
		rows = slices.Delete(rows, i, i+1)
	}
	if s.leaves { // before the call came here
		rows = slices.DeleteFunc(rows, row.isLeft)
	}
	if len(rows) > 0 {
		s.Errorf("rows of no call: %s", show(rows))
	}
	return calls, refused
}

// isLeft: the agent has gone before anything was said of the counts.
func (r row) isLeft() bool {
	return r.Outcome == string(usage.Interrupted) && r.Reason == usage.AgentGone.Error() && r.tokens().IsZero()
}

func matches(r row, e scripted.Entry) bool {
	status := e.Status
	if e.IsSocket {
		status = http.StatusSwitchingProtocols
	}
	same := r.Outcome == string(e.Outcome) && r.Dialect == e.Dialect && r.Status == status && r.Host == e.Host && r.Path == e.Path &&
		(r.Transport == string(usage.WebSocket)) == e.IsSocket
	if e.Status != 200 {
		return same
	}
	return same && r.Streamed == e.IsStream && r.ResponseID == e.Response.ID && r.Model == e.Response.Model &&
		string(encode(r.tokens())) == string(encode(e.Response.Tokens))
}

func show(v any) string { return string(encode(v)) }

func encode(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return text
}
