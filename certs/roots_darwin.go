package certs

import (
	"bytes"
	"crypto/x509"
	"fmt"
)

// keychains hold Apple's roots and those that an administrator has added for
// all users.
var keychains = []string{
	"/System/Library/Keychains/SystemRootCertificates.keychain",
	"/Library/Keychains/System.keychain",
}

// systemRoots returns the certificates (DER) that the system trusts: those of
// the system's keychains that are roots. The second holds other certificates too.
func systemRoots() ([][]byte, error) {
	text, err := command("security", append([]string{"find-certificate", "-a", "-p"}, keychains...)...)
	if err != nil {
		return nil, err
	}
	var roots [][]byte
	for _, der := range certificates(text) {
		c, err := x509.ParseCertificate(der)
		if err == nil && c.IsCA && bytes.Equal(c.RawIssuer, c.RawSubject) {
			roots = append(roots, der)
		}
	}
	if len(roots) == 0 {
		return nil, fmt.Errorf("%w: looked in %v", errNoRoots, keychains)
	}
	return roots, nil
}
