package certs

import (
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// childDir makes this binary open an authority and print its fingerprint.
const childDir = "CERTS_TEST_OPEN"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		a, err := OpenAuthority(dir, providers)
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println(a.Fingerprint())
		os.Exit(0)
	}
	// What the machine's own environment names must not change a result.
	for _, name := range BundleVariables {
		if err := os.Unsetenv(name); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

func openTemp(t *testing.T) *Authority {
	t.Helper()
	return must(OpenAuthority(filepath.Join(t.TempDir(), "ca"), providers))(t)
}

func TestFirstUse(t *testing.T) {
	a := openTemp(t)
	for path, want := range map[string]os.FileMode{a.dir: 0o700, authorityFile(a.dir): 0o600, a.RootFile(): 0o644} {
		if got := must(os.Stat(path))(t).Mode().Perm(); got != want {
			t.Errorf("%s has mode %o, want %o", path, got, want)
		}
	}
	again := must(OpenAuthority(a.dir, []string{"other.example"}))(t)
	if again.Fingerprint() != a.Fingerprint() {
		t.Error("a second use made another authority")
	}
	if got := strings.Join(again.Domains(), " "); got != "api.anthropic.com api.openai.com chatgpt.com" {
		t.Errorf("Domains() = %s", got)
	}
}

func TestRootKeyIsNeverWritten(t *testing.T) {
	a := openTemp(t)
	keys := 0
	for _, e := range must(os.ReadDir(a.dir))(t) {
		text := must(os.ReadFile(filepath.Join(a.dir, e.Name())))(t)
		for b, rest := pem.Decode(text); b != nil; b, rest = pem.Decode(rest) {
			if b.Type == pemCertificate {
				continue
			}
			keys++
			key, ok := must(x509.ParsePKCS8PrivateKey(b.Bytes))(t).(*ecdsa.PrivateKey)
			if !ok || key.PublicKey.Equal(a.root.PublicKey) || !key.PublicKey.Equal(a.intermediate.PublicKey) {
				t.Errorf("%s holds another key than the intermediate's", e.Name())
			}
		}
	}
	if keys != 1 {
		t.Errorf("%d keys on disk, want the intermediate's alone", keys)
	}
}

func TestCertificatesOfAnAuthority(t *testing.T) {
	a := openTemp(t)
	for _, c := range []struct {
		name    string
		cert    *x509.Certificate
		below   int // how many authorities may stand below
		usages  string
		subject string
	}{
		{"root", a.root, 1, "[]", "wiremeter root 2"},
		{"intermediate", a.intermediate, 0, fmt.Sprint([]x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}), "wiremeter intermediate 2"},
	} {
		if !c.cert.IsCA || c.cert.MaxPathLen != c.below || c.cert.KeyUsage != x509.KeyUsageCertSign|x509.KeyUsageCRLSign {
			t.Errorf("%s: authority %v, %d below, key usage %b", c.name, c.cert.IsCA, c.cert.MaxPathLen, c.cert.KeyUsage)
		}
		if got := fmt.Sprint(c.cert.ExtKeyUsage); got != c.usages {
			t.Errorf("%s: extended key usages %s", c.name, got)
		}
		if name := c.cert.Subject.CommonName; !strings.HasPrefix(name, c.subject) || len(name) > 64 {
			t.Errorf("%s: common name %q", c.name, name)
		}
		if len(c.cert.SubjectKeyId) == 0 || !c.cert.PermittedDNSDomainsCritical {
			t.Errorf("%s: key id %x, critical constraints %v", c.name, c.cert.SubjectKeyId, c.cert.PermittedDNSDomainsCritical)
		}
		if c.cert.NotAfter.Year()-time.Now().Year() != authorityYears {
			t.Errorf("%s: lives until %s", c.name, c.cert.NotAfter)
		}
	}
	other := openTemp(t)
	if string(other.root.RawSubject) == string(a.root.RawSubject) || other.root.SerialNumber.Cmp(a.root.SerialNumber) == 0 {
		t.Error("two authorities share a name or a serial number")
	}
}

