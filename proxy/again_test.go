package proxy

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/rs/zerolog"

	"github.com/wiremeter/wiremeter/usage"
)

// drainingServer speaks HTTP/2 and answers one request a connection. To the
// next it says that it goes away and has not begun with it.
func drainingServer(t *testing.T, a *authority) string {
	config := &tls.Config{Certificates: []tls.Certificate{a.leaf(t, providerHost)}, NextProtos: []string{"h2"}}
	return serveTCP(t, func(c net.Conn) {
		conn := tls.Server(c, config)
		if _, err := io.ReadFull(conn, make([]byte, len(http2.ClientPreface))); err != nil {
			return
		}
		f := http2.NewFramer(conn, conn)
		_ = f.WriteSettings() // an agent that leaves shows in the reading, here and below
		for {
			frame, err := f.ReadFrame()
			if err != nil {
				return
			}
			switch frame := frame.(type) {
			case *http2.SettingsFrame:
				if !frame.IsAck() {
					_ = f.WriteSettingsAck()
				}
			case *http2.HeadersFrame:
				if frame.StreamID > 1 {
					_ = f.WriteGoAway(1, http2.ErrCodeNo, nil)
				}
			case *http2.DataFrame:
				_ = f.WriteWindowUpdate(0, max(1, frame.Length))
				if frame.StreamID > 1 {
					continue
				}
				_ = f.WriteWindowUpdate(1, max(1, frame.Length))
				if frame.StreamEnded() {
					var head bytes.Buffer
					_ = hpack.NewEncoder(&head).WriteField(hpack.HeaderField{Name: ":status", Value: "200"})
					_ = f.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: head.Bytes(), EndHeaders: true, EndStream: true})
				}
			}
		}
	})
}

// TestDrainingProvider: a provider that goes away between two requests is asked
// again, on another connection, whatever the size of the request: an agent would
// have done so too. It is one exchange, and its bytes count once.
func TestDrainingProvider(t *testing.T) {
	for name, size := range map[string]int{"small": 1 << 10, "large": 300 << 10} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, true, nobody)
			s.upstream = drainingServer(t, s.theirs)
			body := random(t, size)
			for i := range 5 {
				resp := s.do(s.agent(false), request(t, "POST", providerURL, bytes.NewReader(body)))
				if resp.StatusCode != http.StatusOK {
					text, _ := io.ReadAll(resp.Body) // for the message
					t.Fatalf("request %d: %s %s", i, resp.Status, text)
				}
				resp.Body.Close()
			}
			for i, h := range s.taps.all {
				if err := h.end(t); err != nil || !bytes.Equal(h.request, body) {
					t.Errorf("tap %d heard %d bytes of %d, and %v", i, len(h.request), len(body), err)
				}
			}
		})
	}
}

// TestSideDoors: whatever a provider answers, the tap hears of an end, and the
// agent and the log of no byte that it sent in its answer's place.
func TestSideDoors(t *testing.T) {
	for name, answer := range map[string]string{
		"a line that is no header": "HTTP/1.1 200 OK\r\nset-cookie session=SECRET\r\n\r\n",
		"no HTTP at all":           "SECRET SECRET SECRET\r\n\r\n",
		"a status below 100":       "HTTP/1.1 099 SECRET\r\nContent-Length: 0\r\n\r\n",
		"a socket unasked":         "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nSECRET",
		"another protocol":         "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SECRET\r\n\r\n",
		"nothing":                  "",
	} {
		t.Run(name, func(t *testing.T) {
			var log lockedBuffer
			s := newStage(t, false, nobody, func(o *Options) { o.Log = zerolog.New(&log) })
			config := &tls.Config{Certificates: []tls.Certificate{s.theirs.leaf(t, providerHost)}}
			s.upstream = serveTCP(t, func(c net.Conn) {
				conn := tls.Server(c, config)
				if _, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
					_, _ = io.WriteString(conn, answer)
				}
				_ = conn.Close()
			})
			resp, err := s.agent(false).Do(request(t, "GET", providerURL+"/?key=SECRET", nil))
			if err == nil {
				text, _ := io.ReadAll(resp.Body) // may be cut
				resp.Body.Close()
				if resp.StatusCode == http.StatusOK || strings.Contains(string(text), "SECRET") {
					t.Errorf("the agent got %s %q", resp.Status, text)
				}
			}
			if err := s.taps.only(t).end(t); err == nil {
				t.Error("the tap heard of a natural end")
			}
			if strings.Contains(log.String(), "SECRET") {
				t.Errorf("the log holds %s", log.String())
			}
		})
	}
}

// TestRequestThatCannotBeSent: it is told, and counted.
func TestRequestThatCannotBeSent(t *testing.T) {
	s := newStage(t, false, func(http.ResponseWriter, *http.Request) { t.Error("it was sent") })
	r := request(t, "GET", "http://"+s.addr+"/provider/x", nil)
	r.Header.Set("Connection", "upgrade")
	r.Header.Set("Upgrade", "webs\xf6cket")
	resp := s.do(http.DefaultClient, r)
	if resp.StatusCode < 400 {
		t.Errorf("got %s", resp.Status)
	}
	if err := s.taps.only(t).end(t); !errors.Is(err, usage.NotSent) {
		t.Errorf("the tap ended with %v", err)
	}
}

// TestNothingIsAddedBehindAHint: what net/http adds to a response without it is
// kept out also after a 103.
func TestNothingIsAddedBehindAHint(t *testing.T) {
	onAllLegs(t, func(t *testing.T, l legs) {
		s := newStage(t, l.upstreamH2, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Link", "</x>; rel=preload")
			w.WriteHeader(http.StatusEarlyHints)
			w.Header()["Date"], w.Header()["Content-Type"] = nil, nil
			_, _ = io.WriteString(w, "plain text")
		})
		resp := s.do(s.agent(l.agentH2), request(t, "GET", providerURL, nil))
		for _, name := range []string{"Date", "Content-Type"} {
			if v, ok := resp.Header[name]; ok {
				t.Errorf("%s: %q was added", name, v)
			}
		}
	})
}
