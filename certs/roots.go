package certs

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// errNoRoots is wrapped by the error of systemRoots where there is no store.
var errNoRoots = errors.New("no root certificates found on this system")

// UpstreamPool returns what providers' certificates are verified against: the
// system's roots, or where Go heeds it those of SSL_CERT_FILE, and the
// certificates in caFile, a PEM file, unless that is "".
func UpstreamPool(caFile string) (*x509.CertPool, error) {
	if err := checkCertFile(); err != nil {
		return nil, err
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		return nil, fmt.Errorf("read the system's root certificates: %w", err)
	}
	if caFile != "" {
		return pool, addFile(pool, caFile)
	}
	if pool.Equal(x509.NewCertPool()) {
		return nil, fmt.Errorf("%w: install the system's package of them (ca-certificates), or name a file with SSL_CERT_FILE", errNoRoots)
	}
	return pool, nil
}

// checkCertFile looks at the variable itself because crypto/x509 reads it
// silently: a misspelt path would surface as an unknown authority.
func checkCertFile() error {
	path := os.Getenv("SSL_CERT_FILE")
	if path == "" || runtime.GOOS == "darwin" || runtime.GOOS == "windows" {
		return nil
	}
	_, err := readCertificates(path)
	return inVariable("SSL_CERT_FILE", err)
}

func inVariable(name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("the environment variable %s: %w", name, err)
}

func addFile(pool *x509.CertPool, path string) error {
	all, err := readCertificates(path)
	if err != nil {
		return err
	}
	for i, der := range all {
		c, err := x509.ParseCertificate(der)
		if err != nil {
			return fmt.Errorf("%s: parse certificate %d of %d: %w", path, i+1, len(all), err)
		}
		pool.AddCert(c)
	}
	return nil
}

// readCertificates returns the certificates (DER) of a PEM file, or of all
// files of a folder, as OpenSSL and Python's requests take either. None is an
// error.
func readCertificates(path string) ([][]byte, error) {
	fi, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read certificates: %w", err)
	}
	files := []string{path}
	if fi.IsDir() {
		if files, err = filesIn(path); err != nil {
			return nil, fmt.Errorf("read certificates: %w", err)
		}
	}
	var all [][]byte
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			return nil, fmt.Errorf("read certificates: %w", err)
		}
		all = append(all, certificates(text)...)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s holds no certificate: expected PEM, with lines of BEGIN CERTIFICATE", path)
	}
	return all, nil
}

func filesIn(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var files []string
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		// Stat follows the links of an OpenSSL folder, of which some may dangle.
		if fi, err := os.Stat(path); err == nil && fi.Mode().IsRegular() {
			files = append(files, path)
		}
	}
	return files, nil
}

// certificates leaves out everything else, such as a key in the same file.
func certificates(text []byte) [][]byte {
	var all [][]byte
	for b, rest := pem.Decode(text); b != nil; b, rest = pem.Decode(rest) {
		if b.Type == pemCertificate {
			all = append(all, b.Bytes)
		}
	}
	return all
}

// command runs a tool of the system and returns what it printed. The limit
// leaves time to answer a question for a password.
func command(name string, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, name, args...)
	var complaint strings.Builder
	c.Stderr = &complaint
	out, err := c.Output()
	if err != nil {
		said := strings.TrimSpace(complaint.String() + "\n" + string(out))
		return nil, fmt.Errorf("run %s: %w; it said: %q", strings.Join(append([]string{name}, args...), " "), err, said)
	}
	return out, nil
}
