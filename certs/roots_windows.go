package certs

import (
	"bytes"
	"fmt"
	"syscall"
	"unsafe"
)

// systemRoots returns the certificates (DER) in the ROOT store as the current
// user sees it, which includes the machine's.
func systemRoots() ([][]byte, error) {
	name, err := syscall.UTF16PtrFromString("ROOT")
	if err != nil {
		return nil, err
	}
	store, err := syscall.CertOpenSystemStore(0, name)
	if err != nil {
		return nil, fmt.Errorf("open the system's certificate store ROOT: %w", err)
	}
	defer func() { _ = syscall.CertCloseStore(store, 0) }() // it was only read
	var roots [][]byte
	var c *syscall.CertContext
	for {
		// The end of the list is told as an error, which frees c.
		if c, err = syscall.CertEnumCertificatesInStore(store, c); c == nil || err != nil {
			break
		}
		roots = append(roots, bytes.Clone(unsafe.Slice(c.EncodedCert, c.Length)))
	}
	if len(roots) == 0 {
		return nil, fmt.Errorf("%w: the certificate store ROOT: %w", errNoRoots, err)
	}
	return roots, nil
}
