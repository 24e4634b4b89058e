package certs

import (
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

const (
	pemCertificate = "CERTIFICATE"
	pemKey         = "PRIVATE KEY"
	renewHint      = "make a new authority with `wiremeter ca renew`"
)

func authorityFile(dir string) string { return filepath.Join(dir, "authority.pem") }
func rootFile(dir string) string      { return filepath.Join(dir, "root.pem") }

// OpenAuthority loads the authority kept in dir. When there is none it makes
// dir (0700) and an authority for the domains; an authority that exists keeps
// its own domains (see Missing). Processes that do this at once all end with the
// same authority. An authority that is broken, expired or readable by others is
// an error that names the file and the remedy.
func OpenAuthority(dir string, domains []string) (*Authority, error) {
	// Asked first: an authority is always written before its root file.
	_, errRoot := os.Lstat(rootFile(dir))
	a, err := load(dir)
	if !errors.Is(err, fs.ErrNotExist) {
		return a, err
	}
	if errRoot == nil {
		return nil, fmt.Errorf("%s is missing although %s is there, which programs may trust: %s",
			authorityFile(dir), rootFile(dir), renewHint)
	}
	err = makeAuthority(dir, domains, os.Link) // fails where another process was faster
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("make the certificate authority: %w", err)
	}
	return load(dir)
}

// Renew makes an authority for the domains and puts it in the place of the one
// in dir, whatever state that is in. The old one cannot be had back, and must be
// removed from trust stores beforehand. A process that has the old one open goes
// on with it.
func Renew(dir string, domains []string) (*Authority, error) {
	if err := makeAuthority(dir, domains, os.Rename); err != nil {
		return nil, fmt.Errorf("renew the certificate authority: %w", err)
	}
	return load(dir)
}

// makeAuthority writes a new authority beside its final name, and has place
// move it there.
func makeAuthority(dir string, domains []string, place func(from, to string) error) error {
	a, err := birth(domains)
	if err != nil {
		return err
	}
	text, err := a.encode()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return writeFile(authorityFile(dir), text, 0o600, place)
}

// encode is what parseAuthority reads.
func (a *Authority) encode() ([]byte, error) {
	key, err := x509.MarshalPKCS8PrivateKey(a.key)
	if err != nil {
		return nil, fmt.Errorf("encode the key: %w", err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: pemKey, Bytes: key})
	for _, c := range []*x509.Certificate{a.intermediate, a.root} {
		text = append(text, pem.EncodeToMemory(&pem.Block{Type: pemCertificate, Bytes: c.Raw})...)
	}
	return text, nil
}

// writeFile writes a file that is never seen half written.
func writeFile(path string, text []byte, mode fs.FileMode, place func(from, to string) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }() // a rename has taken it away, a link has not
	_, err = f.Write(text)
	if err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close()); err != nil {
		return err
	}
	return place(f.Name(), path)
}

// load reads the authority in dir and makes sure that its root file is right.
// The error is fs.ErrNotExist when there is no authority.
func load(dir string) (*Authority, error) {
	path := authorityFile(dir)
	if err := checkModes(dir, path); err != nil {
		return nil, err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the certificate authority: %w", err)
	}
	a, err := parseAuthority(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w; %s", path, err, renewHint)
	}
	a.dir = dir
	if err := replaceFile(a.RootFile(), a.RootPEM(), 0o644); err != nil {
		return nil, err
	}
	return a, a.prepare()
}

// quote makes a path safe to paste into a shell.
func quote(path string) string { return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'" }

// checkModes refuses a key that others may read, and a folder in which they may
// replace it. Windows has no such modes: a profile's folder is private there.
func checkModes(dir, path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	for _, c := range []struct {
		path            string
		forbidden, want fs.FileMode
	}{{path, 0o077, 0o600}, {dir, 0o022, 0o700}} {
		fi, err := os.Stat(c.path)
		if err != nil {
			return fmt.Errorf("read the certificate authority: %w", err)
		}
		if mode := fi.Mode().Perm(); mode&c.forbidden != 0 {
			return fmt.Errorf("%s has mode %04o and must have %04o, because it guards a private key: run  chmod %o %s",
				c.path, mode, c.want, c.want, quote(c.path))
		}
	}
	return nil
}

func parseAuthority(text []byte) (*Authority, error) {
	var keys [][]byte
	var chain []*x509.Certificate
	for b, rest := pem.Decode(text); b != nil; b, rest = pem.Decode(rest) {
		if b.Type == pemKey {
			keys = append(keys, b.Bytes)
			continue
		}
		c, err := x509.ParseCertificate(b.Bytes)
		if b.Type != pemCertificate || err != nil {
			return nil, fmt.Errorf("has a %q block that cannot be read", b.Type)
		}
		chain = append(chain, c)
	}
	if len(keys) != 1 || len(chain) != 2 {
		return nil, fmt.Errorf("expected one private key and two certificates, found %d and %d", len(keys), len(chain))
	}
	key, err := x509.ParsePKCS8PrivateKey(keys[0])
	if err != nil {
		return nil, fmt.Errorf("parse the private key: %w", err)
	}
	ec, ok := key.(*ecdsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("expected an ECDSA key, found %T", key)
	}
	a := &Authority{intermediate: chain[0], root: chain[1], key: ec}
	return a, a.check()
}

// check refuses an authority that would not work or that could sign for anyone.
func (a *Authority) check() error {
	if !a.key.PublicKey.Equal(a.intermediate.PublicKey) {
		return errors.New("the key does not belong to the certificate")
	}
	if err := a.intermediate.CheckSignatureFrom(a.root); err != nil {
		return fmt.Errorf("the intermediate is not signed by the root: %w", err)
	}
	if !a.intermediate.PermittedDNSDomainsCritical || len(a.intermediate.PermittedDNSDomains) == 0 {
		return errors.New("the certificate has no name constraints")
	}
	if time.Now().After(a.NotAfter()) {
		return fmt.Errorf("the authority expired on %s", a.NotAfter().Format(time.DateOnly))
	}
	return nil
}
