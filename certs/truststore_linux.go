package certs

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// anchors is a folder of certificates that the machine is to trust, and the
// command that makes it do so.
type anchors struct {
	dir    string
	suffix string // the update command overlooks other files
	update string
}

var anchorFolders = []anchors{
	{"/etc/pki/ca-trust/source/anchors", ".pem", "update-ca-trust"},          // Fedora, RHEL
	{"/etc/ca-certificates/trust-source/anchors", ".crt", "update-ca-trust"}, // Arch
	{"/etc/pki/trust/anchors", ".pem", "update-ca-certificates"},             // SUSE
	{"/usr/local/share/ca-certificates", ".crt", "update-ca-certificates"},   // Debian, Ubuntu, Alpine
}

func installedRoots() ([][]byte, error) { return systemRoots() }

func findAnchors(a *Authority) (anchors, error) {
	var tried []string
	for _, f := range anchorFolders {
		if fi, err := os.Stat(f.dir); err == nil && fi.IsDir() {
			return f, nil
		}
		tried = append(tried, f.dir)
	}
	return anchors{}, fmt.Errorf("no trust store of a known kind (looked for %s): add %s by hand, or install the package ca-certificates",
		strings.Join(tried, ", "), a.RootFile())
}

// file has a name of its own for each authority: a machine may have many users.
func (f anchors) file(a *Authority) string {
	sum := sha256.Sum256(a.root.Raw)
	return filepath.Join(f.dir, "wiremeter-"+hex.EncodeToString(sum[:4])+f.suffix)
}

func install(a *Authority) error {
	f, err := findAnchors(a)
	if err != nil {
		return err
	}
	if os.Geteuid() != 0 {
		return fmt.Errorf("only root may do that: run  sudo cp %s %s && sudo %s", quote(a.RootFile()), f.file(a), f.update)
	}
	return f.install(a)
}

func (f anchors) install(a *Authority) error {
	if err := writeFile(f.file(a), a.RootPEM(), 0o644, os.Rename); err != nil {
		return err
	}
	return f.run()
}

func remove(a *Authority) error {
	f, err := findAnchors(a)
	if err != nil {
		return err
	}
	if os.Geteuid() != 0 {
		return fmt.Errorf("only root may do that: run  sudo rm %s && sudo %s", f.file(a), f.update)
	}
	return f.remove(a)
}

func (f anchors) remove(a *Authority) error {
	err := os.Remove(f.file(a))
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the certificate %s is trusted, but not by the file %s: wiremeter did not add it, remove it by hand", a.Fingerprint(), f.file(a))
	}
	if err != nil {
		return err
	}
	return f.run()
}

// run brings the machine's bundle up to date. The command may lie outside the
// user's PATH.
func (f anchors) run() error {
	fields := strings.Fields(f.update)
	path, err := exec.LookPath(fields[0])
	if err != nil {
		path = filepath.Join("/usr/sbin", fields[0])
	}
	_, err = command(path, fields[1:]...)
	return err
}
