package certs

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// The proofs: real clients are led to a server on loopback that shows what the
// authority signs, and what a thief with the intermediate's key would sign.

var providers = []string{"api.anthropic.com", "api.openai.com", "chatgpt.com"}

const (
	outsider = "www.bank.example"
	loopback = "127.0.0.1"
)

// client makes one HTTPS request to the stage's host and trusts its root alone,
// or beside the roots that it brings. It returns what it printed.
type client func(t *testing.T, s *stage) string

// stage is a server on loopback and what was seen there.
type stage struct {
	host     string // the name or address that the client is told to speak to
	addr     string // where the server is
	rootFile string
	believed signal // a request for the host has come
	refused  signal // a handshake for the host has failed

	mu     sync.Mutex
	hellos []string // the clients' addresses of all handshakes begun for the host
}

// signal is a channel that is closed once.
type signal struct {
	once sync.Once
	c    chan struct{}
}

func (s *signal) give() { s.once.Do(func() { close(s.c) }) }

func newStage(t *testing.T, host, rootFile string, shown tls.Certificate) *stage {
	t.Helper()
	s := &stage{host: host, rootFile: rootFile}
	s.believed.c, s.refused.c = make(chan struct{}), make(chan struct{})
	server := httptest.NewUnstartedServer(s)
	server.Config.ErrorLog = log.New(s, "", 0)
	server.TLS = &tls.Config{GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		if hello.ServerName == host || hello.ServerName == "" && host == loopback {
			s.mu.Lock()
			s.hellos = append(s.hellos, hello.Conn.RemoteAddr().String())
			s.mu.Unlock()
		}
		return &tls.Config{Certificates: []tls.Certificate{shown}}, nil
	}}
	server.StartTLS()
	t.Cleanup(server.Close)
	s.addr = server.Listener.Addr().String()
	return s
}

func (s *stage) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if hostname(r.Host) == s.host {
		s.believed.give()
	}
	w.Header().Set("Connection", "close")
	http.Error(w, `{"error":{"message":"nothing to see"}}`, http.StatusBadRequest)
}

// Write takes the server's complaints: a handshake that failed is told here
// alone, with the client's address. TLS 1.3 and 1.2 both let a server finish its
// handshake only after the client has verified the certificate.
func (s *stage) Write(line []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, addr := range s.hellos {
		if bytes.Contains(line, []byte("TLS handshake error from "+addr+":")) {
			s.refused.give()
		}
	}
	return len(line), nil
}

func hostname(hostport string) string {
	if host, _, err := net.SplitHostPort(hostport); err == nil {
		return host
	}
	return hostport
}

func (s *stage) port() string {
	_, port, _ := net.SplitHostPort(s.addr)
	return port
}

// url leads to the server without help only where the host is an address.
func (s *stage) url() string {
	if s.host == loopback {
		return "https://" + s.addr + "/"
	}
	return "https://" + s.host + "/"
}

// isBelieved lets the client loose and reports whether it trusted the server.
// A client that did not come, or came and left, has proved nothing.
func (s *stage) isBelieved(t *testing.T, c client) bool {
	t.Helper()
	said := c(t, s)
	t.Logf("%.600s", said)
	select {
	case <-s.believed.c:
		return true
	case <-s.refused.c:
		return false
	case <-time.After(10 * time.Second):
		t.Fatalf("the client neither believed nor refused the certificate for %s:\n%s", s.host, said)
		return false
	}
}

