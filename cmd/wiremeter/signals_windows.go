package main

import "os"

// forwarded are the signals that a command is to get as if it stood alone.
var forwarded = []os.Signal{os.Interrupt}

// isForeground reports whether what reaches this process reaches its command too.
func isForeground() bool { return true }
