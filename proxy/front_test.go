package proxy

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wiremeter/wiremeter/usage"
)

// dial opens a connection to the proxy, which ends in time.
func (s *stage) dial() net.Conn {
	s.Helper()
	c, err := new(net.Dialer).DialContext(s.Context(), "tcp", s.addr)
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { c.Close() })
	if err := c.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		s.Fatal(err)
	}
	return c
}

// connect asks for a CONNECT and returns the connection behind the answer, which
// must be a 200. What is sent beside it goes out in the same write.
func (s *stage) connect(target, beside string) net.Conn {
	s.Helper()
	c := s.dial()
	if _, err := fmt.Fprintf(c, "CONNECT %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: test\r\n\r\n%s", target, target, beside); err != nil {
		s.Fatal(err)
	}
	got := make([]byte, len(established))
	if _, err := io.ReadFull(c, got); err != nil || string(got) != established {
		s.Fatalf("CONNECT %s was answered with %q, %v", target, got, err)
	}
	return c
}

// tally waits for the first tally of these reasons.
func (s *stage) tally(reason string) (found usage.Tally) {
	s.Helper()
	eventually(s.T, "there is a tally of "+reason, func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, y := range s.tallies {
			if y.Reason == reason {
				found = y
				return true
			}
		}
		return false
	})
	return found
}

// serveTCP runs a server of bytes and returns its address.
func serveTCP(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	l := listen(t)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				serve(c)
			}()
		}
	}()
	return l.Addr().String()
}

func echoBytes(c net.Conn) { _, _ = io.Copy(c, c) }

func nobody(http.ResponseWriter, *http.Request) {}

// TestTunnel: a host of no provider is passed on byte for byte, both ways and to
// the end of each, with what came in one write with the CONNECT.
func TestTunnel(t *testing.T) {
	s := newStage(t, false, nobody)
	target := serveTCP(t, echoBytes)
	const early = "\x00\x01 sent with the CONNECT "
	sent := early + string(random(t, 300<<10))
	c := s.connect(target, early)
	go func() {
		_, _ = io.WriteString(c, sent[len(early):]) // what is missing shows below
		_ = closeWrite(c)
	}()
	got, err := io.ReadAll(c)
	if err != nil || string(got) != sent {
		t.Errorf("%d of %d bytes came back, %v", len(got), len(sent), err)
	}
	host, _, _ := net.SplitHostPort(target)
	y := s.tally("no_provider")
	if y.Outcome != usage.Tunnelled || y.Host != host || y.RequestBytes != int64(len(sent)) || y.ResponseBytes != int64(len(sent)) {
		t.Errorf("the tally is %+v", y)
	}
	if s.proxy.Seen() != 1 {
		t.Errorf("%d were seen", s.proxy.Seen())
	}
}

// TestTunnelKeepsTheCertificate: what is not intercepted shows its own.
func TestTunnelKeepsTheCertificate(t *testing.T) {
	s := newStage(t, true, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "other") })
	resp := s.do(s.agent(true), request(t, "GET", "https://"+otherHost, nil))
	if got, err := io.ReadAll(resp.Body); string(got) != "other" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	if !resp.TLS.PeerCertificates[0].Equal(s.theirs.made[providerHost].Leaf) {
		t.Error("the certificate is not the server's own")
	}
	if len(s.taps.all) != 0 {
		t.Error("a tap listened")
	}
}

// TestUnreachableTunnel: the agent is told, and it counts.
func TestUnreachableTunnel(t *testing.T) {
	s := newStage(t, false, nobody)
	c := s.dial()
	if _, err := io.WriteString(c, "CONNECT 127.0.0.1:1 HTTP/1.1\r\nHost: 127.0.0.1:1\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if resp.StatusCode != http.StatusBadGateway || !strings.Contains(string(text), "cannot reach 127.0.0.1:1") || err != nil {
		t.Errorf("got %d %q, %v", resp.StatusCode, text, err)
	}
	s.tally("unreachable")
}

// TestNonsenseTargets: a CONNECT to nowhere is refused in a sentence.
func TestNonsenseTargets(t *testing.T) {
	for _, target := range []string{"nowhere", "host:", "host:0", "host:70000", "host:http", ":443", "[::1:443"} {
		t.Run(target, func(t *testing.T) {
			s := newStage(t, false, nobody)
			c := s.dial()
			if _, err := fmt.Fprintf(c, "CONNECT %s HTTP/1.1\r\nHost: x\r\n\r\n", target); err != nil {
				t.Fatal(err)
			}
			resp, err := http.ReadResponse(bufio.NewReader(c), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if resp.StatusCode != http.StatusBadRequest {
				t.Errorf("got %s", resp.Status)
			}
		})
	}
}

// TestNotTLS: what is no TLS on a provider's port is not broken by our look.
func TestNotTLS(t *testing.T) {
	s := newStage(t, false, nobody)
	s.upstream = serveTCP(t, echoBytes)
	c := s.connect(providerHost+":443", "")
	const hello = "SSH-2.0-hello from something else than TLS\r\n"
	if _, err := io.WriteString(c, hello); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len(hello))
	if _, err := io.ReadFull(c, got); err != nil || string(got) != hello {
		t.Errorf("got %q, %v", got, err)
	}
	c.Close()
	s.tally("not_tls")
}

