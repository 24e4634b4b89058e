package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/wiremeter/wiremeter/report"
	"github.com/wiremeter/wiremeter/store/sqlite"
)

func newStatusline(open func() (*house, error)) *cobra.Command {
	return &cobra.Command{
		Use:   "statusline",
		Short: "Print one line for Claude Code's status line or a shell's prompt",
		Long: `Print one line: what was used today, and before it what the session used that
standard input names, as Claude Code's does. In its settings.json:

  "statusLine": {"type": "command", "command": "wiremeter statusline"}

In a shell's prompt redirect standard input from /dev/null.`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			session := sessionOf(c.InOrStdin())
			return withReader(open, func(h *house, r *sqlite.Reader) error {
				book, err := h.book()
				if err != nil {
					return err
				}
				line, err := report.StatusLine(c.Context(), r, book, session, time.Now())
				if err != nil {
					return err
				}
				_, err = fmt.Fprintln(c.OutOrStdout(), line)
				return err
			})
		},
	}
}

// maxStatus is far beyond what an agent says of its status.
const maxStatus = 1 << 20

// sessionOf reads what Claude Code gives a status line's command (version 2.1):
// JSON with session_id. "" is none; anything else that stands there means nothing
// here.
func sessionOf(in io.Reader) string {
	if f, ok := in.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		return ""
	}
	var status struct {
		SessionID string `json:"session_id"`
	}
	if err := json.NewDecoder(io.LimitReader(in, maxStatus)).Decode(&status); err != nil {
		return ""
	}
	return status.SessionID
}
