package capture

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/rs/zerolog"

	"github.com/wiremeter/wiremeter/parsers"
	"github.com/wiremeter/wiremeter/usage"
)

// said makes the request of a piece with this model.
func said(id, model string) []byte {
	message := field(1, field(9, field(1, []byte(model))))
	return joined(field(4, message), field(2, field(1, []byte(id))))
}

func playHalf(c *Capture, h usage.Header, body []byte) {
	e := beginCursor(c, methodAppend, h)
	for p := range chunked(body, 1<<20) {
		e.Request(p)
	}
	e.Response(200, nil)
	e.End(nil)
}

// TestHalvesAreBounded: what nobody asks for is forgotten, the oldest first.
func TestHalvesAreBounded(t *testing.T) {
	c := New(new(shelf), zerolog.Nop())
	for i := range maxHalves + 10 {
		id := fmt.Sprint(i)
		playHalf(c, asked(id, "application/proto"), said(id, "m"))
	}
	if n := len(c.halves.known); n != maxHalves || c.halves.order.Len() != n || c.halves.held != 0 {
		t.Errorf("%d are kept, %d in order, %d bytes", n, c.halves.order.Len(), c.halves.held)
	}
	for id, want := range map[string]string{"0": "", "9": "", "10": "m", fmt.Sprint(maxHalves + 9): "m"} {
		if got := c.halves.request(id).Model; got != want {
			t.Errorf("%s: got %q, want %q", id, got, want)
		}
	}
}

func TestHalvesThatAreNotRead(t *testing.T) {
	large := joined(said("id", "m"), field(15, make([]byte, parsers.MaxAppend)))
	stated, coded := asked("id", "application/proto"), asked("id", "application/proto")
	stated["Content-Length"] = []string{fmt.Sprint(len(large))}
	coded["Content-Encoding"] = []string{"gzip"}
	for name, x := range map[string]struct {
		header usage.Header
		body   []byte
		want   string
	}{
		"too large":          {asked("id", "application/proto"), large, ""},
		"too large, by name": {stated, large, ""},
		"cut":                {asked("id", "application/proto"), said("id", "m")[:5], ""},
		"in a coding":        {coded, gzipped(string(said("id", "m"))), "m"},
		"broken coding":      {coded, []byte("no gzip"), ""},
		"of another id":      {asked("other", "application/proto"), said("id", "m"), ""},
	} {
		s := new(shelf)
		c := New(s, zerolog.Nop())
		playHalf(c, x.header, x.body)
		if got := c.halves.request("id").Model; got != x.want || c.halves.held != 0 {
			t.Errorf("%s: got %q, want %q; %d bytes are held", name, got, x.want, c.halves.held)
		}
		if len(s.tallies) != 1 || s.tallies[0].Reason != "request_half" || s.tallies[0].RequestBytes != int64(len(x.body)) {
			t.Errorf("%s: got %+v", name, s.tallies)
		}
	}
}

// TestHalvesUnderWay: bodies that are on their way are kept up to a limit, all
// of them together.
func TestHalvesUnderWay(t *testing.T) {
	c := New(new(shelf), zerolog.Nop())
	body := bytes.Repeat([]byte{0}, 7<<20)
	var open []*Exchange
	for range 20 {
		e := beginCursor(c, methodAppend, asked("id", "application/proto"))
		e.Request(body)
		open = append(open, e)
		if c.halves.held > maxHeld {
			t.Fatalf("%d bytes are held", c.halves.held)
		}
	}
	for _, e := range open {
		e.End(usage.AgentGone)
	}
	if c.halves.held != 0 {
		t.Errorf("%d bytes are held in the end", c.halves.held)
	}
}
