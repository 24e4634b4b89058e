package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/wiremeter/wiremeter/place"
)

type runFlags struct {
	quiet    bool
	labels   labels
	upstream upstreamFlags
}

func newRun(open func() (*house, error)) *cobra.Command {
	var f runFlags
	c := &cobra.Command{
		Use:   "run [flags] -- COMMAND [ARG…]",
		Short: "Run an agent, metered",
		Long: `Run a command with the environment that sends its traffic through wiremeter, and
say at its end what it used. The command's input, output, signals and exit code
are its own; no file of yours is edited.

A running ` + "`wiremeter serve`" + ` is used if there is one, or the proxy of a run around
this one (and no flag says how to reach providers); else the proxy lives as long
as the command.`,
		Example: "  wiremeter run -- claude -p \"say hi\"\n  wiremeter run --label team=payments -- codex",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errors.New("which command? Expected: wiremeter run -- COMMAND [ARG…]")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			h, err := open()
			if err != nil {
				return err
			}
			r := &runner{house: h, flags: f, errs: c.ErrOrStderr(), name: newName(outerRun()), began: time.Now()}
			return r.run(c.Context(), args)
		},
	}
	c.Flags().SetInterspersed(false)
	c.Flags().BoolVarP(&f.quiet, "quiet", "q", false, "no summary at the end")
	f.labels.register(c.Flags())
	f.upstream.register(c)
	return c
}

// runner runs one command, metered.
type runner struct {
	house *house
	flags runFlags
	errs  io.Writer
	name  string // the run's, in the proxy credentials and the records
	began time.Time
}

// newName of a run inside another one tells of that.
func newName(outer string) string {
	name := strings.ToLower(rand.Text()[:10])
	if outer != "" {
		return outer + "." + name
	}
	return "run-" + name
}

func (r *runner) run(ctx context.Context, args []string) error {
	outliveReaders()
	path, err := exec.LookPath(args[0])
	if err != nil {
		fmt.Fprintf(r.errs, "wiremeter: cannot run %s: %v\n", args[0], errors.Unwrap(err))
		if errors.Is(err, fs.ErrPermission) {
			return exitCode(126) // as shells do: it is there
		}
		return exitCode(127)
	}
	if !r.flags.quiet && isClaude(args[0]) {
		if past := r.house.pastUs(ctx); len(past) > 0 {
			fmt.Fprintf(r.errs, "wiremeter: claude may go past wiremeter: %s, which wins over the environment\n", strings.Join(past, ", "))
		}
	}
	if err := place.WriteRun(r.house.runs(), r.name, r.house.here()); err != nil && !r.flags.quiet {
		fmt.Fprintln(r.errs, "wiremeter: requests that do not tell where they come from will have no project:", err)
	}
	addr, settle, err := r.start(ctx)
	if err != nil {
		return err
	}
	bundle, err := r.house.bundle()
	if err != nil {
		return errors.Join(err, settle().err)
	}
	child := exec.Command(path, args[1:]...) //nolint:noctx // signals end it, those that runChild passes on; never a context
	child.Args[0] = args[0]
	child.Stdin, child.Stdout, child.Stderr = os.Stdin, os.Stdout, os.Stderr
	via := proxyURL(addr, r.name, r.flags.labels.withOuter())
	child.Env = append(os.Environ(), environment(via, bundle, noProxy(getenv))...)
	child.Env = append(child.Env, handedDown(via, r.house.userProxies(ctx, addr))...)
	code, err := runChild(child)
	end := settle()
	if err := errors.Join(err, end.err); err != nil {
		fmt.Fprintln(r.errs, "wiremeter:", err)
	}
	if !r.flags.quiet {
		if err := r.summarise(ctx, end); err != nil {
			fmt.Fprintln(r.errs, "wiremeter: no summary:", err)
		}
	}
	if code != 0 {
		return exitCode(code)
	}
	return nil
}

// start finds or starts the proxy. The function that it returns waits until
// the run's records are in the database, and stops what was started.
func (r *runner) start(ctx context.Context) (addr string, settle func() ending, err error) {
	if !r.flags.upstream.isSet() {
		if addr, ok := r.house.living(ctx); ok {
			return addr, func() ending {
				_, err := ask(ctx, http.MethodPost, addr, settlePath)
				return ending{seen: unknown, err: err}
			}, nil
		}
	}
	m, err := r.startMeter(ctx)
	if err != nil {
		return "", nil, err
	}
	return m.addr(), m.endRun, nil
}

// startMeter starts a proxy for this run alone. A database that does not open is no
// reason to keep the command from running.
func (r *runner) startMeter(ctx context.Context) (*meter, error) {
	l, err := listen(ctx, anyPort)
	if err != nil {
		return nil, err
	}
	log, err := newLog("error", r.errs)
	if err != nil {
		return nil, err
	}
	db := &patient{path: r.house.database()}
	m, err := startMeterOn(db, r.house, l, r.flags.upstream, log)
	if err != nil {
		return nil, err
	}
	first, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	if _, err := db.open(first); err != nil && !r.flags.quiet {
		fmt.Fprintln(r.errs, "wiremeter: nothing can be stored of this run, unless that ends:", err)
	}
	return m, nil
}

// runChild returns the child's exit code, or 128 and the signal's number that
// ended it, as shells do. Signals that wiremeter gets go to the child; those
// of the terminal reach it without help.
func runChild(child *exec.Cmd) (int, error) {
	signals := make(chan os.Signal, 8)
	heed(signals, forwarded...)
	defer signal.Stop(signals)
	if err := child.Start(); err != nil {
		return 126, fmt.Errorf("start %s: %w", child.Path, err)
	}
	ended := make(chan error, 1)
	go func() { ended <- child.Wait() }()
	for {
		select {
		case s := <-signals:
			if (s == os.Interrupt || s == syscall.SIGQUIT) && isForeground() {
				continue
			}
			_ = child.Process.Signal(s) // fails only when it has ended
		case err := <-ended:
			return exitCodeOf(child, err)
		}
	}
}

func exitCodeOf(child *exec.Cmd, err error) (int, error) {
	if _, ok := errors.AsType[*exec.ExitError](err); err != nil && !ok {
		return 1, err
	}
	if w, ok := child.ProcessState.Sys().(syscall.WaitStatus); ok && w.Signaled() {
		return 128 + int(w.Signal()), nil
	}
	return child.ProcessState.ExitCode(), nil
}
