//go:build unix && !darwin

package certs

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// rootFiles are where systems keep all their roots in one file.
var rootFiles = []string{
	"/etc/ssl/certs/ca-certificates.crt",                // Debian, Ubuntu, Alpine, Arch, NixOS
	"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", // Fedora, RHEL
	"/etc/pki/tls/certs/ca-bundle.crt",                  // older RHEL
	"/etc/ssl/ca-bundle.pem",                            // SUSE
	"/etc/ssl/cert.pem",                                 // the BSDs
	"/usr/local/share/certs/ca-root-nss.crt",            // older FreeBSD
	"/etc/certs/ca-certificates.crt",                    // illumos
}

// systemRoots returns the certificates (DER) that the system trusts.
func systemRoots() ([][]byte, error) {
	for _, f := range rootFiles {
		roots, err := readCertificates(f)
		if !errors.Is(err, fs.ErrNotExist) {
			return roots, err
		}
	}
	return nil, fmt.Errorf("%w: looked for %s", errNoRoots, strings.Join(rootFiles, ", "))
}
