package proxy

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/wiremeter/wiremeter/usage"
)

// TestShutdownDrains: what is under way ends in peace, streams and sockets and
// tunnels alike, and nothing new comes in.
func TestShutdownDrains(t *testing.T) {
	next := make(chan struct{})
	s := newStage(t, true, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") != "" {
			echoSocket(t)(w, r)
			return
		}
		_, _ = io.WriteString(w, "begun ")
		w.(http.Flusher).Flush()
		<-next
		_, _ = io.WriteString(w, "ended")
	})
	stream := s.do(s.agent(true), request(t, "POST", providerURL, strings.NewReader("{}")))
	socket := s.socket(t.Context(), providerURL)
	tunnel := s.connect(serveTCP(t, echoBytes), "")

	ended := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		ended <- s.proxy.Shutdown(ctx)
	}()
	eventually(t, "nothing new is accepted", func() bool {
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", s.addr)
		if err == nil {
			conn.Close()
		}
		return err != nil
	})
	select {
	case err := <-ended:
		t.Fatalf("it did not wait: %v", err)
	default:
	}
	close(next)
	if text, err := io.ReadAll(stream.Body); string(text) != "begun ended" || err != nil {
		t.Errorf("the stream gave %q, %v", text, err)
	}
	if err := socket.Write(t.Context(), websocket.MessageText, []byte("still here")); err != nil {
		t.Error(err)
	}
	if _, got, err := socket.Read(t.Context()); string(got) != "still here" || err != nil {
		t.Errorf("the socket gave %q, %v", got, err)
	}
	if err := socket.Close(websocket.StatusNormalClosure, ""); err != nil {
		t.Error(err)
	}
	tunnel.Close()
	if err := <-ended; err != nil {
		t.Errorf("shutdown: %v", err)
	}
}

// TestShutdownDeadline: what does not end in time is cut, and told so.
func TestShutdownDeadline(t *testing.T) {
	s := newStage(t, false, func(w http.ResponseWriter, r *http.Request) {
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	resp := s.do(s.agent(false), request(t, "POST", providerURL, strings.NewReader("{}")))
	socket := s.connect(serveTCP(t, echoBytes), "")
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := s.proxy.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("shutdown: %v", err)
	}
	if _, err := io.ReadAll(resp.Body); err == nil {
		t.Error("the stream looks complete")
	}
	if n, err := socket.Read(make([]byte, 1)); err == nil {
		t.Errorf("the tunnel goes on: %d bytes", n)
	}
	if err := s.taps.only(t).end(t); !errors.Is(err, usage.Stopped) {
		t.Errorf("the tap ended with %v", err)
	}
}
