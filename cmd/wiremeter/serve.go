package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"github.com/wiremeter/wiremeter/parsers"
)

type serveFlags struct {
	listen      string
	allowRemote bool
	drain       time.Duration
	logLevel    string
	transcripts string
	upstream    upstreamFlags
}

// filled lists the words in lines that a terminal holds.
func filled(words []string) string {
	var b strings.Builder
	width := 0
	for i, w := range words {
		separator := ", "
		if i == 0 {
			separator = ""
		} else if width+len(w) > 80 {
			separator, width = ",\n", 0
		}
		b.WriteString(separator + w)
		width += len(separator) + len(w)
	}
	return b.String()
}

func newServe(open func() (*house, error)) *cobra.Command {
	var f serveFlags
	c := &cobra.Command{
		Use:   "serve",
		Short: "Serve agents until stopped",
		Long: `Serve agents until stopped, by SIGTERM, Ctrl-C or the end of the terminal: what is
under way is then let finish for the time of --drain; a second signal cuts it.

Point agents at it with  eval "$(wiremeter env)"  in their shell, or by a base
URL (docs/providers.md has what stands for what): http://` + defaultListen + ` and
` + filled(prefixNames(parsers.BuiltIn())) + `.`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			h, err := open()
			if err != nil {
				return err
			}
			return serve(c.Context(), h, f, c.ErrOrStderr())
		},
	}
	c.Flags().StringVar(&f.listen, "listen", "", "`ADDR`ess to serve on (default "+defaultListen+")")
	c.Flags().BoolVar(&f.allowRemote, "allow-remote", false, "allow an address that other machines reach; who may use it is then up to your network")
	c.Flags().DurationVar(&f.drain, "drain", 30*time.Second, "how long to wait for what is under way when stopped")
	c.Flags().StringVar(&f.logLevel, "log-level", "info", "debug, info, warn or error")
	c.Flags().StringVar(&f.transcripts, "transcripts", "", "keep transcripts with usage in this `DIR`, in the layout of Claude Code's: docs/transcripts.md")
	completeFlag(c, "log-level", cobra.FixedCompletions([]string{"debug", "info", "warn", "error"}, cobra.ShellCompDirectiveNoFileComp))
	f.upstream.register(c)
	return c
}

func serve(ctx context.Context, h *house, f serveFlags, errs io.Writer) error {
	if f.drain < 0 {
		return fmt.Errorf("--drain %s: expected 0 or more", f.drain)
	}
	outliveReaders()
	log, err := newLog(f.logLevel, errs)
	if err != nil {
		return err
	}
	at := endpoint{allowRemote: f.allowRemote}
	at.addr, at.said = h.listenAddr(f.listen)
	l, err := listen(ctx, at)
	if err != nil {
		return err
	}
	scribe, err := startScribe(h, f.transcripts, log)
	if err != nil {
		l.Close()
		return err
	}
	defer scribe.stop()
	m, err := startMeter(h, l, f.upstream, log)
	if err != nil {
		return err
	}
	defer startAdding(h, log)()
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	hangup := make(chan os.Signal, 1)
	heed(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	retract, other, err := h.announce(ctx, m.addr())
	if err != nil {
		return errors.Join(err, m.close(ctx))
	}
	setUp := "wiremeter env"
	if other != "" {
		setUp += " --listen " + m.addr()
		log.Warn().Str("address", other).Msg("another `wiremeter serve` serves this home: `wiremeter run` and `wiremeter env` go on using that one")
	}
	log.Info().Str("address", m.addr()).Str("home", h.dir).Msg("serving; set agents up with: eval \"$(" + setUp + ")\"")
	var failed error
	select {
	case failed = <-m.served:
		m.served <- nil
	case <-signals:
	case <-hangup: // both the shell and the system may send it: a second one cuts nothing
	case <-ctx.Done():
	}
	return errors.Join(failed, retract(), m.drain(f.drain, signals))
}

// drain closes the machine. What is under way may finish within the time given,
// until the next signal; then it is cut, and the error says how much it was.
func (m *meter) drain(atMost time.Duration, signals <-chan os.Signal) error {
	if n := m.underWay(); n > 0 {
		m.log.Info().Int64("exchanges", n).Stringer("at_most", atMost).Msg("stopping: waiting for what is under way; a second signal cuts it")
	}
	ctx, cut := context.WithCancel(context.Background())
	defer cut()
	drained := make(chan error, 1)
	go func() { drained <- m.proxy.Shutdown(ctx) }()
	limit := time.NewTimer(atMost)
	defer limit.Stop()
	select {
	case err := <-drained:
		err = errors.Join(err, m.finish())
		m.log.Info().Int64("exchanges", m.proxy.Seen()).Msg("stopped")
		return err
	case <-signals:
	case <-limit.C:
	}
	left := m.underWay()
	cut()
	var short error
	if <-drained != nil {
		short = wereCut(left)
	}
	return errors.Join(short, m.finish())
}

func wereCut(exchanges int64) error {
	switch exchanges {
	case 0: // connections without a request
		return nil
	case 1:
		return errors.New("stopped; 1 exchange under way was cut")
	}
	return fmt.Errorf("stopped; %d exchanges under way were cut", exchanges)
}

// endpoint is an address to serve on.
type endpoint struct {
	addr, said  string // said names who said so, for errors
	allowRemote bool
}

func (e endpoint) host() (string, error) {
	host, port, err := net.SplitHostPort(e.addr)
	if err != nil || port == "" {
		return "", fmt.Errorf("%s %q: expected HOST:PORT, such as %s", e.said, e.addr, defaultListen)
	}
	return host, nil
}

// anyPort is for a proxy that only this process tells of.
var anyPort = endpoint{addr: "127.0.0.1:0", said: "listen on"}

// listen refuses what would surprise: another port than asked for, and an
// address that others reach without a flag that says so.
func listen(ctx context.Context, e endpoint) (net.Listener, error) {
	host, err := e.host()
	if err != nil {
		return nil, err
	}
	if ip := net.ParseIP(host); !e.allowRemote && host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("%s %s: other machines could reach this address and use the proxy; add --allow-remote if they shall", e.said, e.addr)
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", e.addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("%s %s: another program has this port; is wiremeter running already? Choose another with --listen", e.said, e.addr)
	}
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", e.said, e.addr, err)
	}
	return l, nil
}

func newLog(level string, out io.Writer) (zerolog.Logger, error) {
	l, err := zerolog.ParseLevel(level)
	if err != nil || level == "" {
		return zerolog.Nop(), fmt.Errorf("--log-level %q: expected debug, info, warn or error", level)
	}
	console := zerolog.ConsoleWriter{Out: out, TimeFormat: time.TimeOnly, NoColor: !isTerminal(out)}
	return zerolog.New(console).Level(l).With().Timestamp().Logger(), nil
}
