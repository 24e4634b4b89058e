package capture

import (
	"bytes"
	"maps"
	"net/netip"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/wiremeter/wiremeter/usage"
)

// of sets what only the front knows of an exchange.
func (x exchange) of(conn uint64, labels string) exchange {
	x.conn.ID, x.labels = conn, labels
	return x
}

// recorded plays the exchanges and returns what is recorded of who asked in the
// last.
func recorded(t *testing.T, c *Capture, s *shelf, xs ...exchange) usage.Attribution {
	t.Helper()
	for _, x := range xs {
		x.play(t, c, s)
	}
	return s.records[len(s.records)-1].Attribution
}

func checkSources(t *testing.T, a usage.Attribution, want map[usage.Dimension]usage.Source) {
	t.Helper()
	if !maps.Equal(a.Sources, want) {
		t.Errorf("the sources are %v, want %v", a.Sources, want)
	}
}

var (
	claudeHead = []string{"User-Agent", "claude-cli/2 (x)", "X-Claude-Code-Session-Id", "s"}
	claudeMain = from("", "", `{"x":"\n - Primary working directory: `+engine+`\n - Is"}`, claudeHead...)
	claudeSide = from("", "", "{}", claudeHead...)
)

// TestSideCallsInherit: what a request does not say, its session or its
// connection has.
func TestSideCallsInherit(t *testing.T) {
	unknown := from("", "", "{}", "User-Agent", "node-fetch")
	words := from("", "", `{"system":"You are an agent in the Continue CLI.\n<env>\nWorking directory: `+engine+`\nIs directory"}`, "User-Agent", "node-fetch")
	t.Run("session", func(t *testing.T) {
		s := new(shelf)
		a := recorded(t, New(s, zerolog.Nop()), s, claudeMain.of(1, ""), claudeSide.of(2, ""))
		if a.Dir != engine {
			t.Errorf("got %+v", a)
		}
		checkSources(t, a, map[usage.Dimension]usage.Source{usage.ByAgent: usage.FromWire, usage.BySession: usage.FromWire, usage.ByDir: usage.FromSession})
	})
	t.Run("a session of the same name on another machine", func(t *testing.T) {
		s := new(shelf)
		here, there := claudeMain.of(1, ""), claudeSide.of(2, "")
		here.conn.Agent, there.conn.Agent = netip.MustParseAddrPort("192.0.2.1:40000"), netip.MustParseAddrPort("192.0.2.2:40000")
		if a := recorded(t, New(s, zerolog.Nop()), s, here, there); a.Dir != "" {
			t.Errorf("got %+v", a)
		}
		there.conn.Agent = netip.MustParseAddrPort("192.0.2.1:40001")
		if a := recorded(t, New(s, zerolog.Nop()), s, here, there); a.Dir != engine {
			t.Errorf("got %+v", a)
		}
	})
	t.Run("connection", func(t *testing.T) {
		s := new(shelf)
		a := recorded(t, New(s, zerolog.Nop()), s, words.of(1, ""), unknown.of(1, ""))
		if a.Agent != "continue" || a.Dir != engine {
			t.Errorf("got %+v", a)
		}
		checkSources(t, a, map[usage.Dimension]usage.Source{usage.ByAgent: usage.FromSession, usage.ByDir: usage.FromSession})
	})
	t.Run("another connection", func(t *testing.T) {
		s := new(shelf)
		if a := recorded(t, New(s, zerolog.Nop()), s, words.of(1, ""), unknown.of(2, "")); a.Agent != "" || a.Dir != "" {
			t.Errorf("got %+v", a)
		}
	})
	t.Run("a connection of several sessions", func(t *testing.T) {
		s := new(shelf)
		other := from("", "", `{"x":"\n - Primary working directory: /other\n - Is"}`, "User-Agent", "claude-cli/2 (x)", "X-Claude-Code-Session-Id", "s2")
		nameless := from("", "", "{}", "User-Agent", "claude-cli/2 (x)")
		a := recorded(t, New(s, zerolog.Nop()), s, claudeMain.of(1, ""), other.of(1, ""), nameless.of(1, ""))
		if a.Agent != "claude-code" || a.SessionID != "" || a.Dir != "" {
			t.Errorf("got %+v", a)
		}
	})
	t.Run("a connection of several programs", func(t *testing.T) {
		s := new(shelf)
		if a := recorded(t, New(s, zerolog.Nop()), s, claudeMain.of(1, ""), unknown.of(1, "")); a.Agent != "" || a.Dir != "" {
			t.Errorf("got %+v", a)
		}
	})
	t.Run("a compressed request", func(t *testing.T) {
		s := new(shelf)
		coded := claudeMain
		coded.request, coded.header = gzipped(string(claudeMain.request)), maps.Clone(claudeMain.header)
		coded.header["Content-Encoding"] = []string{"gzip"}
		if a := recorded(t, New(s, zerolog.Nop()), s, coded); a.Dir != engine {
			t.Errorf("got %+v", a)
		}
	})
	t.Run("another directory", func(t *testing.T) { // whose repository is none of the first's
		s := new(shelf)
		copilot := []string{"User-Agent", "copilot/1 (x)", "X-Client-Session-Id", "s"}
		first := from("", "", `{"x":"* Current working directory: `+engine+`\n* Git"}`, append(copilot, "X-Github-Repository-Nwo", "ada/engine")...)
		a := recorded(t, New(s, zerolog.Nop()), s, first, from("", "", `{"x":"* Current working directory: /other\n* Git"}`, copilot...))
		if a.Dir != "/other" || a.Repository != "" || a.Project != "" {
			t.Errorf("got %+v", a)
		}
	})
	t.Run("group", func(t *testing.T) {
		s := new(shelf)
		grok := func(session string) exchange {
			return from("api.x.ai", "/v1/responses", "{}", "User-Agent", "grok-shell/1 (x)", "X-Grok-Session-Id", session, "X-Grok-Conv-Group-Id", "g")
		}
		if a := recorded(t, New(s, zerolog.Nop()), s, grok("s"), grok("")); a.SessionID != "s" || a.Sources[usage.BySession] != usage.FromSession {
			t.Errorf("got %+v", a)
		}
	})
	t.Run("a fork", func(t *testing.T) {
		s := new(shelf)
		head := []string{"User-Agent", "opencode/7.7.9", "Session-Id", "ses_1", "X-Session-Id", "ses_1"}
		a := recorded(t, New(s, zerolog.Nop()), s, from("", "", `{"system":"You are Kilo, a"}`, head...), from("", "", `{"system":"You are a title generator"}`, head...))
		if a.Agent != "kilo" || a.Purpose != usage.Title {
			t.Errorf("got %+v", a)
		}
	})
}

