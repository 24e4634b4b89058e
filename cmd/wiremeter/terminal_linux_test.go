package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestInterruptAtATerminal: Ctrl-C reaches the command of a run once, although its
// input is a pipe. So does the SIGINT of a run without a terminal.
func TestInterruptAtATerminal(t *testing.T) {
	control, terminal := openTerminal(t)
	for name, atTerminal := range map[string]bool{"terminal": true, "none": false} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			run := exec.CommandContext(ctx, "wiremeter", "run", "--quiet", "--home", t.TempDir(), "--", "count-interrupts")
			run.Stdin, run.Stderr = strings.NewReader("p"), os.Stderr
			run.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
			if atTerminal {
				run.ExtraFiles = []*os.File{terminal}
				run.SysProcAttr.Setctty, run.SysProcAttr.Ctty = true, 3
			}
			out, err := run.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := run.Start(); err != nil {
				t.Fatal(err)
			}
			lines := bufio.NewScanner(out)
			expect := func(want string) {
				t.Helper()
				if lines.Scan(); lines.Text() != want {
					t.Errorf("the command says %q, want %q", lines.Text(), want)
				}
			}
			expect("ready")
			if atTerminal {
				_, err = control.WriteString("\x03")
			} else {
				err = run.Process.Signal(os.Interrupt)
			}
			if err != nil {
				t.Fatal(err)
			}
			expect("interrupt")
			if err := run.Process.Signal(syscall.SIGTERM); err != nil { // behind what it passes on before
				t.Fatal(err)
			}
			expect("interrupts: 1")
			if err := run.Wait(); err != nil {
				t.Error(err)
			}
		})
	}
}

// openTerminal returns both ends of a pseudo-terminal.
func openTerminal(t *testing.T) (control, terminal *os.File) {
	t.Helper()
	control, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { control.Close() })
	if err := unix.IoctlSetPointerInt(int(control.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(control.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if terminal, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|syscall.O_NOCTTY, 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { terminal.Close() })
	return control, terminal
}
