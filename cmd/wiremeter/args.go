package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// takes says what flags of a type take whose own error is Go's parser's.
var takes = map[string]string{"int": "a whole number", "duration": "a time such as 30s or 2m", "bool": "true or false"}

// flagError says of every flag's value alike what is wrong with it.
func flagError(_ *cobra.Command, err error) error {
	invalid, ok := errors.AsType[*pflag.InvalidValueError](err)
	if !ok {
		return err
	}
	flag := invalid.GetFlag()
	if what := takes[flag.Value.Type()]; what != "" {
		return fmt.Errorf("--%s %q: expected %s", flag.Name, invalid.GetValue(), what)
	}
	return fmt.Errorf("--%s: %w", flag.Name, invalid.Unwrap())
}

// noArguments is for commands that take none.
func noArguments(_ *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("expected no arguments, got %q", strings.Join(args, " "))
	}
	return nil
}

// onlyCommands makes a command that holds others show its help, and refuse a
// name that is none of them.
func onlyCommands(c *cobra.Command) {
	c.Args = func(c *cobra.Command, args []string) error {
		if len(args) > 0 {
			return unknownCommand(c, args[0])
		}
		return nil
	}
	c.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
}

func unknownCommand(c *cobra.Command, name string) error {
	var known []string
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() {
			known = append(known, sub.Name())
		}
	}
	if len(known) == 0 {
		return fmt.Errorf("unknown command %q: `%s` has no commands", name, c.CommandPath())
	}
	return fmt.Errorf("unknown command %q: expected one of %s", name, strings.Join(known, ", "))
}

func newHelp() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND…]",
		Short: "Help about a command",
		RunE: func(c *cobra.Command, args []string) error {
			about, rest, err := c.Root().Find(args)
			if err != nil {
				return err
			}
			if len(rest) > 0 {
				return unknownCommand(about, rest[0])
			}
			about.InitDefaultHelpFlag()
			return about.Help()
		},
	}
}