func TestProcessesAtOnceShareOneAuthority(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ca")
	self := must(os.Executable())(t)
	prints := make([]string, 8)
	var wait sync.WaitGroup
	for i := range prints {
		wait.Go(func() {
			c := exec.CommandContext(t.Context(), self)
			c.Env = append(os.Environ(), childDir+"="+dir)
			out, err := c.CombinedOutput()
			if err != nil {
				t.Errorf("process %d: %v: %s", i, err, out)
			}
			prints[i] = strings.TrimSpace(string(out))
		})
	}
	wait.Wait()
	a := must(OpenAuthority(dir, providers))(t)
	for i, p := range prints {
		if p != a.Fingerprint() {
			t.Errorf("process %d has authority %s, want %s", i, p, a.Fingerprint())
		}
	}
	if left := must(filepath.Glob(filepath.Join(dir, ".*")))(t); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestPermits(t *testing.T) {
	a := openTemp(t)
	for host, want := range map[string]bool{
		"api.anthropic.com":                      true,
		"API.Anthropic.COM.":                     true,
		"eu.chatgpt.com":                         true,
		"anthropic.com":                          false,
		"notchatgpt.com":                         false,
		"chatgpt.com.evil.example":               false,
		"*.chatgpt.com":                          false,
		"a b.chatgpt.com":                        false,
		"a\x00.chatgpt.com":                      false,
		".chatgpt.com":                           false,
		"chatgpt.com:443":                        false,
		"":                                       false,
		"127.0.0.1":                              false,
		"::1":                                    false,
		strings.Repeat("a", 64) + ".chatgpt.com": false,
		strings.Repeat("a.", 130) + "chatgpt.com": false,
	} {
		if got := a.Permits(host); got != want {
			t.Errorf("Permits(%q) = %v, want %v", host, got, want)
		}
		if _, err := a.Leaf(host); (err == nil) != want {
			t.Errorf("Leaf(%q): %v", host, err)
		}
	}
	if got := fmt.Sprint(a.Missing([]string{"ChatGPT.com", "new.example", "api.openai.com", "127.0.0.1"})); got != "[new.example 127.0.0.1]" {
		t.Errorf("Missing = %s", got)
	}
}

func TestOtherKindsOfNamesAreExcluded(t *testing.T) {
	a := openTemp(t)
	for name, leaf := range map[string]*x509.Certificate{
		"mail": {DNSNames: []string{"chatgpt.com"}, EmailAddresses: []string{"teller@" + outsider}},
		"uri":  {DNSNames: []string{"chatgpt.com"}, URIs: []*url.URL{{Scheme: "https", Host: outsider}}},
	} {
		shown := forge(t, a, leaf)
		c := must(x509.ParseCertificate(shown.Certificate[0]))(t)
		roots, between := x509.NewCertPool(), x509.NewCertPool()
		roots.AddCert(a.root)
		between.AddCert(a.intermediate)
		if _, err := c.Verify(x509.VerifyOptions{Roots: roots, Intermediates: between}); err == nil {
			t.Errorf("%s: a forged certificate verifies", name)
		}
	}
}

func TestUnsoundDomains(t *testing.T) {
	for _, domains := range [][]string{nil, {"com"}, {"127.0.0.1"}, {"*.example.com"}, {""}, {"https://api.example.com"}} {
		dir := filepath.Join(t.TempDir(), "ca")
		if _, err := OpenAuthority(dir, domains); err == nil || !strings.Contains(err.Error(), "domain") {
			t.Errorf("OpenAuthority(%q): %v", domains, err)
		}
		if _, err := os.Stat(authorityFile(dir)); err == nil {
			t.Errorf("%q left an authority behind", domains)
		}
	}
}

func TestBrokenAuthority(t *testing.T) {
	rewrite := func(from, to string) func(*testing.T, *Authority) {
		return func(t *testing.T, a *Authority) {
			text := string(must(os.ReadFile(authorityFile(a.dir)))(t))
			writeTest(t, authorityFile(a.dir), strings.Replace(text, from, to, 1))
		}
	}
	for _, c := range []struct {
		name string
		harm func(*testing.T, *Authority)
		want []string // beside the file's name
	}{
		{"key_for_all", func(t *testing.T, a *Authority) { chmod(t, authorityFile(a.dir), 0o644) }, []string{"mode 0644", "0600", "chmod 600"}},
		{"folder_for_all", func(t *testing.T, a *Authority) { chmod(t, a.dir, 0o777) }, []string{"mode 0777", "0700", "chmod 700"}},
		{"gone", func(t *testing.T, a *Authority) { unlink(t, authorityFile(a.dir)) }, []string{"missing", "ca renew"}},
		{"empty", func(t *testing.T, a *Authority) { writeTest(t, authorityFile(a.dir), "") }, []string{"found 0 and 0", "ca renew"}},
		{"no_key", rewrite("BEGIN PRIVATE KEY", "BEGIN NOTHING"), []string{"found 0 and 2", "ca renew"}},
		{"cut", func(t *testing.T, a *Authority) {
			text := must(os.ReadFile(authorityFile(a.dir)))(t)
			writeTest(t, authorityFile(a.dir), string(text[:len(text)/2]))
		}, []string{"ca renew"}},
		{"not_ours", func(t *testing.T, a *Authority) { keep(t, looseAuthority(t), a.dir) }, []string{"no name constraints", "ca renew"}},
		{"other_key", func(t *testing.T, a *Authority) {
			mixed := *must(birth(providers))(t)
			mixed.key = a.key
			keep(t, &mixed, a.dir)
		}, []string{"key does not belong", "ca renew"}},
		{"other_root", func(t *testing.T, a *Authority) {
			mixed := *must(birth(providers))(t)
			mixed.root = a.root
			keep(t, &mixed, a.dir)
		}, []string{"not signed by the root", "ca renew"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := openTemp(t)
			c.harm(t, a)
			_, err := OpenAuthority(a.dir, providers)
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range append(c.want, a.dir) {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q does not say %q", err, want)
				}
			}
		})
	}
}

