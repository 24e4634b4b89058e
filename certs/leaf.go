package certs

import (
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"time"
)

const (
	leafLife    = 90 * 24 * time.Hour
	renewAhead  = 30 * 24 * time.Hour
	maxLeaves   = 1024 // names below a permitted domain are without end
	leafSubject = "wiremeter leaf"
)

// Leaf returns the certificate for the host with its chain, which ends below
// the root. It is signed at first use and again when less than thirty days are
// left; calls at once for one host share one certificate. A host that the
// authority does not permit is an error. The certificate must not be changed.
func (a *Authority) Leaf(host string) (*tls.Certificate, error) {
	host = canonical(host)
	if !a.Permits(host) {
		return nil, fmt.Errorf("sign a certificate for %q: the authority permits only %v until %s",
			host, a.intermediate.PermittedDNSDomains, a.NotAfter().Format(time.DateOnly))
	}
	// Signing takes a fraction of a millisecond, so it may hold the lock: that
	// is all it needs to happen once for all who wait.
	a.mu.Lock()
	defer a.mu.Unlock()
	if c, ok := a.leaves[host]; ok && time.Until(c.Leaf.NotAfter) > renewAhead {
		return c, nil
	}
	c, err := a.mint(host)
	if err != nil {
		return nil, err
	}
	if a.leaves == nil || len(a.leaves) >= maxLeaves {
		a.leaves = make(map[string]*tls.Certificate)
	}
	a.leaves[host] = c
	return c, nil
}

func (a *Authority) mint(host string) (*tls.Certificate, error) {
	now := time.Now()
	leaf, err := sign(&x509.Certificate{
		// The host stands in DNSNames alone: a common name ends at 64 bytes, and
		// verifiers no longer read it.
		Subject:     pkix.Name{CommonName: leafSubject, Organization: []string{"wiremeter"}},
		DNSNames:    []string{host},
		NotBefore:   now.Add(-backdate),
		NotAfter:    earlier(now.Add(leafLife), a.NotAfter()),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}, a.intermediate, &a.leafKey.PublicKey, a.key)
	if err != nil {
		return nil, err
	}
	return &tls.Certificate{
		Certificate: [][]byte{leaf.Raw, a.intermediate.Raw},
		PrivateKey:  a.leafKey,
		Leaf:        leaf,
	}, nil
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
