package certs

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
)

// IsInstalled reports whether the system's trust store holds the authority's
// root. A system without a trust store holds nothing.
func IsInstalled(a *Authority) (bool, error) {
	roots, err := installedRoots()
	if errors.Is(err, errNoRoots) {
		return false, nil
	}
	return slices.ContainsFunc(roots, func(der []byte) bool { return bytes.Equal(der, a.root.Raw) }), err
}

// Install adds the authority's root to the system's trust store: on Linux for
// the machine, which needs root (the error holds the command to run otherwise),
// on macOS and Windows for the user, who is asked. Installed already is no error.
func Install(a *Authority) error {
	return change(a, true, "install the root certificate", install)
}

// Remove takes the authority's root out of the system's trust store. Not there
// is no error. It needs what Install needs.
func Remove(a *Authority) error {
	return change(a, false, "remove the root certificate", remove)
}

// change looks before and after: the tools of some systems report success and
// do nothing.
func change(a *Authority, wanted bool, what string, do func(*Authority) error) error {
	is, err := IsInstalled(a)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	if is == wanted {
		return nil
	}
	if err := do(a); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	if is, err = IsInstalled(a); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	if is != wanted {
		return fmt.Errorf("%s: the system's tool reported success, but the trust store did not change; the certificate is %s", what, a.RootFile())
	}
	return nil
}