// keep writes an authority that may be unsound.
func keep(t *testing.T, a *Authority, dir string) {
	t.Helper()
	writeTest(t, authorityFile(dir), string(must(a.encode())(t)))
}

func writeTest(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func chmod(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

func unlink(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

func TestExpiredAuthority(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ca")
	synctest.Test(t, func(t *testing.T) { // its clock starts in the year 2000
		a := must(OpenAuthority(dir, providers))(t)
		time.Sleep(time.Until(a.NotAfter()) - time.Hour)
		if !a.Permits("chatgpt.com") {
			t.Error("permits nothing in its last hour")
		}
		if end := must(a.Leaf("chatgpt.com"))(t).Leaf.NotAfter; end.After(a.NotAfter()) {
			t.Errorf("a leaf lives until %s, its authority until %s", end, a.NotAfter())
		}
		time.Sleep(time.Hour)
		if a.Permits("chatgpt.com") {
			t.Error("permits a host after its end")
		}
	})
	_, err := OpenAuthority(dir, providers)
	if err == nil || !strings.Contains(err.Error(), "expired on 2010-01-01") || !strings.Contains(err.Error(), "ca renew") {
		t.Errorf("error %v", err)
	}
}

func TestRenew(t *testing.T) {
	for name, harm := range map[string]func(*Authority){
		"sound":   func(*Authority) {},
		"broken":  func(a *Authority) { writeTest(t, authorityFile(a.dir), "nothing") },
		"missing": func(a *Authority) { unlink(t, authorityFile(a.dir)) },
	} {
		t.Run(name, func(t *testing.T) {
			old := openTemp(t)
			harm(old)
			a := must(Renew(old.dir, []string{"new.example"}))(t)
			if a.Fingerprint() == old.Fingerprint() || !a.Permits("new.example") || a.Permits("chatgpt.com") {
				t.Error("the old authority was kept")
			}
			if again := must(OpenAuthority(a.dir, providers))(t); again.Fingerprint() != a.Fingerprint() {
				t.Error("what was opened next is not the new authority")
			}
			if got := must(os.ReadFile(a.RootFile()))(t); string(got) != string(a.RootPEM()) {
				t.Error("root.pem is the old one")
			}
			if n := len(must(os.ReadDir(a.dir))(t)); n != 2 {
				t.Errorf("%d files in %s, want 2", n, a.dir)
			}
		})
	}
}