// TestRefusedCertificate: an agent that does not believe our certificate, and
// says so or hangs up after the handshake as Node does, is tunnelled from then
// on. One that believed it before, and others, are not.
func TestRefusedCertificate(t *testing.T) {
	refusals := map[string]struct {
		times  int
		refuse func(net.Conn, *tls.Config) error
	}{
		"with_an_alert": {1, func(c net.Conn, config *tls.Config) error {
			return tls.Client(c, config).HandshakeContext(context.Background())
		}},
		"with_an_alert_in_plain_text": {1, func(c net.Conn, config *tls.Config) error {
			return tls.Client(&plainAlert{Conn: c}, config).HandshakeContext(context.Background())
		}},
		"without_a_word": {2, func(c net.Conn, config *tls.Config) error {
			config = config.Clone()
			config.InsecureSkipVerify = true
			err := tls.Client(c, config).HandshakeContext(context.Background())
			return errors.Join(err, errors.New("looked at it afterwards"), c.Close())
		}},
	}
	for name, refusal := range refusals {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, true, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") })
			stranger := &tls.Config{ServerName: providerHost, RootCAs: s.theirs.pool()}
			for range refusal.times {
				if err := refusal.refuse(s.connect(providerHost+":443", ""), stranger); err == nil {
					t.Fatal("the stranger believed our certificate")
				}
			}
			if y := s.tally("certificate_refused"); y.Outcome != usage.Tunnelled || y.Host != providerHost {
				t.Errorf("the tally is %+v", y)
			}
			conn := tls.Client(s.connect(providerHost+":443", ""), stranger)
			if err := conn.HandshakeContext(t.Context()); err != nil {
				t.Fatalf("it was not tunnelled: %v", err)
			}
			_ = conn.Close()
			resp := s.do(s.agent(false), request(t, "GET", providerURL, nil))
			if resp.TLS.PeerCertificates[0].Equal(s.theirs.made[providerHost].Leaf) {
				t.Error("an agent that trusts us was tunnelled too")
			}
		})
	}
}

// plainAlert says what OpenSSL says in TLS 1.3 of an authority that it does not
// know: an alert as it was before there was a key.
type plainAlert struct {
	net.Conn
	isGreeted bool
}

func (c *plainAlert) Write(p []byte) (int, error) {
	if c.isGreeted {
		_, err := c.Conn.Write([]byte{20, 3, 3, 0, 1, 1, 21, 3, 3, 0, 2, 2, 48})
		return len(p), err
	}
	c.isGreeted = true
	return c.Conn.Write(p)
}

// TestUnusedConnection: an agent that has used its connections before may close
// one that it does not need.
func TestUnusedConnection(t *testing.T) {
	s := newStage(t, true, nobody)
	config := &tls.Config{ServerName: providerHost, RootCAs: s.roots}
	use := func(ask string) {
		conn := tls.Client(s.connect(providerHost+":443", ""), config)
		defer func() { _ = conn.Close() }()
		if err := conn.HandshakeContext(t.Context()); err != nil {
			t.Fatal(err)
		}
		if ask == "" {
			return
		}
		if _, err := io.WriteString(conn, ask); err != nil {
			t.Fatal(err)
		}
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
	}
	const get = "GET / HTTP/1.1\r\nHost: " + providerHost + "\r\n\r\n"
	for range 3 {
		use(get)
		use("")
	}
	use(get)
	if n := s.proxy.Seen(); n != 4 {
		t.Errorf("%d exchanges were seen, want 4 and no tunnel", n)
	}
}

// TestOtherName: an agent that names another host in its hello is not given a
// certificate for it.
func TestOtherName(t *testing.T) {
	s := newStage(t, false, nobody)
	conn := tls.Client(s.connect(providerHost+":443", ""), &tls.Config{ServerName: otherHost, RootCAs: s.theirs.pool()})
	if err := conn.HandshakeContext(t.Context()); err != nil {
		t.Errorf("it was not tunnelled: %v", err)
	}
	_ = conn.Close()
	s.tally("other_name")
}

