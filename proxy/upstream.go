package proxy

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	netproxy "golang.org/x/net/proxy"
)

// Upstream says how providers are reached. The zero value goes straight to
// them, trusting the system's roots.
type Upstream struct {
	// Proxy returns the company's own proxy for a URL; nil for none. Nil means
	// that there is no such proxy.
	Proxy func(*url.URL) (*url.URL, error)
	Roots *x509.CertPool // nil: the system's
	// ConnectTo is asked for the address to dial in place of host:port; it
	// returns "" to keep it. Nil keeps all. What it maps bypasses Proxy.
	ConnectTo func(hostport string) string
}

// dialer makes every connection that leaves for a provider or a tunnel's target.
type dialer struct {
	up        Upstream
	tcp       net.Dialer
	transport *http.Transport
}

func newDialer(u Upstream) *dialer {
	d := &dialer{up: u, tcp: net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	d.transport = &http.Transport{
		DialContext:         d.dial,
		Proxy:               func(r *http.Request) (*url.URL, error) { return d.proxyFor(r.URL) },
		TLSClientConfig:     d.tls(),
		TLSHandshakeTimeout: 10 * time.Second,
		OnProxyConnectResponse: func(_ context.Context, via *url.URL, _ *http.Request, resp *http.Response) error {
			if resp.StatusCode != http.StatusOK {
				return &proxyRefusal{via: via, status: resp.StatusCode}
			}
			return nil
		},
		MaxIdleConnsPerHost:    256,
		IdleConnTimeout:        50 * time.Second, // below the providers': no request meets a connection just closed
		ExpectContinueTimeout:  time.Second,
		DisableCompression:     true, // Accept-Encoding passes as sent
		MaxResponseHeaderBytes: 1 << 20,
		ReadBufferSize:         1 << 10, // held by every idle stream; it only saves looks into what TLS has read already
		Protocols:              protocols,
		HTTP2: &http.HTTP2Config{
			// A connection that died silently would hang all its streams. More
			// frequent pings are answered with ENHANCE_YOUR_CALM by some servers.
			SendPingTimeout:           30 * time.Second,
			PingTimeout:               15 * time.Second,
			MaxReceiveBufferPerStream: 1 << 20,
		},
	}
	return d
}

func (d *dialer) tls() *tls.Config {
	return &tls.Config{RootCAs: d.up.Roots, MinVersion: tls.VersionTLS12, ClientSessionCache: tls.NewLRUClientSessionCache(256)}
}

func (d *dialer) closeIdle() { d.transport.CloseIdleConnections() }

func (d *dialer) mapped(hostport string) string {
	if d.up.ConnectTo == nil {
		return ""
	}
	return d.up.ConnectTo(hostport)
}

func (d *dialer) dial(ctx context.Context, network, hostport string) (net.Conn, error) {
	if to := d.mapped(hostport); to != "" {
		hostport = to
	}
	return d.tcp.DialContext(ctx, network, hostport)
}

func (d *dialer) proxyFor(u *url.URL) (*url.URL, error) {
	if d.up.Proxy == nil || d.mapped(withPort(u)) != "" {
		return nil, nil
	}
	return d.up.Proxy(u)
}

var defaultPorts = map[string]string{"http": "80", "https": "443", "socks5": "1080", "socks5h": "1080"}

func withPort(u *url.URL) string {
	if u.Port() != "" {
		return u.Host
	}
	return net.JoinHostPort(u.Hostname(), defaultPorts[u.Scheme])
}

// tunnel opens a connection to host:port for bytes that wiremeter will not
// read, through the company's proxy where there is one.
func (d *dialer) tunnel(ctx context.Context, hostport string) (net.Conn, error) {
	via, err := d.proxyFor(&url.URL{Scheme: "https", Host: hostport})
	if err != nil {
		return nil, fmt.Errorf("choose the upstream proxy: %w", err)
	}
	if via == nil {
		return d.dial(ctx, "tcp", hostport)
	}
	if strings.HasPrefix(via.Scheme, "socks5") {
		s, err := netproxy.FromURL(via, &d.tcp)
		if err != nil {
			return nil, fmt.Errorf("upstream proxy %s: %w", place(via), err)
		}
		return s.(netproxy.ContextDialer).DialContext(ctx, "tcp", hostport)
	}
	return d.connectVia(ctx, via, hostport)
}

// connectVia sends a CONNECT to an HTTP proxy. The credentials are those of the
// proxy's own URL; an agent's never go further than wiremeter.
func (d *dialer) connectVia(ctx context.Context, via *url.URL, hostport string) (net.Conn, error) {
	conn, err := d.tcp.DialContext(ctx, "tcp", withPort(via))
	if err != nil {
		return nil, fmt.Errorf("upstream proxy %s: %w", place(via), err)
	}
	if via.Scheme == "https" {
		config := d.tls()
		config.ServerName = via.Hostname()
		conn = tls.Client(conn, config)
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	r := &http.Request{Method: http.MethodConnect, URL: &url.URL{Opaque: hostport}, Host: hostport, Header: make(http.Header)}
	if via.User != nil {
		password, _ := via.User.Password()
		r.Header.Set("Proxy-Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(via.User.Username()+":"+password)))
	}
	resp, buffered, err := roundTripOnce(conn, r) //nolint:bodyclose // behind the head comes the tunnel
	if err == nil && resp.StatusCode != http.StatusOK {
		err = &proxyRefusal{via: via, status: resp.StatusCode}
	}
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("upstream proxy %s: %w", place(via), err)
	}
	return replay(conn, buffered), nil
}

func roundTripOnce(conn net.Conn, r *http.Request) (*http.Response, *bufio.Reader, error) {
	if err := r.Write(conn); err != nil {
		return nil, nil, err
	}
	buffered := bufio.NewReader(conn)
	resp, err := http.ReadResponse(buffered, r)
	return resp, buffered, err
}
