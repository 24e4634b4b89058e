// Command wiremeter meters what coding agents use of their model providers, in
// transit: see the README.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"

	"github.com/spf13/cobra"
)

func main() {
	log.SetOutput(io.Discard) // net/http's: it may hold bytes of a provider
	os.Exit(run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run is the whole program. It returns the exit code.
func run(ctx context.Context, args []string, in io.Reader, out, errs io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errs)
	err := root.ExecuteContext(ctx)
	if code, ok := errors.AsType[exitCode](err); ok {
		return int(code)
	}
	if err != nil {
		fmt.Fprintln(errs, "wiremeter:", err)
		return 1
	}
	return 0
}

// exitCode ends the program with a code, after all there is to say was said.
type exitCode int

func (c exitCode) Error() string { return fmt.Sprintf("exit code %d", int(c)) }

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "wiremeter",
		Short: "Meters what coding agents use of their model providers, without a vendor key",
		Long: `wiremeter stands between coding agents and model providers, passes the traffic
through untouched, and records the usage that every response states: tokens,
model, agent, session. Nothing of what you write or read is kept.

Start with:  wiremeter run -- claude       (or codex, gemini, curl, anything)
             wiremeter report
No agent at hand?  wiremeter demo`,
		Version:       programVersion(),
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	var home string
	root.PersistentFlags().StringVar(&home, "home", "", "the `DIR`ectory of wiremeter's data (default: $WIREMETER_HOME, else the XDG data folder)")
	open := func() (*house, error) { return openHouse(home) }
	root.AddCommand(
		newRun(open), newServe(open), newEnv(open), newCA(open),
		newReport(open), newTail(open), newCompare(open), newSessions(open), newStatusline(open), newExport(open), newPrices(open), newReconcile(open), newHook(open), newDemo(open), newMan(), newVersion(),
	)
	root.SetHelpCommand(newHelp())
	root.SetFlagErrorFunc(flagError)
	onlyCommands(root)
	root.InitDefaultCompletionCmd()
	if c, _, err := root.Find([]string{"completion"}); err == nil {
		onlyCommands(c)
	}
	return root
}
