package certs

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// rootOf writes the root of a new authority to a file, after the given text.
func rootOf(t *testing.T, before string) (path string, der []byte) {
	t.Helper()
	a := must(birth([]string{"company.example"}))(t)
	path = filepath.Join(t.TempDir(), "company.pem")
	writeTest(t, path, before+string(a.RootPEM()))
	return path, a.root.Raw
}

func read(t *testing.T, path string) [][]byte {
	t.Helper()
	return must(readCertificates(path))(t)
}

func has(all [][]byte, der []byte) bool {
	return slices.ContainsFunc(all, func(c []byte) bool { return bytes.Equal(c, der) })
}

func TestBundle(t *testing.T) {
	a, dir := openTemp(t), t.TempDir()
	path := must(WriteBundle(dir, a))(t)
	if path != filepath.Join(dir, "bundle.pem") {
		t.Errorf("path %s", path)
	}
	all, system := read(t, path), must(systemRoots())(t)
	if !has(all, a.root.Raw) {
		t.Error("without our root")
	}
	for _, der := range system {
		if !has(all, der) {
			t.Fatal("without a root of the system")
		}
	}
	if len(all) > len(system)+1 {
		t.Errorf("%d certificates, want at most %d", len(all), len(system)+1)
	}
}

func TestBundleTakesTheUsersOwn(t *testing.T) {
	key := must(x509.MarshalPKCS8PrivateKey(must(newKey())(t)))(t)
	secret := pem.EncodeToMemory(&pem.Block{Type: pemKey, Bytes: key})
	for _, name := range BundleVariables {
		t.Run(name, func(t *testing.T) {
			a, dir := openTemp(t), t.TempDir()
			file, company := rootOf(t, string(secret)+"# the company's\n")
			t.Setenv(name, file)
			path := must(WriteBundle(dir, a, file))(t)
			all := read(t, path)
			if !has(all, company) || !has(all, a.root.Raw) || len(all) < 2 {
				t.Error("lacks a certificate")
			}
			slices.SortFunc(all, bytes.Compare)
			if n := len(slices.CompactFunc(all, bytes.Equal)); n != len(read(t, path)) {
				t.Error("holds a certificate twice")
			}
			if text := must(os.ReadFile(path))(t); bytes.Contains(text, []byte("PRIVATE KEY")) || has(all, key) {
				t.Error("holds a key")
			}
		})
	}
}

// TestBundlesOfTwoEnvironments: neither takes the other's certificates away, and
// an environment that names our own bundle leads to that bundle again.
func TestBundlesOfTwoEnvironments(t *testing.T) {
	a, dir := openTemp(t), t.TempDir()
	file, company := rootOf(t, "")
	plain := must(WriteBundle(dir, a))(t)
	own := must(WriteBundle(dir, a, file))(t)
	if own == plain || has(read(t, plain), company) || !has(read(t, own), company) {
		t.Errorf("bundles %s and %s share certificates", plain, own)
	}
	for _, outer := range []string{plain, own} {
		for _, name := range BundleVariables {
			t.Setenv(name, outer)
		}
		if nested := must(WriteBundle(dir, a))(t); nested != outer {
			t.Errorf("below %s the bundle is %s", outer, nested)
		}
	}
}

func TestBundleFollowsRenewal(t *testing.T) {
	a, dir := openTemp(t), t.TempDir()
	must(WriteBundle(dir, a))(t)
	renewed := must(Renew(a.dir, providers))(t)
	if all := read(t, must(WriteBundle(dir, renewed))(t)); has(all, a.root.Raw) || !has(all, renewed.root.Raw) {
		t.Error("the bundle holds the old root, or not the new one")
	}
}

func TestUnusableCertificateFiles(t *testing.T) {
	a, dir := openTemp(t), t.TempDir()
	junk, missing := filepath.Join(dir, "junk.pem"), filepath.Join(dir, "missing.pem")
	writeTest(t, junk, "not a certificate")
	for file, want := range map[string]string{junk: "BEGIN CERTIFICATE", missing: "no such file", t.TempDir(): "BEGIN CERTIFICATE"} {
		check := func(what string, err error, want ...string) {
			t.Helper()
			for _, w := range append(want, file) {
				if err == nil || !strings.Contains(err.Error(), w) {
					t.Errorf("%s: error %v does not say %q", what, err, w)
				}
			}
		}
		_, err := UpstreamPool(file)
		check("UpstreamPool", err, want)
		_, err = WriteBundle(dir, a, file)
		check("extra", err, want)
		t.Setenv("NODE_EXTRA_CA_CERTS", file)
		_, err = WriteBundle(dir, a)
		check("NODE_EXTRA_CA_CERTS", err, want, "NODE_EXTRA_CA_CERTS")
		t.Setenv("NODE_EXTRA_CA_CERTS", "")
	}
}

func TestFolderOfCertificates(t *testing.T) {
	dir := t.TempDir()
	one, first := rootOf(t, "")
	two, second := rootOf(t, "")
	for from, to := range map[string]string{one: "one.0", two: "two.pem", filepath.Join(dir, "nowhere"): "dangling"} {
		if err := os.Symlink(from, filepath.Join(dir, to)); err != nil {
			t.Fatal(err)
		}
	}
	if all := read(t, dir); len(all) != 2 || !has(all, first) || !has(all, second) {
		t.Errorf("read %d certificates, want both", len(all))
	}
}

func TestUpstreamPool(t *testing.T) {
	file, der := rootOf(t, "")
	company := must(x509.ParseCertificate(der))(t)
	verifies := func(pool *x509.CertPool) bool {
		_, err := company.Verify(x509.VerifyOptions{Roots: pool})
		return err == nil
	}
	if verifies(must(UpstreamPool(""))(t)) {
		t.Error("an unknown root is trusted")
	}
	if !verifies(must(UpstreamPool(file))(t)) {
		t.Error("the file's root is not trusted")
	}
	damaged := filepath.Join(t.TempDir(), "damaged.pem")
	writeTest(t, damaged, string(pem.EncodeToMemory(&pem.Block{Type: pemCertificate, Bytes: der[:len(der)-1]})))
	if _, err := UpstreamPool(damaged); err == nil || !strings.Contains(err.Error(), damaged+": parse certificate 1 of 1") {
		t.Errorf("error %v", err)
	}
}