// TestSessionsAreForgotten: the memory has a bound.
func TestSessionsAreForgotten(t *testing.T) {
	var k kin
	for id := range uint64(2 * maxKin) {
		k.learn(usage.Exchange{Conn: usage.Conn{ID: id + 1}}, &evidence{Attribution: usage.Attribution{SessionID: "s"}})
	}
	if len(k.known) > maxKin || k.order.Len() > maxKin {
		t.Errorf("%d are kept", len(k.known))
	}
}

// TestLittleOfAConnectionIsKept: a head may be a megabyte long.
func TestLittleOfAConnectionIsKept(t *testing.T) {
	var k kin
	for range 2 {
		k.learn(usage.Exchange{Conn: usage.Conn{ID: 1}}, &evidence{Attribution: usage.Attribution{UserAgent: strings.Repeat("x", 1<<20)}})
	}
	r := k.relative(connKey(usage.Conn{ID: 1}))
	if n := len(r.said.UserAgent); n > maxUserAgent || r.isShared {
		t.Errorf("%d bytes are kept of a program's name, shared: %t", n, r.isShared)
	}
}

// TestLabels: what is said by hand wins; what is no label is passed over, and
// the log says so once, without it.
func TestLabels(t *testing.T) {
	var log bytes.Buffer
	s := new(shelf)
	c := New(s, zerolog.New(&log))
	a := recorded(t, c, s, claudeMain.of(1, "team=payments,project=Motor%20%2F%20x,user=ada@example.com"))
	if a.Team != "payments" || a.Project != "Motor / x" || a.User != "ada@example.com" || a.Agent != "claude-code" {
		t.Errorf("got %+v", a)
	}
	for _, d := range Labels {
		if a.Sources[d] != usage.FromLabel {
			t.Errorf("%s is from %q", d, a.Sources[d])
		}
	}
	for _, password := range []string{"", "run", "hunter2secret", "hunter2secret==", "team=", "a=b,c=d", "team=" + aKey, strings.Repeat("team=a,", 1000)} {
		if a := recorded(t, c, s, claudeMain.of(1, password)); a.Team+a.Project+a.User != "" {
			t.Errorf("%.20q: got %+v", password, a)
		}
	}
	if log.Len() > 0 {
		t.Errorf("the log has %s", &log)
	}
	for range 2 {
		if a := recorded(t, c, s, claudeMain.of(1, "colour=hunter2secret,team=payments")); a.Team != "payments" {
			t.Errorf("got %+v", a)
		}
	}
	if n := strings.Count(log.String(), "\n"); n != 1 || strings.Contains(log.String(), "hunter2") || strings.Contains(log.String(), "colour") {
		t.Errorf("the log has %s", &log)
	}
}

func TestLabelsAreRead(t *testing.T) {
	for text, want := range map[string]string{
		"team=payments":                   "team payments",
		"user= ada ":                      "user ada",
		"project=Motor/x":                 "project Motor/x",
		"color=red":                       `label "color=red": expected NAME=VALUE, where NAME is one of team, project, user`,
		"payments":                        `label "payments": expected NAME=VALUE, where NAME is one of team, project, user`,
		"team=":                           `label "team=": expected a value of letters, digits, spaces and . _ - @ / + : in at most 64 bytes`,
		"team=a,b":                        `label "team=a,b": expected a value of letters, digits, spaces and . _ - @ / + : in at most 64 bytes`,
		"team=" + strings.Repeat("x", 65): `label "team=` + strings.Repeat("x", 65) + `": expected a value of letters, digits, spaces and . _ - @ / + : in at most 64 bytes`,
	} {
		d, value, err := ParseLabel(text)
		got := string(d) + " " + value
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q: got %s", text, got)
		}
	}
	const all = "team=a%20b,project=%C3%A4%2Fx,user=ada@x"
	if got := JoinLabels(map[usage.Dimension]string{usage.ByTeam: "a b", usage.ByProject: "ä/x", usage.ByUser: "ada@x"}); got != all {
		t.Errorf("got %q", got)
	}
}
