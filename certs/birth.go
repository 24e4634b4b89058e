package certs

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"fmt"
	"math/big"
	"net"
	"time"
)

const (
	authorityYears = 10
	// backdate lets a machine whose clock runs behind ours accept what we sign.
	backdate = 24 * time.Hour
	// nobody is a name that cannot exist (RFC 2606, 2). Permitting it alone
	// excludes all others of its kind; an empty excluded subtree, which would
	// say the same, is read differently by different verifiers.
	nobody = "nobody.invalid"
)

// birth makes a new authority in memory. The root's key ends with this call.
func birth(domains []string) (*Authority, error) {
	domains, err := canonicalDomains(domains)
	if err != nil {
		return nil, err
	}
	rootKey, err := newKey()
	if err != nil {
		return nil, err
	}
	key, err := newKey()
	if err != nil {
		return nil, err
	}
	rootTemplate, template, err := authorityTemplates(rootKey, domains)
	if err != nil {
		return nil, err
	}
	root, err := sign(rootTemplate, rootTemplate, &rootKey.PublicKey, rootKey)
	if err != nil {
		return nil, err
	}
	intermediate, err := sign(template, root, &key.PublicKey, rootKey)
	if err != nil {
		return nil, err
	}
	return &Authority{root: root, intermediate: intermediate, key: key}, nil
}

// authorityTemplates says what a root and its intermediate look like.
func authorityTemplates(rootKey *ecdsa.PrivateKey, domains []string) (root, intermediate *x509.Certificate, err error) {
	spki, err := x509.MarshalPKIXPublicKey(&rootKey.PublicKey)
	if err != nil {
		return nil, nil, fmt.Errorf("encode the root's key: %w", err)
	}
	// The names differ from authority to authority: some verifiers choose an
	// issuer by name alone and would take an older one.
	now, sum := time.Now(), sha256.Sum256(spki)
	suffix := now.UTC().Format(" 2006-01-02 ") + hex.EncodeToString(sum[:4])

	root = authorityTemplate("wiremeter root"+suffix, now, domains)
	root.MaxPathLen = 1
	intermediate = authorityTemplate("wiremeter intermediate"+suffix, now, domains)
	intermediate.MaxPathLenZero = true
	intermediate.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	return root, intermediate, nil
}

func authorityTemplate(commonName string, now time.Time, domains []string) *x509.Certificate {
	_, all4, _ := net.ParseCIDR("0.0.0.0/0")
	_, all6, _ := net.ParseCIDR("::/0")
	return &x509.Certificate{
		Subject:               pkix.Name{CommonName: commonName, Organization: []string{"wiremeter"}},
		NotBefore:             now.Add(-backdate),
		NotAfter:              now.AddDate(authorityYears, 0, 0),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,

		PermittedDNSDomainsCritical: true,
		PermittedDNSDomains:         domains,
		ExcludedIPRanges:            []*net.IPNet{all4, all6},
		PermittedEmailAddresses:     []string{nobody},
		PermittedURIDomains:         []string{nobody},
	}
}

func newKey() (*ecdsa.PrivateKey, error) {
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make a key: %w", err)
	}
	return k, nil
}

// sign gives the template a random serial number between 1 and 2^127: RFC 5280,
// 4.1.2.2 wants it positive and no longer than 20 octets.
func sign(template, parent *x509.Certificate, public *ecdsa.PublicKey, by *ecdsa.PrivateKey) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, fmt.Errorf("make a serial number: %w", err)
	}
	template.SerialNumber = serial.Add(serial, big.NewInt(1))
	der, err := x509.CreateCertificate(rand.Reader, template, parent, public, by)
	if err != nil {
		return nil, fmt.Errorf("sign the certificate of %q: %w", template.Subject.CommonName, err)
	}
	return x509.ParseCertificate(der)
}
