package certs

import (
	"crypto/sha1" // the name by which the keychain knows a certificate
	"fmt"
	"os"
	"path/filepath"
)

// installedRoots asks all keychains that the user searches.
func installedRoots() ([][]byte, error) {
	text, err := command("security", "find-certificate", "-a", "-p")
	return certificates(text), err
}

func loginKeychain() (string, error) {
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("find the login keychain: %w", err)
	}
	return filepath.Join(home, "Library", "Keychains", "login.keychain-db"), nil
}

// install trusts the root for TLS alone, and for this user alone, whom macOS
// asks for the password.
func install(a *Authority) error {
	keychain, err := loginKeychain()
	if err != nil {
		return err
	}
	_, err = command("security", "add-trusted-cert", "-r", "trustRoot", "-p", "ssl", "-k", keychain, a.RootFile())
	return err
}

func remove(a *Authority) error {
	keychain, err := loginKeychain()
	if err != nil {
		return err
	}
	_, err = command("security", "delete-certificate", "-Z", fmt.Sprintf("%X", sha1.Sum(a.root.Raw)), "-t", keychain)
	return err
}