// TestMisdirected: a decrypted connection leads to its own host and nowhere
// else.
func TestMisdirected(t *testing.T) {
	onAllLegs(t, func(t *testing.T, l legs) {
		s := newStage(t, l.upstreamH2, func(http.ResponseWriter, *http.Request) { t.Error("it went upstream") })
		r := request(t, "POST", providerURL, strings.NewReader("{}"))
		r.Host = "internal.example"
		resp := s.do(s.agent(l.agentH2), r)
		if resp.StatusCode != http.StatusMisdirectedRequest {
			t.Errorf("got %s", resp.Status)
		}
		if err := s.taps.only(t).end(t); !errors.Is(err, usage.Misdirected) {
			t.Errorf("the tap ended with %v", err)
		}
	})
}

// TestReverseFront: a request below a prefix arrives at its origin as if it had
// been sent there, with its path as it was written.
func TestReverseFront(t *testing.T) {
	var got *http.Request
	s := newStage(t, true, func(_ http.ResponseWriter, r *http.Request) { got = r })
	for sent, want := range map[string]string{
		"/provider/v1/x?a;b=%2f&key=1":          "/v1/x?a;b=%2f&key=1",
		"/provider/model/arn%3Aaws%2Fx/invoke?": "/model/arn%3Aaws%2Fx/invoke?",
		"/provider":                             "/",
		"/provider//double":                     "//double",
		"/l/team=a%2Cb,user=x/provider/v1/x":    "/v1/x",
		"/provider/v9":                          "/other/v9",
		"/provider/v9/":                         "/other/v9/",
		"/provider/v9/%2F?x":                    "/other/v9/%2F?x",
		"/provider/v99":                         "/v99",
		"/provider/x/provider/v9":               "/x/provider/v9",
	} {
		r := request(t, "POST", "http://"+s.addr, strings.NewReader("{}"))
		r.URL.Opaque = sent
		s.do(http.DefaultClient, r)
		if got.RequestURI != want || got.Host != providerHost {
			t.Errorf("%s arrived at %s as %s, want %s", sent, got.Host, got.RequestURI, want)
		}
	}
	var labels []string
	for _, h := range s.taps.all {
		if h.exchange.Labels != "" {
			labels = append(labels, h.exchange.Labels)
		}
	}
	if !slices.Equal(labels, []string{"team=a%2Cb,user=x"}) {
		t.Errorf("the labels are %q", labels)
	}
	if front := s.taps.all[0].exchange.Front; front != usage.Reverse {
		t.Errorf("the front is %s", front)
	}
	if resp := s.do(http.DefaultClient, request(t, "GET", "http://"+s.addr+"/elsewhere", nil)); resp.StatusCode != http.StatusNotFound {
		t.Errorf("a path of no prefix: %s", resp.Status)
	}
}

// TestPlainProxyRequest: one in absolute form is relayed at once too, without
// wiremeter's credentials.
func TestPlainProxyRequest(t *testing.T) {
	next := make(chan struct{})
	var got http.Header
	s := newStage(t, false, nobody)
	target := serveHTTP(t, func(w http.ResponseWriter, r *http.Request) {
		got = r.Header
		w.Header().Set("Content-Type", "application/x-ndjson")
		for range 3 {
			_, _ = io.WriteString(w, "{}\n")
			w.(http.Flusher).Flush()
			<-next
		}
	})
	resp := s.do(s.agent(false), request(t, "POST", "http://"+target+"/api/chat", strings.NewReader("{}")))
	lines := bufio.NewReader(resp.Body)
	for range 3 {
		if line, err := lines.ReadString('\n'); line != "{}\n" || err != nil {
			t.Fatalf("got %q, %v", line, err)
		}
		next <- struct{}{}
	}
	if v, ok := got["Proxy-Authorization"]; ok {
		t.Errorf("the credentials went on: %q", v)
	}
	if x := s.taps.only(t).exchange; x.Run != "run-1" || x.Labels != "team=payments" || x.Path != "/api/chat" || x.Front != usage.Forward {
		t.Errorf("the exchange is %+v", x)
	}
}

// TestHopByHopHeadersStay: what an HTTP/1.1 provider says of its connection does
// not reach an HTTP/2 agent, where it would be an error.
func TestHopByHopHeadersStay(t *testing.T) {
	s := newStage(t, false, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Keep-Alive", "timeout=5")
		w.Header().Set("Connection", "keep-alive")
	})
	resp := s.do(s.agent(true), request(t, "GET", providerURL, nil))
	if resp.ProtoMajor != 2 || resp.Header.Get("Keep-Alive") != "" || resp.Header.Get("Connection") != "" {
		t.Errorf("%s with %v", resp.Proto, resp.Header)
	}
}
