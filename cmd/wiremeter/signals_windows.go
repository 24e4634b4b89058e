package main

import "os"

// forwarded are the signals that a command is to get as if it stood alone.
var forwarded = []os.Signal{os.Interrupt}
