package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/wiremeter/wiremeter/reconcile"
	"github.com/wiremeter/wiremeter/store/sqlite"
)

type reconcileFlags struct {
	since, until timeFlag
	log          string
	json, check  bool
}

func newReconcile(open func() (*house, error)) *cobra.Command {
	var f reconcileFlags
	var names []string
	for _, a := range reconcile.Agents {
		names = append(names, a.Name)
	}
	c := &cobra.Command{
		Use:   "reconcile AGENT",
		Short: "Hold the records against the log that an agent itself keeps",
		Long: `Hold what was recorded of an agent against the log that it keeps on this machine,
call by call: what is the same, what differs, what is in one alone. Of the log only
ids, models, times and counts are read, and it is never written to. AGENT is one of
` + strings.Join(names, ", ") + `. See docs/reconcile.md.`,
		Example:   "  wiremeter reconcile claude --since 7d\n  wiremeter reconcile codex --log ~/backup/sessions --json",
		ValidArgs: names,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("which agent? Expected one of %s", strings.Join(names, ", "))
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			a, err := reconcile.AgentOf(args[0])
			if err != nil {
				return err
			}
			logs, err := f.logs(a)
			if err != nil {
				return err
			}
			return withReader(open, func(_ *house, r *sqlite.Reader) error { return f.show(c, r, reconcile.Query{Agent: a, Logs: logs}) })
		},
	}
	c.Flags().Var(&f.since, "since", "from this time on, as in wiremeter report (default: the first record)")
	c.Flags().Var(&f.until, "until", "up to this time, not included; given alike")
	c.Flags().StringVar(&f.log, "log", "", "the agent's log, a `DIR`ectory that is searched whole or a file (default: where the agent keeps it)")
	c.Flags().BoolVar(&f.json, "json", false, "as JSON, with all calls")
	c.Flags().BoolVar(&f.check, "check", false, "exit with code 1 if counts differ, or the log has calls that were not recorded")
	return c
}

// logs are where the flag says, else where the agent keeps them.
func (f *reconcileFlags) logs(a reconcile.Agent) ([]string, error) {
	if !a.HasLogs() {
		if f.log != "" {
			return nil, fmt.Errorf("--log: %s keeps no log with counts; what its provider has stated stands in its place", a.Name)
		}
		return nil, nil
	}
	if f.log != "" {
		if _, err := os.Stat(f.log); err != nil {
			return nil, fmt.Errorf("--log: %w", err)
		}
		return []string{f.log}, nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return nil, fmt.Errorf("find the log of %s: %w; say where it is with --log DIR", a.Name, err)
	}
	if logs := a.Logs(os.Getenv, home); len(logs) > 0 {
		return logs, nil
	}
	return nil, fmt.Errorf("there is no log of %s at %s; say where it is with --log DIR", a.Name, strings.Join(a.Places(os.Getenv, home), " or "))
}

func (f *reconcileFlags) show(c *cobra.Command, r *sqlite.Reader, q reconcile.Query) error {
	var err error
	if q.Since, err = f.since.at(time.Local); err != nil {
		return fmt.Errorf("--since: %w", err)
	}
	if q.Until, err = f.until.at(time.Local); err != nil {
		return fmt.Errorf("--until: %w", err)
	}
	result, err := reconcile.Reconcile(c.Context(), r, q)
	if err != nil {
		return err
	}
	if f.json {
		err = result.WriteJSON(c.OutOrStdout())
	} else {
		err = result.WriteText(c.OutOrStdout(), time.Local)
	}
	if f.check && !result.IsConfirmed() {
		err = errors.Join(err, errors.New("--check: the log and the records do not agree"))
	}
	return err
}
