//go:build unix

package transcript

import (
	"errors"
	"os"
	"syscall"
)

// lock keeps other processes out until the file is closed.
func lock(f *os.File) error {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return errors.New("another wiremeter writes to it (`serve --transcripts` or `export`)")
	}
	return err
}
