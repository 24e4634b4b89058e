package main

import (
	"fmt"
	"os"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

func newMan() *cobra.Command {
	return &cobra.Command{
		Use:     "man DIR",
		Short:   "Write the manual pages into a folder",
		Long:    "Write a manual page for each command into the folder, which is made if need be.",
		Example: "  wiremeter man ~/.local/share/man/man1 && man wiremeter-report",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("expected one argument, the folder (man1) for the pages, got %d", len(args))
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			if err := os.MkdirAll(args[0], 0o755); err != nil {
				return fmt.Errorf("make the folder for the pages: %w", err)
			}
			root := c.Root()
			root.DisableAutoGenTag = true
			builtAt := built()
			err := doc.GenManTree(root, &doc.GenManHeader{
				Title: "WIREMETER", Section: "1", Date: &builtAt, Source: "wiremeter " + root.Version, Manual: "wiremeter's manual",
			}, args[0])
			if err != nil {
				return fmt.Errorf("write the pages: %w", err)
			}
			return nil
		},
	}
}

// built is when the program's source was committed, if the build knows: the same
// source makes the same pages.
func built() time.Time {
	info, _ := debug.ReadBuildInfo()
	if info != nil {
		for _, s := range info.Settings {
			if s.Key != "vcs.time" {
				continue
			}
			if t, err := time.Parse(time.RFC3339, s.Value); err == nil {
				return t
			}
		}
	}
	return time.Now()
}
