// Package certs holds wiremeter's certificate authority, the leaf certificates
// that agents are shown, and the ways by which a machine comes to trust them.
//
// # What a stolen key can do
//
// An authority has two tiers. The root is self-signed and is what programs and
// trust stores are given; its private key exists only in the memory of the
// process that makes it and is never written. The intermediate signs the
// leaves; its key is kept, in a file that only its owner may read. Both carry
// critical X.509 name constraints (RFC 5280, 4.2.1.10): the permitted DNS names
// are the providers' domains and what lies below them, every IP address is
// excluded, and so is every mail address and URI. The intermediate is moreover
// limited to TLS servers and may sign no further authority. So a thief who has
// the key can pose as a model provider to those who trust this authority, and as
// nobody else: not as a bank, a mail server or a publisher of software.
//
// The constraints are repeated on the intermediate because RFC 5280, 6.1 lets a
// verifier overlook those of a trust anchor. On the intermediate they bind, and
// widening them would need the root's key. The tests prove this for clients in
// Go, OpenSSL and Node, and under the build tag interop for curl, Python, Bun and
// rustls.
//
// # On disk
//
//	ca/authority.pem  the intermediate's key and both certificates; mode 0600
//	ca/root.pem       the root certificate, to hand on; holds no secret
//
// The first is one file so that there is never half an authority. It is
// linked into place, so that of two processes that start at once one makes the
// authority and the other takes it. The second is derived from the first.
//
// An authority lives for ten years. A shorter life would not help against a
// thief, since the constraints are what limits the damage, and it would stop
// unattended agents on a day that nobody remembers. [Renew] replaces it at any
// time; the replaced one cannot be had back, and a root that stays behind in some
// trust store is harmless, because no key of its authority exists any more.
//
// # Leaves
//
// All leaves share one key, which is made at start and is never written. A leaf
// names its host in the subject alternative name alone, lives for ninety days
// and is replaced while the program runs when thirty are left.
//
// # Bundles
//
// Most of the variables that give a program a certificate file replace the
// system's roots, and children (git, curl, pip) inherit them. [WriteBundle]
// therefore writes one file with the system's roots, our root, and the
// certificates of the files that the user's own variables name.
package certs
