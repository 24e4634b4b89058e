package certs

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// BundleVariables are the environment variables by which programs are given a
// file of trusted certificates. All but NODE_EXTRA_CA_CERTS and
// CODEX_CA_CERTIFICATE replace the system's roots.
var BundleVariables = []string{
	"NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "CODEX_CA_CERTIFICATE", "REQUESTS_CA_BUNDLE",
	"CURL_CA_BUNDLE", "GIT_SSL_CAINFO", "AWS_CA_BUNDLE", "DENO_CERT",
}

// WriteBundle writes the file that BundleVariables are to name, and returns its
// path: the authority's root, the system's roots, and the certificates of the
// files that these variables name now and that extra names. It takes nothing
// but certificates from them. A variable that names an unreadable file is an
// error, and so is a system without roots unless SSL_CERT_FILE names some.
//
// The file is dir/bundle.pem. Certificates that are not the system's make it
// another, with a name made from them: callers with different environments do not
// take each other's certificates away.
func WriteBundle(dir string, a *Authority, extra ...string) (path string, err error) {
	b := bundle{seen: make(map[string]bool)}
	b.add([][]byte{a.root.Raw})
	roots, err := systemRoots()
	if err != nil && (!errors.Is(err, errNoRoots) || os.Getenv("SSL_CERT_FILE") == "") {
		return "", fmt.Errorf("write the certificate bundle: %w", err)
	}
	b.add(roots)
	before := b.text.Len()
	if err := b.addOwn(extra); err != nil {
		return "", fmt.Errorf("write the certificate bundle: %w", err)
	}
	name := "bundle.pem"
	if own := b.text.Bytes()[before:]; len(own) > 0 {
		sum := sha256.Sum256(own)
		name = "bundle-" + hex.EncodeToString(sum[:4]) + ".pem"
	}
	path = filepath.Join(dir, name)
	return path, replaceFile(path, b.text.Bytes(), 0o644)
}

// bundle collects certificates, each once.
type bundle struct {
	text bytes.Buffer
	seen map[string]bool
}

func (b *bundle) add(certificates [][]byte) {
	for _, der := range certificates {
		if b.seen[string(der)] {
			continue
		}
		b.seen[string(der)] = true
		_ = pem.Encode(&b.text, &pem.Block{Type: pemCertificate, Bytes: der}) // a bytes.Buffer takes all
	}
}

// addOwn adds the user's own certificates.
func (b *bundle) addOwn(extra []string) error {
	for _, name := range BundleVariables {
		path := os.Getenv(name)
		if path == "" {
			continue
		}
		own, err := readCertificates(path)
		if err != nil {
			return inVariable(name, err)
		}
		b.add(own)
	}
	for _, path := range extra {
		own, err := readCertificates(path)
		if err != nil {
			return err
		}
		b.add(own)
	}
	return nil
}

// replaceFile leaves a file alone that is right already.
func replaceFile(path string, text []byte, mode fs.FileMode) error {
	if have, err := os.ReadFile(path); err == nil && bytes.Equal(have, text) {
		return nil
	}
	if err := writeFile(path, text, mode, os.Rename); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}
