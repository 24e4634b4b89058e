package certs

import (
	"crypto/tls"
	"errors"
	"fmt"
)

// prepare makes what an authority needs to serve and does not keep on disk.
func (a *Authority) prepare() (err error) {
	if a.leafKey, err = newKey(); err != nil {
		return err
	}
	a.configs = make(map[string]*tls.Config)
	a.server = newServerConfig(func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		if hello.ServerName == "" {
			return nil, errors.New("the agent named no host (SNI)")
		}
		return a.Leaf(hello.ServerName)
	})
	// Said aloud, because a configuration that GetConfigForClient returns is not
	// asked for its own ticket keys unless it was given some.
	a.server.WrapSession, a.server.UnwrapSession = a.server.EncryptTicket, a.server.DecryptTicket
	return nil
}

func newServerConfig(certificate func(*tls.ClientHelloInfo) (*tls.Certificate, error)) *tls.Config {
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		NextProtos:     []string{"h2", "http/1.1"},
		GetCertificate: certificate,
	}
}

// ServerConfig returns the configuration to show to an agent: the leaf for the
// host that it names (SNI), HTTP/2 or HTTP/1.1, and session tickets. It is always
// the same one and must not be changed.
func (a *Authority) ServerConfig() *tls.Config { return a.server }

// ConfigFor returns the configuration for connections whose agent asked for the
// host: it shows that host's leaf when the agent names none, and refuses an
// agent that names another. It is the same one for the same host, and must not
// be changed. Sessions resume across all the authority's configurations.
func (a *Authority) ConfigFor(host string) *tls.Config {
	host = canonical(host)
	a.mu.Lock()
	defer a.mu.Unlock()
	if c := a.configs[host]; c != nil {
		return c
	}
	c := a.newConfigFor(host)
	if len(a.configs) < maxConfigs {
		a.configs[host] = c
	}
	return c
}

const maxConfigs = 1000 // hosts; the ones beyond get a configuration each time

func (a *Authority) newConfigFor(host string) *tls.Config {
	is := func(sni string) bool { return sni == "" || canonical(sni) == host }
	c := newServerConfig(func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		if !is(hello.ServerName) {
			return nil, fmt.Errorf("the agent asked for a connection to %q but names %q in it (SNI)", host, hello.ServerName)
		}
		return a.Leaf(host)
	})
	// The shared configuration seals and opens all tickets, and changes its keys
	// daily: with keys of each connection's own nothing would ever resume.
	c.WrapSession = a.server.EncryptTicket
	c.UnwrapSession = func(ticket []byte, state tls.ConnectionState) (*tls.SessionState, error) {
		if !is(state.ServerName) {
			return nil, nil // no resumption: a full handshake refuses the name
		}
		return a.server.DecryptTicket(ticket, state)
	}
	return c
}
