//go:build unix

package main

import (
	"os"
	"syscall"
)

// forwarded are the signals that a command is to get as if it stood alone.
var forwarded = []os.Signal{
	os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGWINCH, syscall.SIGCONT,
}
