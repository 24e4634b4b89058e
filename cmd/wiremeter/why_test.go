package main

import (
	"maps"
	"net"
	"testing"

	"github.com/wiremeter/wiremeter/certs"
	"github.com/wiremeter/wiremeter/scripted"
	"github.com/wiremeter/wiremeter/usage"
)

// TestAProviderThatTheAuthorityLacks is tunnelled, for a reason of its own.
func TestAProviderThatTheAuthorityLacks(t *testing.T) {
	provider, err := scripted.Open(scripted.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer shut(t, provider)
	h := &house{dir: t.TempDir()}
	if _, err := certs.OpenAuthority(h.authority(), []string{"api.anthropic.com"}); err != nil {
		t.Fatal(err)
	}
	m, stop := startForTest(t, h, provider)
	connect(t, m.addr(), "api.openai.com:443", func(net.Conn) {})
	connect(t, m.addr(), echo(t), func(c net.Conn) { roundTrip(t, c) })
	stop()
	want := map[string]int64{"no_authority": 1, "no_provider": 1}
	if c := coverage(t, h); !maps.Equal(c.Reasons[usage.Tunnelled], want) {
		t.Errorf("got %v, want %v", c.Reasons, want)
	}
}
