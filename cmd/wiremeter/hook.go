package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/wiremeter/wiremeter/capture"
	"github.com/wiremeter/wiremeter/store"
	"github.com/wiremeter/wiremeter/usage"
)

func newHook(open func() (*house, error)) *cobra.Command {
	c := &cobra.Command{
		Use:   "hook",
		Short: "Record what an agent tells its own hooks",
		Long: `Record what an agent tells its own hooks of a turn, for agents whose traffic does
not go through wiremeter. A turn that was seen as well is one record.`,
	}
	c.AddCommand(newCursorHook(open))
	onlyCommands(c)
	return c
}

type cursorHookFlags struct {
	install, uninstall, yes bool
	file                    string
}

func newCursorHook(open func() (*house, error)) *cobra.Command {
	var f cursorHookFlags
	c := &cobra.Command{
		Use:   "cursor",
		Short: "Record a turn of Cursor's, from its hooks stop and afterAgentResponse",
		Long: `Read from standard input what Cursor tells its hooks stop and afterAgentResponse
of a turn (who, where, conversation, model, counts), and record it. No ` + "`serve`" + `
needs to run. Of the answer's text, and whatever else is there, nothing is kept.

The answer is always {} and the exit code 0: whatever is wrong here must not hurt
Cursor. What could not be recorded is told on standard error.`,
		Example: "  wiremeter hook cursor --install          # shows what hooks.json gets\n  wiremeter hook cursor --install --yes    # adds it",
		Args:    noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			if f.install || f.uninstall {
				return f.edit(c, open)
			}
			if f.yes || f.file != "" {
				return errors.New("--yes and --file: expected --install or --uninstall with them")
			}
			if in, ok := c.InOrStdin().(*os.File); ok && term.IsTerminal(int(in.Fd())) {
				return errors.New("expected on standard input what Cursor tells a hook; --install shows how it does")
			}
			fmt.Fprintln(c.OutOrStdout(), "{}")
			if err := hearCursor(c.Context(), open, c.InOrStdin()); err != nil {
				fmt.Fprintln(c.ErrOrStderr(), "wiremeter: the turn is not recorded:", err)
			}
			return nil
		},
	}
	c.Flags().BoolVar(&f.install, "install", false, "show what Cursor's hooks.json gets")
	c.Flags().BoolVar(&f.uninstall, "uninstall", false, "show what is taken from it")
	c.Flags().BoolVar(&f.yes, "yes", false, "and change the file")
	c.Flags().StringVar(&f.file, "file", "", "a project's hooks.json, instead of the user's: its `PATH`")
	return c
}

const (
	hookTimeout = 2 * time.Second // Cursor waits for its hooks
	maxHook     = 64 << 20        // the answer's text is in it
)

// hearCursor records one turn, or gives up in time.
func hearCursor(ctx context.Context, open func() (*house, error), in io.Reader) error {
	ctx, cancel := context.WithTimeout(ctx, hookTimeout)
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		defer func() {
			if v := recover(); v != nil {
				ended <- fmt.Errorf("wiremeter panicked (%T)", v) // its value may hold what must not be told
			}
		}()
		ended <- record(ctx, open, in)
	}()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
		return fmt.Errorf("it took longer than %v", hookTimeout)
	}
}

func record(ctx context.Context, open func() (*house, error), in io.Reader) error {
	said, err := io.ReadAll(io.LimitReader(in, maxHook))
	if err != nil {
		return fmt.Errorf("read standard input: %w", err)
	}
	r, ok := capture.CursorHook(said, time.Now())
	if !ok {
		return errors.New("expected on standard input the JSON of Cursor's hook stop or afterAgentResponse, with a conversation_id")
	}
	r.Run = capture.RunName(outerRun()) // what goes past its proxy is told of here
	h, err := open()
	if err != nil {
		return err
	}
	r.Attribution = h.rules.Complete(r.Attribution, h.around(r.Dir))
	return keep(ctx, &patient{path: h.database()}, r)
}

// keep stores one record. That a database is locked, or was moved, may pass.
func keep(ctx context.Context, db *patient, r usage.Record) error {
	for {
		err := db.Store(ctx, []usage.Record{r}, nil)
		if err == nil {
			return db.Close()
		}
		t, ok := errors.AsType[store.Trouble](err)
		if mayPass := ok && (t.Reason() == "database_locked" || t.Reason() == "database_moved"); !mayPass || ctx.Err() != nil {
			return err
		}
	}
}
