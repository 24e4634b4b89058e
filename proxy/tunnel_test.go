package proxy

import (
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"

	"github.com/wiremeter/wiremeter/usage"
)

// TestATunnelIsTalliedForItsRun, whether its target can be reached or not.
func TestATunnelIsTalliedForItsRun(t *testing.T) {
	s := newStage(t, false, http.NotFound)
	closed := listen(t)
	closed.Close()
	for reason, target := range map[string]string{
		"no_provider": serveTCP(t, func(c net.Conn) { _, _ = io.WriteString(c, "hello") }),
		"unreachable": closed.Addr().String(),
	} {
		c := s.dial()
		credentials := base64.StdEncoding.EncodeToString([]byte("run-1:run"))
		if _, err := fmt.Fprintf(c, "CONNECT %s HTTP/1.1\r\nHost: %s\r\nProxy-Authorization: Basic %s\r\n\r\n", target, target, credentials); err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, c); err != nil {
			t.Fatal(err)
		}
		c.Close()
		if got := s.tally(reason); got.Outcome != usage.Tunnelled || got.Run != "run-1" || got.Count != 1 {
			t.Errorf("%s: got %+v", reason, got)
		}
	}
}
