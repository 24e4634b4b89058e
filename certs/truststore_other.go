//go:build !linux && !darwin && !windows

package certs

import "fmt"

func installedRoots() ([][]byte, error) { return systemRoots() }

func install(a *Authority) error {
	return fmt.Errorf("wiremeter does not know this system's trust store: add %s by hand", a.RootFile())
}

func remove(a *Authority) error {
	return fmt.Errorf("wiremeter does not know this system's trust store: remove the certificate %s by hand", a.Fingerprint())
}
