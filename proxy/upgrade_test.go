package proxy

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/wiremeter/wiremeter/usage"
)

// echoSocket answers each message with itself, until the agent closes.
func echoSocket(t *testing.T) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, &websocket.AcceptOptions{CompressionMode: websocket.CompressionContextTakeover})
		if err != nil {
			t.Errorf("accept: %v", err)
			return
		}
		defer func() { _ = c.CloseNow() }()
		c.SetReadLimit(-1)
		for {
			kind, message, err := c.Read(r.Context())
			if err != nil {
				return
			}
			if err := c.Write(r.Context(), kind, message); err != nil {
				return
			}
		}
	}
}

func (s *stage) socket(ctx context.Context, url string) *websocket.Conn {
	s.Helper()
	client := s.agent(false)
	if strings.HasPrefix(url, "http://"+s.addr) {
		client = http.DefaultClient
	}
	c, resp, err := websocket.Dial(ctx, url, &websocket.DialOptions{HTTPClient: client, CompressionMode: websocket.CompressionContextTakeover})
	if err != nil {
		s.Fatalf("%v, %v", err, resp)
	}
	s.Cleanup(func() { _ = c.CloseNow() }) // most have closed
	c.SetReadLimit(-1)
	return c
}

// TestWebSocket: both directions pass as they are, on either front, and end as
// the agent ends them.
func TestWebSocket(t *testing.T) {
	for front, url := range map[usage.Front]func(*stage) string{
		usage.Forward: func(*stage) string { return providerURL + "/v1/responses" },
		usage.Reverse: func(s *stage) string { return "http://" + s.addr + "/provider/v1/responses" },
	} {
		t.Run(string(front), func(t *testing.T) {
			s := newStage(t, true, echoSocket(t))
			c := s.socket(t.Context(), url(s))
			for i, message := range [][]byte{[]byte("hello"), bytes.Repeat([]byte("long "), 50_000), random(t, 100_000), {}} {
				if err := c.Write(t.Context(), websocket.MessageBinary, message); err != nil {
					t.Fatal(err)
				}
				if _, got, err := c.Read(t.Context()); err != nil || !bytes.Equal(got, message) {
					t.Fatalf("message %d: %d bytes came back, %v", i, len(got), err)
				}
			}
			if err := c.Close(websocket.StatusNormalClosure, "done"); err != nil {
				t.Errorf("close: %v", err)
			}
			h := s.taps.only(t)
			h.end(t) //nolint:errcheck // whoever closes the socket first is right
			if h.exchange.Transport != usage.WebSocket || h.exchange.Front != front || h.status != http.StatusSwitchingProtocols {
				t.Errorf("%+v, status %d", h.exchange, h.status)
			}
			if len(h.request) < 100_000 || len(h.body) < 100_000 {
				t.Errorf("the tap heard %d and %d bytes", len(h.request), len(h.body))
			}
		})
	}
}

// TestWebSocketAgentGone: an agent that breaks off ends the provider's side, at
// once.
func TestWebSocketAgentGone(t *testing.T) {
	gone := make(chan struct{})
	s := newStage(t, false, func(w http.ResponseWriter, r *http.Request) {
		defer close(gone)
		c, err := websocket.Accept(w, r, nil)
		if err != nil {
			t.Errorf("accept: %v", err)
			return
		}
		defer func() { _ = c.CloseNow() }()
		_, _, _ = c.Read(r.Context()) // until the agent is gone
	})
	if err := s.socket(t.Context(), providerURL).CloseNow(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-gone:
	case <-time.After(5 * time.Second):
		t.Error("the provider was not told")
	}
	s.taps.only(t).end(t) //nolint:errcheck // either end may be seen first
	eventually(t, "no connection is left", func() bool {
		s.proxy.open.mu.Lock()
		defer s.proxy.open.mu.Unlock()
		return len(s.proxy.open.conns) == 0
	})
}

// TestRefusedUpgrade: the provider's refusal is the agent's answer.
func TestRefusedUpgrade(t *testing.T) {
	s := newStage(t, false, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Why", "no sockets here")
		w.WriteHeader(http.StatusUpgradeRequired)
	})
	_, resp, err := websocket.Dial(t.Context(), providerURL, &websocket.DialOptions{HTTPClient: s.agent(false)})
	if err == nil || resp == nil || resp.StatusCode != http.StatusUpgradeRequired || resp.Header.Get("X-Why") == "" {
		t.Errorf("got %v, %v", resp, err)
	}
	if err := s.taps.only(t).end(t); err != nil {
		t.Errorf("the tap ended with %v", err)
	}
}

// TestOtherUpgrades: what wiremeter could not relay is not asked for, so that
// the exchange goes on without it.
func TestOtherUpgrades(t *testing.T) {
	var got http.Header
	s := newStage(t, false, func(w http.ResponseWriter, r *http.Request) { got = r.Header; _, _ = io.WriteString(w, "plain") })
	r := request(t, "GET", "http://"+s.addr+"/provider/x", nil)
	r.Header.Set("Connection", "Upgrade, HTTP2-Settings")
	r.Header.Set("Upgrade", "h2c")
	r.Header.Set("HTTP2-Settings", "AAMAAABkAAQAAP__")
	resp := s.do(http.DefaultClient, r)
	text, err := io.ReadAll(resp.Body)
	if resp.StatusCode != http.StatusOK || string(text) != "plain" || err != nil || got.Get("Upgrade") != "" {
		t.Errorf("%s %q, %v; upgrade %q", resp.Status, text, err, got.Get("Upgrade"))
	}
}
