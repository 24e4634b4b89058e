package certs

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// shake makes one connection to a server that chooses its configuration as the
// front does, for each connection anew, and returns what the agent saw.
func shake(t *testing.T, serve func() *tls.Config, agent *tls.Config) (tls.ConnectionState, error) {
	t.Helper()
	l := must(new(net.ListenConfig).Listen(t.Context(), "tcp", loopback+":0"))(t)
	defer func() { _ = l.Close() }()
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		s := tls.Server(c, &tls.Config{GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) { return serve(), nil }})
		if s.HandshakeContext(t.Context()) == nil {
			fmt.Fprint(s, "x") // what the agent reads brings the ticket along
			_ = s.CloseWrite()
			_, _ = io.Copy(io.Discard, s)
		}
	}()
	c, err := new(net.Dialer).DialContext(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	conn := tls.Client(c, agent)
	if err := conn.HandshakeContext(t.Context()); err != nil {
		return tls.ConnectionState{}, err
	}
	_, err = io.ReadAll(conn)
	return conn.ConnectionState(), err
}

func agentOf(a *Authority, host string) *tls.Config {
	roots := x509.NewCertPool()
	roots.AddCert(a.root)
	return &tls.Config{RootCAs: roots, ServerName: host, NextProtos: []string{"h2", "http/1.1"}}
}

func TestSessionsResume(t *testing.T) {
	a := openTemp(t)
	for name, serve := range map[string]func() *tls.Config{
		"ConfigFor":    func() *tls.Config { return a.ConfigFor("chatgpt.com") },
		"ServerConfig": a.ServerConfig,
	} {
		for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			t.Run(name+"/"+tls.VersionName(version), func(t *testing.T) {
				agent := agentOf(a, "chatgpt.com")
				agent.MaxVersion = version
				agent.ClientSessionCache = tls.NewLRUClientSessionCache(1)
				for i := range 3 {
					state := must(shake(t, serve, agent))(t)
					if state.Version != version || state.NegotiatedProtocol != "h2" {
						t.Fatalf("negotiated %s %q", tls.VersionName(state.Version), state.NegotiatedProtocol)
					}
					if state.DidResume != (i > 0) {
						t.Errorf("connection %d: resumed = %v", i, state.DidResume)
					}
				}
			})
		}
	}
}

func TestTicketIsOfNoUseForAnotherHost(t *testing.T) {
	a := openTemp(t)
	agent := agentOf(a, "chatgpt.com")
	agent.ClientSessionCache = tls.NewLRUClientSessionCache(1)
	must(shake(t, func() *tls.Config { return a.ConfigFor("chatgpt.com") }, agent))(t)
	if _, err := shake(t, func() *tls.Config { return a.ConfigFor("api.openai.com") }, agent); err == nil {
		t.Error("a session for chatgpt.com was resumed on a connection to api.openai.com")
	}
}

func TestConfigForNames(t *testing.T) {
	a := openTemp(t)
	for _, c := range []struct {
		name, host, sni string
		works           bool
	}{
		{"same", "chatgpt.com", "chatgpt.com", true},
		{"case_and_dot", "ChatGPT.com.", "chatgpt.com", true},
		{"none", "chatgpt.com", "", true},
		{"other_permitted", "chatgpt.com", "api.openai.com", false},
		{"outside", "chatgpt.com", outsider, false},
		{"outside_both", outsider, outsider, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			agent := agentOf(a, c.sni)
			agent.InsecureSkipVerify = true // an agent that names no host could not verify
			state, err := shake(t, func() *tls.Config { return a.ConfigFor(c.host) }, agent)
			if (err == nil) != c.works {
				t.Fatalf("handshake: %v", err)
			}
			if err == nil && state.PeerCertificates[0].VerifyHostname(canonical(c.host)) != nil {
				t.Errorf("shown a certificate for %v", state.PeerCertificates[0].DNSNames)
			}
		})
	}
}

func TestServerConfigNeedsName(t *testing.T) {
	a := openTemp(t)
	agent := agentOf(a, "")
	agent.InsecureSkipVerify = true
	if _, err := shake(t, a.ServerConfig, agent); err == nil {
		t.Error("an agent that names no host was shown a certificate")
	}
}

func TestOldTLSIsRefused(t *testing.T) {
	a := openTemp(t)
	agent := agentOf(a, "chatgpt.com")
	agent.MinVersion, agent.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	if _, err := shake(t, a.ServerConfig, agent); err == nil {
		t.Error("TLS 1.1 was spoken")
	}
}

func TestLeaf(t *testing.T) {
	a := openTemp(t)
	c := must(a.Leaf("chatgpt.com"))(t)
	leaf := must(x509.ParseCertificate(c.Certificate[0]))(t)
	if got := fmt.Sprint(leaf.DNSNames, len(leaf.IPAddresses), leaf.IsCA, len(c.Certificate)); got != "[chatgpt.com] 0 false 2" {
		t.Errorf("names, addresses, authority, chain: %s", got)
	}
	if string(leaf.AuthorityKeyId) != string(a.intermediate.SubjectKeyId) || len(leaf.AuthorityKeyId) == 0 {
		t.Error("the leaf does not point to its issuer's key")
	}
	if life := time.Until(leaf.NotAfter); life > leafLife || life < leafLife-time.Minute {
		t.Errorf("lives for %s", life)
	}
	long := strings.Repeat("a.", 100) + "chatgpt.com"
	if err := must(a.Leaf(long))(t).Leaf.VerifyHostname(long); err != nil {
		t.Error(err)
	}
}

func TestLeafIsSignedOnce(t *testing.T) {
	a := openTemp(t)
	var wait sync.WaitGroup
	got := make([]*tls.Certificate, 50)
	for i := range got {
		wait.Go(func() { got[i], _ = a.Leaf("chatgpt.com") })
	}
	wait.Wait()
	for _, c := range got {
		if c == nil || c != got[0] {
			t.Fatal("calls at once were given different certificates")
		}
	}
}

func TestLeavesAreBounded(t *testing.T) {
	a := openTemp(t)
	first := must(a.Leaf("chatgpt.com"))(t)
	for i := range 2 * maxLeaves {
		host := fmt.Sprintf("h%d.chatgpt.com", i)
		if len(a.leaves) < maxLeaves-1 {
			a.leaves[host] = first // spares most of the signing
			continue
		}
		must(a.Leaf(host))(t)
		if len(a.leaves) > maxLeaves {
			t.Fatalf("%d leaves kept", len(a.leaves))
		}
	}
}

func TestLeafIsRenewedWhileRunning(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		a := must(OpenAuthority(dir, providers))(t)
		first := must(a.Leaf("chatgpt.com"))(t)
		time.Sleep(leafLife - renewAhead - time.Hour)
		if must(a.Leaf("chatgpt.com"))(t) != first {
			t.Error("replaced too early")
		}
		time.Sleep(2 * time.Hour)
		second := must(a.Leaf("chatgpt.com"))(t)
		if second == first || !second.Leaf.NotAfter.After(first.Leaf.NotAfter) {
			t.Error("not replaced with thirty days left")
		}
	})
}

func BenchmarkConfigFor(b *testing.B) {
	a, err := OpenAuthority(b.TempDir(), providers)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		a.ConfigFor("chatgpt.com")
	}
}

func BenchmarkMint(b *testing.B) {
	a, err := OpenAuthority(b.TempDir(), providers)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := a.mint("chatgpt.com"); err != nil {
			b.Fatal(err)
		}
	}
}
