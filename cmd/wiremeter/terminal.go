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

// terminalWidth is that of a terminal, in columns, with colour or without.
func terminalWidth(w io.Writer) (columns int, isTerminal bool) {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return 0, false
	}
	columns, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		columns = 0 // without a bound
	}
	return columns, true
}
