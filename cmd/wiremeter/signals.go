package main

import (
	"os"
	"os/signal"
	"syscall"

	"github.com/rs/zerolog"
)

// outliveReaders keeps the process alive when nobody reads its output any more:
// a log that cannot be written must not harm the traffic. To ignore SIGPIPE would
// do the same, but a command that is started inherits that.
func outliveReaders() {
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	zerolog.ErrorHandler = func(error) {}
}

// heed asks for signals, but not for those that the process was started to ignore
// (nohup).
func heed(c chan<- os.Signal, signals ...os.Signal) {
	for _, s := range signals {
		if !signal.Ignored(s) {
			signal.Notify(c, s)
		}
	}
}
