package main

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

// countInterrupts is a command that says so at each SIGINT, and at SIGTERM how
// many they were. Then it ends.
func countInterrupts() {
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	fmt.Println("ready")
	for n := 0; ; {
		if s := <-signals; s != os.Interrupt {
			fmt.Println("interrupts:", n)
			return
		}
		n++
		fmt.Println("interrupt")
	}
}
