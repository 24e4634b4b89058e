package main

import (
	"net/url"
	"testing"
)

// TestNotThroughOurselves: a proxy that the environment names is passed by only
// when it is this home's own.
func TestNotThroughOurselves(t *testing.T) {
	h, m, _, stop := stage(t)
	defer stop()
	_, stranger, _, stop2 := stage(t)
	defer stop2()
	_, port, _ := cutHost(m.addr())
	for value, want := range map[string]string{
		"http://user:run@" + m.addr(): "",
		m.addr():                      "",
		"http://localhost:" + port:    "",
		"http://" + stranger.addr():   stranger.addr(),
		"http://127.0.0.1:1":          "127.0.0.1:1",
		"http://proxy.invalid:3128":   "proxy.invalid:3128",
	} {
		t.Setenv("HTTPS_PROXY", value)
		choose := h.userProxies(t.Context(), "127.0.0.1:2").ProxyFunc()
		via, err := choose(&url.URL{Scheme: "https", Host: "api.openai.com"})
		got := ""
		if via != nil {
			got = via.Host
		}
		if err != nil || got != want {
			t.Errorf("%s: through %q, %v; want %q", value, got, err, want)
		}
	}
}

// TestIsSelf: before it serves a server knows itself by its address.
func TestIsSelf(t *testing.T) {
	for _, tt := range []struct {
		addr, listen string
		want         bool
	}{
		{"127.0.0.1:4719", "127.0.0.1:4719", true},
		{"localhost:4719", "127.0.0.1:4719", true},
		{"127.0.0.1:4719", "[::]:4719", true},
		{"192.0.2.1:4719", "[::]:4719", false},
		{"127.0.0.1:4718", "127.0.0.1:4719", false},
		{"127.0.0.2:4719", "127.0.0.1:4719", false},
		{"LocalHost:4719", "[::1]:4719", true},
		{"127.0.0.1:4719", "localhost:4719", true},
		{"0.0.0.0:4719", "127.0.0.1:4719", true},
		{"[::ffff:127.0.0.1]:4719", "127.0.0.1:4719", true},
		{"[::1]:4719", "127.0.0.1:4719", false},
		{"name.invalid:4719", "127.0.0.1:4719", false},
		{"", "127.0.0.1:4719", false},
	} {
		if got := isSelf(t.Context(), tt.addr, tt.listen); got != tt.want {
			t.Errorf("%s, listening on %s: %v", tt.addr, tt.listen, got)
		}
	}
}
