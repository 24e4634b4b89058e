// Command bench measures what wiremeter costs, in one run, side by side with a
// direct connection, a blind tunnel and goproxy's own interception.
//
// Each contestant is a process of its own between this one, which makes the
// load, and a scripted provider in a third. Where taskset is at hand the
// contestant has one processor to itself and the other two processes share
// another, so that it never waits for them. Rounds are interleaved, so that a
// machine that speeds up or slows down does so for all; the figures are medians
// over the rounds, shown as ratios to the blind tunnel.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"syscall"
	"time"
)

func main() {
	var o options
	role := flag.String("role", "", "internal: be this contestant")
	flag.IntVar(&o.rounds, "rounds", 5, "interleaved rounds")
	flag.DurationVar(&o.slot, "slot", 1500*time.Millisecond, "time of one measurement")
	flag.IntVar(&o.idle, "idle", 1000, "open idle streams for the memory figure")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var err error
	switch *role {
	case "":
		err = relegate(ctx)
	case "load":
		err = compete(ctx, o)
	default:
		err = play(*role)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

type options struct {
	rounds int
	slot   time.Duration
	idle   int
}

// contestants in the order of the table. "direct" is no process.
var contestants = []string{"direct", "tunnel", "goproxy", "off", "on"}

var titles = map[string]string{
	"direct": "direct", "tunnel": "blind tunnel", "goproxy": "goproxy (tuned)",
	"off": "wiremeter, recording off", "on": "wiremeter",
}

func compete(ctx context.Context, o options) (err error) {
	dir, err := os.MkdirTemp("", "wiremeter-bench")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	upstream, err := spawn(ctx, "upstream", setup{Dir: dir})
	if err != nil {
		return err
	}
	defer upstream.stop()
	f := &field{options: o, upstream: upstream, paths: map[string]*path{}}
	for _, name := range contestants {
		p := &path{name: name}
		if name != "direct" {
			s := upstream.setup
			s.Dir = dir
			if p.proc, err = spawn(ctx, name, s); err != nil {
				return err
			}
			defer p.proc.stop()
		}
		if err := p.enter(upstream.setup); err != nil {
			return err
		}
		f.paths[name] = p
	}
	if err := f.run(ctx); err != nil {
		return err
	}
	f.print(os.Stdout)
	return nil
}

// setup is what processes tell each other: the provider's addresses and
// authority, the contestant's address and authority.
type setup struct {
	Dir   string
	Addr  string // the provider's, HTTP/1.1
	H2    string // the provider's, HTTP/2
	CA    []byte
	Proxy string
	Trust []byte // what an agent of this contestant must trust
}

// addr is where to find the provider under this name.
func (s *setup) addr(hostport string) string {
	if hostport == h2Host+":443" {
		return s.H2
	}
	return s.Addr
}

// spent is what a process has used so far.
type spent struct {
	CPU time.Duration
	RSS int64 // bytes
}

// process is a contestant, steered by lines of JSON.
type process struct {
	setup setup
	cmd   *exec.Cmd
	in    io.WriteCloser
	out   *bufio.Reader
}

func spawn(ctx context.Context, role string, s setup) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cpu := contestantCPU
	if role == "upstream" {
		cpu = loadCPU
	}
	p := &process{cmd: pinned(ctx, cpu, self, "-role", role)}
	p.cmd.Stderr = os.Stderr
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = bufio.NewReader(out)
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	return p, errors.Join(p.send(s), p.receive(&p.setup))
}

const contestantCPU, loadCPU = "0", "1"

// pinned runs a program on one processor, if taskset is there and can.
func pinned(ctx context.Context, cpu, program string, args ...string) *exec.Cmd {
	if exec.CommandContext(ctx, "taskset", "-c", cpu, "true").Run() == nil {
		program, args = "taskset", append([]string{"-c", cpu, program}, args...)
	}
	return exec.CommandContext(ctx, program, args...)
}

// relegate puts this process where it is not in a contestant's way, by starting
// it again.
func relegate(ctx context.Context) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	again := pinned(ctx, loadCPU, self, append(os.Args[1:], "-role", "load")...)
	again.Stdout, again.Stderr = os.Stdout, os.Stderr
	return again.Run()
}

func (p *process) send(v any) error { return json.NewEncoder(p.in).Encode(v) }

func (p *process) receive(v any) error {
	line, err := p.out.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("a contestant ended early: %w", err)
	}
	return json.Unmarshal(line, v)
}

func (p *process) spent() (s spent, err error) {
	if p == nil {
		return s, nil
	}
	return s, errors.Join(p.send(struct{}{}), p.receive(&s))
}

func (p *process) stop() {
	p.in.Close()
	_ = p.cmd.Wait() // its error is on stderr already
}

// play is the other side: a process that serves until its input ends.
func play(role string) error {
	in, out := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	var s setup
	if err := in.Decode(&s); err != nil {
		return err
	}
	stop, err := roles[role](&s)
	if err != nil {
		return fmt.Errorf("%s: %w", role, err)
	}
	if err := out.Encode(s); err != nil {
		return err
	}
	var question struct{}
	for in.Decode(&question) == nil {
		now, err := ownUsage()
		if err != nil {
			return err
		}
		if err := out.Encode(now); err != nil {
			return err
		}
	}
	return stop()
}

func median[T int64 | float64 | time.Duration](v []T) T {
	if len(v) == 0 {
		return 0
	}
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}
