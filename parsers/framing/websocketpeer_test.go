package framing

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// recorder keeps what passes a connection, each way.
type recorder struct {
	net.Conn
	mu             sync.Mutex
	client, server bytes.Buffer
}

func (r *recorder) Read(p []byte) (int, error) {
	n, err := r.Conn.Read(p)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.server.Write(p[:n])
	return n, err
}

func (r *recorder) Write(p []byte) (int, error) {
	r.mu.Lock()
	r.client.Write(p)
	r.mu.Unlock()
	return r.Conn.Write(p)
}

// afterHead returns what was sent each way once the connection was upgraded.
func (r *recorder) afterHead() (client, server []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, client, _ = bytes.Cut(r.client.Bytes(), []byte("\r\n\r\n"))
	_, server, _ = bytes.Cut(r.server.Bytes(), []byte("\r\n\r\n"))
	return client, server
}

// talk sends the messages to a server that sends them back, and closes. It
// returns what passed, and the extensions agreed on.
func talk(t testing.TB, mode websocket.CompressionMode, messages []string) (client, server []byte, extensions string) {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := echo(w, r, mode); websocket.CloseStatus(err) != websocket.StatusNormalClosure {
			t.Errorf("echo: %v", err)
		}
	}))
	defer s.Close()
	var wire *recorder
	transport := &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := new(net.Dialer).DialContext(ctx, network, address)
		wire = &recorder{Conn: c}
		return wire, err
	}}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	c, resp, err := websocket.Dial(ctx, s.URL, &websocket.DialOptions{HTTPClient: &http.Client{Transport: transport}, CompressionMode: mode}) //nolint:bodyclose // an upgraded connection has none
	if err != nil {
		t.Fatal(err)
	}
	c.SetReadLimit(-1)
	for _, m := range messages {
		exchange(t, ctx, c, m)
	}
	if err := c.Ping(c.CloseRead(ctx)); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(websocket.StatusNormalClosure, "done"); err != nil {
		t.Fatal(err)
	}
	client, server = wire.afterHead()
	return client, server, resp.Header.Get("Sec-WebSocket-Extensions")
}

// exchange sends a message in up to three fragments and waits for it to come
// back.
func exchange(t testing.TB, ctx context.Context, c *websocket.Conn, m string) {
	t.Helper()
	w, err := c.Writer(ctx, websocket.MessageText)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{m[:len(m)/3], m[len(m)/3 : len(m)/2], m[len(m)/2:]} {
		if _, err := io.WriteString(w, part); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if _, got, err := c.Read(ctx); err != nil || string(got) != m {
		t.Fatalf("came back as %.50q, %v", got, err)
	}
}

func echo(w http.ResponseWriter, r *http.Request, mode websocket.CompressionMode) error {
	c, err := websocket.Accept(w, r, &websocket.AcceptOptions{CompressionMode: mode})
	if err != nil {
		return err
	}
	defer c.CloseNow() //nolint:errcheck // it is closed already if all went well
	c.SetReadLimit(-1)
	for {
		kind, m, err := c.Read(r.Context())
		if err != nil {
			return err
		}
		if err := c.Write(r.Context(), kind, m); err != nil {
			return err
		}
	}
}

func conversation() []string {
	messages := []string{"", "{}", `{"type":"response.create"}`}
	for i := range 50 {
		messages = append(messages, fmt.Sprintf(`{"type":"response.output_text.delta","sequence_number":%d,"delta":"%s"}`, i, strings.Repeat("some more words ", i*i/4)))
	}
	return append(messages, `{"type":"response.completed","response":{"usage":{"input_tokens":1}}}`)
}

func TestWebSocketOfRealPeers(t *testing.T) {
	for name, mode := range map[string]websocket.CompressionMode{
		"uncompressed": websocket.CompressionDisabled, "takeover": websocket.CompressionContextTakeover, "fresh": websocket.CompressionNoContextTakeover,
	} {
		t.Run(name, func(t *testing.T) {
			messages := conversation()
			client, server, extensions := talk(t, mode, messages)
			clientOptions, serverOptions := ParseWebSocketExtensions(extensions)
			if clientOptions.Deflate != (mode != websocket.CompressionDisabled) || clientOptions.NoContextTakeover != (name == "fresh") {
				t.Fatalf("agreed on %q, read as %+v", extensions, clientOptions)
			}
			for side, one := range map[string]struct {
				body    []byte
				options WebSocketOptions
			}{"client": {client, clientOptions}, "server": {server, serverOptions}} {
				for _, size := range []int{len(one.body), 1, 1000} {
					var got []string
					w := NewWebSocket(one.options, func(f Frame) { got = append(got, string(f.Data)) })
					for piece := range slices.Chunk(one.body, size) {
						w.Write(piece)
					}
					if end := w.Close(); end != Whole || w.Code() != 1000 || !slices.Equal(got, messages) {
						t.Errorf("%s, in pieces of %d: %d messages of %d, end %d, code %d", side, size, len(got), len(messages), end, w.Code())
					}
				}
			}
		})
	}
}