// proveClient shows the client everything. The same forgeries by an authority
// without constraints must be believed: else their refusal would prove nothing.
func proveClient(t *testing.T, c client) {
	bound, err := OpenAuthority(t.TempDir(), providers)
	if err != nil {
		t.Fatal(err)
	}
	loose := looseAuthority(t)
	for _, p := range []struct {
		name     string
		host     string
		shown    tls.Certificate
		by       *Authority
		believed bool
	}{
		{"permitted", "api.anthropic.com", leafOf(t, bound, "api.anthropic.com"), bound, true},
		{"below_permitted", "eu.chatgpt.com", leafOf(t, bound, "eu.chatgpt.com"), bound, true},
		{"outside", outsider, forge(t, bound, san(outsider)), bound, false},
		{"outside_control", outsider, forge(t, loose, san(outsider)), loose, true},
		{"outside_beside_permitted", outsider, forge(t, bound, san("chatgpt.com", outsider)), bound, false},
		{"outside_by_suffix", "notchatgpt.com", forge(t, bound, san("notchatgpt.com")), bound, false},
		{"common_name", outsider, forge(t, bound, &x509.Certificate{Subject: pkix.Name{CommonName: outsider}}), bound, false},
		{"address", loopback, forge(t, bound, address()), bound, false},
		{"address_control", loopback, forge(t, loose, address()), loose, true},
		{"authority_below", outsider, forgeBelow(t, bound), bound, false},
		{"authority_widened", outsider, forgeWidened(t, bound), bound, false},
	} {
		t.Run(p.name, func(t *testing.T) {
			s := newStage(t, p.host, p.by.RootFile(), p.shown)
			if got := s.isBelieved(t, c); got != p.believed {
				t.Errorf("believed = %v, want %v", got, p.believed)
			}
		})
	}
}

// looseAuthority is one as ours without constraints.
func looseAuthority(t *testing.T) *Authority {
	t.Helper()
	rootKey, key := must(newKey())(t), must(newKey())(t)
	root, intermediate, err := authorityTemplates(rootKey, providers)
	if err != nil {
		t.Fatal(err)
	}
	loosen(root)
	loosen(intermediate)
	a := &Authority{dir: t.TempDir(), key: key}
	a.root = must(sign(root, root, &rootKey.PublicKey, rootKey))(t)
	a.intermediate = must(sign(intermediate, a.root, &key.PublicKey, rootKey))(t)
	a.leafKey = must(newKey())(t)
	if err := os.WriteFile(a.RootFile(), a.RootPEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	return a
}

func loosen(c *x509.Certificate) {
	c.PermittedDNSDomainsCritical = false
	c.PermittedDNSDomains, c.PermittedEmailAddresses, c.PermittedURIDomains, c.ExcludedIPRanges = nil, nil, nil, nil
}

func san(hosts ...string) *x509.Certificate { return &x509.Certificate{DNSNames: hosts} }
func address() *x509.Certificate {
	return &x509.Certificate{IPAddresses: []net.IP{net.ParseIP(loopback)}}
}

func leafOf(t *testing.T, a *Authority, host string) tls.Certificate {
	t.Helper()
	return *must(a.Leaf(host))(t)
}

// forge signs with the stolen key and asks nobody.
func forge(t *testing.T, a *Authority, leaf *x509.Certificate) tls.Certificate {
	t.Helper()
	return forgeWith(t, a.intermediate, a.key, leaf)
}

func forgeWith(t *testing.T, issuer *x509.Certificate, key *ecdsa.PrivateKey, leaf *x509.Certificate, above ...[]byte) tls.Certificate {
	t.Helper()
	leaf.NotBefore, leaf.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	leaf.KeyUsage, leaf.ExtKeyUsage = x509.KeyUsageDigitalSignature, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	if leaf.Subject.CommonName == "" {
		leaf.Subject.CommonName = "forged"
	}
	own := must(newKey())(t)
	c := must(sign(leaf, issuer, &own.PublicKey, key))(t)
	return tls.Certificate{Certificate: append([][]byte{c.Raw, issuer.Raw}, above...), PrivateKey: own}
}

// forgeBelow signs by way of a further authority without constraints.
func forgeBelow(t *testing.T, a *Authority) tls.Certificate {
	t.Helper()
	template := authorityTemplate("forged authority", time.Now(), nil)
	loosen(template)
	key := must(newKey())(t)
	below := must(sign(template, a.intermediate, &key.PublicKey, a.key))(t)
	return forgeWith(t, below, key, san(outsider), a.intermediate.Raw)
}

// forgeWidened signs by way of an intermediate with the name and the key of the
// true one but without constraints, which only that key could sign.
func forgeWidened(t *testing.T, a *Authority) tls.Certificate {
	t.Helper()
	template := *a.intermediate
	loosen(&template)
	template.ExtraExtensions, template.Extensions = nil, nil
	// x509.CreateCertificate refuses a parent whose key did not sign.
	posing := *a.root
	posing.PublicKey = &a.key.PublicKey
	return forgeWith(t, must(sign(&template, &posing, &a.key.PublicKey, a.key))(t), a.key, san(outsider))
}

func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// program runs a client of another language without our environment, and ends
// it soon after a refusal: some would try again for ever. How it ends is of no
// interest: the stage has seen what it did.
func (s *stage) program(t *testing.T, stdin string, env []string, name string, args ...string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("this proof needs %s: %v", name, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	go func() {
		select {
		case <-s.refused.c:
			time.AfterFunc(2*time.Second, cancel)
		case <-ctx.Done():
		}
	}()
	c := exec.CommandContext(ctx, path, args...)
	c.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()}, env...)
	c.Stdin = strings.NewReader(stdin)
	c.WaitDelay = 5 * time.Second
	out, err := c.CombinedOutput()
	return fmt.Sprintf("%s: %v\n%s", filepath.Base(path), err, out)
}

