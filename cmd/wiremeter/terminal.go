package main

import (
	"io"
	"os"

	"golang.org/x/term"
)

func getenv(name string) string { return os.Getenv(name) }

// isTerminal reports whether a person reads this.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd())) && os.Getenv("NO_COLOR") == ""
}
