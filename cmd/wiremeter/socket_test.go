package main

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/wiremeter/wiremeter/scripted"
	"github.com/wiremeter/wiremeter/store/sqlite"
	"github.com/wiremeter/wiremeter/usage"
)

// TestSockets: each response on a WebSocket is a record that equals the
// provider's ledger, however the messages are compressed and cut; the classes
// add up to the exchanges and the responses beyond the first of each.
func TestSockets(t *testing.T) {
	for name, sockets := range map[string]scripted.Sockets{"plain": scripted.PlainSockets, "deflated": scripted.DeflatedSockets, "context": scripted.ContextSockets} {
		t.Run(name, func(t *testing.T) {
			provider, err := scripted.Open(scripted.Options{Sockets: sockets})
			if err != nil {
				t.Fatal(err)
			}
			defer shut(t, provider)
			h := &house{dir: t.TempDir()}
			m, stop := startForTest(t, h, provider)
			scripts := []scripted.Script{{}, {}, {Text: strings.Repeat("many words ", 9000), Chop: 5000}, {Refuse: 429}, {Chop: 7}, {NoUsage: true}, {CutAfter: 2}}
			provider.Play(func(c scripted.Call) scripted.Script { return scripts[c.Number-1] })
			if extensions := converse(t, m, len(scripts)); (sockets != scripted.PlainSockets) != strings.Contains(extensions, "permessage-deflate") {
				t.Errorf("%q was agreed on", extensions)
			}
			stop()

			var want []string
			for _, e := range provider.Ledger() {
				want = append(want, fact(e.Outcome, e.Dialect, e.Response.ID, e.Response.Tokens))
			}
			rows := records(t, h)
			var got []string
			for _, r := range rows {
				got = append(got, fact(r.Outcome, r.Dialect, r.Response.ID, r.Tokens))
				if r.Transport != usage.WebSocket || r.ModelRequested != "gpt-5.6" || r.Status != http.StatusSwitchingProtocols || r.Duration <= 0 {
					t.Errorf("transport %q, model %q, status %d, duration %v", r.Transport, r.ModelRequested, r.Status, r.Duration)
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("the records are\n%s\nthe ledger\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
			if rows[0].Kind != usage.Prewarm || rows[1].Kind != usage.Model {
				t.Errorf("the kinds are %q and %q", rows[0].Kind, rows[1].Kind)
			}
			c := coverage(t, h)
			if c.Exchanges != m.proxy.Seen()+m.capture.Turns() || c.Prewarm != 1 {
				t.Errorf("%d exchanges and %d more turns: %s", m.proxy.Seen(), m.capture.Turns(), c)
			}
		})
	}
}

// converse asks for n responses on one WebSocket, the first to fill a cache. It
// returns what extensions were agreed on.
func converse(t *testing.T, m *meter, n int) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	c, resp, err := websocket.Dial(ctx, "wss://api.openai.com/v1/responses", &websocket.DialOptions{ //nolint:bodyclose // it is the connection
		HTTPClient: newDemoAgent(m).client, CompressionMode: websocket.CompressionContextTakeover, CompressionThreshold: 1,
	})
	if err != nil {
		t.Fatalf("%v, %v", err, resp)
	}
	defer func() { _ = c.CloseNow() }() // the provider has cut it
	c.SetReadLimit(1 << 20)
	for i := range n {
		ask := `{"type":"response.create","model":"gpt-5.6","input":[]}`
		if i == 0 {
			ask = `{"type":"response.create","model":"gpt-5.6","generate":false,"input":[]}`
		}
		if err := c.Write(ctx, websocket.MessageText, []byte(ask)); err != nil {
			t.Fatal(err)
		}
		for !isLast(ctx, t, c, i == n-1) {
		}
	}
	return resp.Header.Get("Sec-WebSocket-Extensions")
}

// isLast reads a message and reports whether it ends the response, as does a
// cut where one may come.
func isLast(ctx context.Context, t *testing.T, c *websocket.Conn, mayCut bool) bool {
	t.Helper()
	_, text, err := c.Read(ctx)
	if err != nil {
		if !mayCut {
			t.Fatal(err)
		}
		return true
	}
	var e struct{ Type string }
	if err := json.Unmarshal(text, &e); err != nil {
		t.Fatal(err)
	}
	return e.Type == "response.completed" || e.Type == "error"
}

func records(t *testing.T, h *house) (all []usage.Record) {
	t.Helper()
	r, err := sqlite.OpenReader(h.database())
	if err != nil {
		t.Fatal(err)
	}
	defer shut(t, r)
	for record, err := range r.Records(t.Context(), sqlite.Filter{}) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, record)
	}
	return all
}