func TestGoIsBound(t *testing.T) {
	proveClient(t, func(t *testing.T, s *stage) string {
		roots := x509.NewCertPool()
		if err := addFile(roots, s.rootFile); err != nil {
			t.Fatal(err)
		}
		dial := func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, s.addr)
		}
		c := http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{
			DialContext: dial, TLSClientConfig: &tls.Config{RootCAs: roots}, DisableKeepAlives: true,
		}}
		r, err := c.Do(must(http.NewRequestWithContext(t.Context(), http.MethodGet, s.url(), nil))(t))
		if err != nil {
			return err.Error()
		}
		defer r.Body.Close()
		return r.Status
	})
}

func TestOpenSSLIsBound(t *testing.T) {
	proveClient(t, func(t *testing.T, s *stage) string {
		args := []string{"s_client", "-connect", s.addr, "-CAfile", s.rootFile, "-no-CApath", "-no-CAstore",
			"-verify_return_error", "-x509_strict", "-quiet"}
		if s.host == loopback {
			args = append(args, "-noservername", "-verify_ip", s.host)
		} else {
			args = append(args, "-servername", s.host, "-verify_hostname", s.host)
		}
		request := "GET / HTTP/1.1\r\nHost: " + s.host + "\r\n\r\n"
		return s.program(t, request, nil, "openssl", args...)
	})
}

func TestNodeIsBound(t *testing.T) {
	const script = `
const [host, port] = process.argv.slice(1);
const tls = require('tls');
const isAddress = /^[0-9.]+$/.test(host);
const c = tls.connect({host: '127.0.0.1', port, servername: isAddress ? '' : host}, () => {
  c.write('GET / HTTP/1.1\r\nHost: ' + host + '\r\n\r\n');
});
c.on('error', (e) => { console.log(e.code, e.message); process.exit(1); });
c.on('data', () => {}).on('end', () => process.exit(0));`
	proveClient(t, func(t *testing.T, s *stage) string {
		return s.program(t, "", []string{"NODE_EXTRA_CA_CERTS=" + s.rootFile}, "node", "-e", script, s.host, s.port())
	})
}

// detour is the URL of a proxy through which every host leads to the stage.
func detour(t *testing.T, s *stage) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect {
			http.Error(w, "CONNECT only", http.StatusMethodNotAllowed)
			return
		}
		to, err := new(net.Dialer).DialContext(r.Context(), "tcp", s.addr)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer to.Close()
		from, ahead, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer from.Close()
		fmt.Fprint(from, "HTTP/1.1 200 Connection established\r\n\r\n")
		go func() {
			_, _ = io.Copy(to, ahead)
			_ = to.(*net.TCPConn).CloseWrite()
		}()
		_, _ = io.Copy(from, to)
	}))
	t.Cleanup(server.Close)
	return server.URL
}
