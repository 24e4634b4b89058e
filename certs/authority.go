package certs

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"slices"
	"strings"
	"sync"
	"time"
)

// Authority is wiremeter's own certificate authority. Get one from
// OpenAuthority or Renew. Its methods may be called from any goroutine.
type Authority struct {
	dir          string
	root         *x509.Certificate
	intermediate *x509.Certificate
	key          *ecdsa.PrivateKey // the intermediate's
	leafKey      *ecdsa.PrivateKey // in memory only
	server       *tls.Config

	mu      sync.Mutex
	leaves  map[string]*tls.Certificate
	configs map[string]*tls.Config // by host
}

// Permits reports whether the authority can speak for the host: its name is
// covered by the constraints in the authority's own certificate, it is no IP
// address, and the authority has not expired. Case and one trailing dot do not
// matter. A host that is not permitted must be tunnelled.
func (a *Authority) Permits(host string) bool {
	return time.Now().Before(a.NotAfter()) && a.covers(canonical(host))
}

func (a *Authority) covers(host string) bool {
	return isDomain(host) && slices.ContainsFunc(a.intermediate.PermittedDNSDomains, func(d string) bool {
		return host == d || strings.HasSuffix(host, "."+d)
	})
}

// Missing returns those of the domains that the authority's constraints do not
// cover, in their order; nil when there is none. Renew makes an authority that
// covers them.
func (a *Authority) Missing(domains []string) []string {
	var missing []string
	for _, d := range domains {
		if !a.covers(canonical(d)) {
			missing = append(missing, d)
		}
	}
	return missing
}

// Domains returns the domains of the authority's constraints, sorted. Names
// below them are permitted too.
func (a *Authority) Domains() []string { return slices.Clone(a.intermediate.PermittedDNSDomains) }

// RootPEM returns the root certificate, which is what agents are to trust.
func (a *Authority) RootPEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: pemCertificate, Bytes: a.root.Raw})
}

// RootFile returns the path of the file with the root certificate.
func (a *Authority) RootFile() string { return rootFile(a.dir) }

// Fingerprint returns the SHA-256 of the root certificate as OpenSSL and the
// systems' certificate viewers print it: "AB:CD:…".
func (a *Authority) Fingerprint() string {
	sum := sha256.Sum256(a.root.Raw)
	pairs := make([]string, len(sum))
	for i, b := range sum {
		pairs[i] = strings.ToUpper(hex.EncodeToString([]byte{b}))
	}
	return strings.Join(pairs, ":")
}

// NotAfter returns the end of the authority's life.
func (a *Authority) NotAfter() time.Time {
	if a.root.NotAfter.Before(a.intermediate.NotAfter) {
		return a.root.NotAfter
	}
	return a.intermediate.NotAfter
}
