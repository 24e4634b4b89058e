package proxy

import (
	"crypto/tls"
	"errors"
	"fmt"
	"hash/fnv"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

func (p *Proxy) doubt(c *connection) {
	switch p.verdicts.of(c.key) {
	case unheard:
		p.verdicts.set(c.key, doubtful)
	case doubtful:
		p.refused(c, errors.New("it hung up right after the handshake, twice"))
	}
}

func (p *Proxy) handshakeFailed(c *connection, err error) {
	defer p.hangUp(c)
	if !isRefusal(err) && !c.hasPlainAlert() {
		p.opts.Log.Debug().Str("host", c.host).Err(err).Msg("an agent's TLS handshake failed")
		return
	}
	p.refused(c, err)
}

// refused makes a connection that came to nothing the last one of its kind.
func (p *Proxy) refused(c *connection, err error) {
	p.verdicts.set(c.key, refused)
	p.opts.Log.Warn().Str("host", c.host).Err(err).
		Msg("an agent refused wiremeter's certificate: from now on its connections to this host are tunnelled and not metered")
	p.seen.Add(1)
	p.tally(c, "certificate_refused", 0, 0)
}

// verdicts remembers what agents made of our certificate, by refusalKey. The
// zero value is ready; it holds at most maxVerdicts and then forgets all.
type verdicts struct {
	mu    sync.Mutex
	known map[string]verdict
}

type verdict int

const (
	unheard  verdict = iota
	doubtful         // one connection came to nothing: it may have been one too many
	accepted
	refused
)

const maxVerdicts = 10_000

func (v *verdicts) of(key string) verdict {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.known[key]
}

func (v *verdicts) set(key string, to verdict) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.known == nil || len(v.known) >= maxVerdicts {
		v.known = make(map[string]verdict)
	}
	v.known[key] = to
}

// silentRefusal is how soon an agent hangs up that refuses a certificate without
// a word: Node looks at it after the handshake and then closes the connection.
const silentRefusal = 2 * time.Second

// watch is told of the life of each decrypted connection. When an agent closes a
// second one at once and unused, and has never used any to this host, it refuses
// them.
func (p *Proxy) watch(conn net.Conn, state http.ConnState) {
	c := interceptedConn(conn)
	switch state {
	case http.StateActive:
		if v := p.verdicts.of(c.key); v == unheard || v == doubtful {
			p.verdicts.set(c.key, accepted)
		}
	case http.StateClosed:
		if time.Since(c.decrypted) < silentRefusal {
			p.doubt(c)
		}
	}
}

// refusalKey names an agent and a host. Programs with the same source, run and
// user agent are told apart by the TLS that they offer, as far as it is the
// same in each hello: the order of extensions is not, nor are GREASE values
// (RFC 8701), nor the extensions of a session that is resumed.
func refusalKey(c *connection, hello *tls.ClientHelloInfo) string {
	h := fnv.New64a()
	fmt.Fprint(h, greaseless(hello.CipherSuites), greaseless(hello.SupportedCurves), greaseless(hello.SignatureSchemes), hello.SupportedProtos)
	return fmt.Sprintf("%s\x00%s\x00%x", c.agent, c.host, h.Sum64())
}

// greaseless leaves out the values 0x0a0a, 0x1a1a … 0xfafa.
func greaseless[T ~uint16](values []T) []T {
	return slices.DeleteFunc(slices.Clone(values), func(v T) bool { return v&0x0f0f == 0x0a0a && v>>8 == v&0xff })
}

const alertSize = 7

// plainAlerts are the same alerts by their numbers.
const plainAlerts = "\x2a\x2b\x2c\x2d\x2e\x30"

// hasPlainAlert reports whether the last that the agent sent is such an alert,
// unencrypted. OpenSSL sends it so in TLS 1.3, where crypto/tls expects
// ciphertext already and can make nothing of it.
func (c *connection) hasPlainAlert() bool {
	const alert, size, fatal = 21, 2, 2
	t := c.tail
	return t[0] == alert && t[1] == 3 && t[3] == 0 && t[4] == size && t[5] <= fatal && strings.IndexByte(plainAlerts, t[6]) >= 0
}

// refusalAlerts are the TLS alerts (RFC 8446, 6.2) by which a peer says that it
// does not accept a certificate, as crypto/tls words them.
var refusalAlerts = []string{
	"tls: bad certificate",
	"tls: unsupported certificate",
	"tls: revoked certificate",
	"tls: expired certificate",
	"tls: unknown certificate",
	"tls: unknown certificate authority",
}

func isRefusal(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	if !ok || op.Op != "remote error" {
		return false
	}
	for _, alert := range refusalAlerts {
		if strings.HasSuffix(op.Err.Error(), alert) {
			return true
		}
	}
	return false
}
