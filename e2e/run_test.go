//go:build e2e

package e2e

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/wiremeter/wiremeter/scripted"
	"github.com/wiremeter/wiremeter/usage"
)

// TestAsIfAlone: an agent does with wiremeter what it does without: it asks the
// same, says the same and ends with the same code.
func TestAsIfAlone(t *testing.T) {
	for _, c := range []struct {
		name    string
		script  scripted.Script
		sockets scripted.Sockets
		agents  []agent
	}{
		{"answered", scripted.Script{}, scripted.NoSockets, all},
		{"refused", scripted.Script{Refuse: http.StatusBadRequest}, scripted.NoSockets, all},
		{"on_sockets", scripted.Script{}, scripted.ContextSockets, []agent{codex, copilot}},
	} {
		for _, a := range c.agents {
			t.Run(c.name+"/"+a.name, func(t *testing.T) {
				t.Parallel()
				o := always(c.script)
				o.Sockets = c.sockets
				alone, asked := act(t, o, func(s *stage) ended {
					return s.exec(append(s.dressed(a), s.tunnel()...), filepath.Join(agents, a.command[0]), a.command[1:]...)
				})
				metered, askedToo := act(t, o, func(s *stage) ended {
					return s.run(append(s.upstream(), "--quiet"), s.dressed(a), a.command...)
				})
				if (alone.code != 0) != (c.name == "refused") || metered.code != alone.code || masked(metered.out) != masked(alone.out) {
					t.Errorf("exit code and output are %d %q, without wiremeter %d %q", metered.code, metered.out, alone.code, alone.out)
				}
				asked, askedToo = a.certain(asked), a.certain(askedToo)
				if !slices.Equal(askedToo, asked) {
					t.Errorf("it asks\n%s\nwithout wiremeter\n%s", strings.Join(askedToo, "\n"), strings.Join(asked, "\n"))
				}
				if strings.Contains(metered.errs, "wiremeter:") {
					t.Errorf("--quiet is not: %s", metered.errs)
				}
			})
		}
	}
}

// act does what it is told beside a provider, and returns what that was asked.
func act(t *testing.T, o scripted.Options, do func(*stage) ended) (e ended, asked []string) {
	t.Helper()
	var mu sync.Mutex
	play := o.Scenario
	o.Scenario = func(c scripted.Call) scripted.Script {
		mu.Lock()
		defer mu.Unlock()
		asked = append(asked, head(c.Request))
		return play(c)
	}
	return do(newStage(t, o)), asked
}

// certain is what the agent always asks. Some ask for several things at once, and
// Grok CLI may not wait for the summary of a turn.
func (a agent) certain(asked []string) []string {
	asked = slices.DeleteFunc(asked, func(head string) bool { return a.leaves && strings.Contains(head, "turn-summary") })
	slices.Sort(asked)
	return asked
}

// another is what differs from run to run: identifiers and times.
var another = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32}-[0-9a-f]{16}|\bses_\w+|\b\d{13}(_\w{5})?\b`)

func masked(text string) string { return another.ReplaceAllString(text, "…") }

// head is a request without its body, and without what concerns one hop alone.
func head(r *http.Request) string {
	h := r.Header.Clone()
	h.Del("Connection")
	h.Del("Sec-WebSocket-Key")
	h.Set("Content-Length", fmt.Sprint(h.Get("Content-Length") != "")) // the body has identifiers and times of its own
	return masked(fmt.Sprint(r.Method, " ", r.Host, r.URL, h))
}

// tunnel is a proxy that tunnels to the provider and nowhere else, and returns
// the environment that leads an agent there without wiremeter.
func (s *stage) tunnel() []string {
	s.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect || !slices.Contains(scripted.Hosts, r.URL.Hostname()) {
			http.Error(w, "only to the provider", http.StatusForbidden)
			return
		}
		to, err := new(net.Dialer).DialContext(r.Context(), "tcp", s.provider.Addr())
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer to.Close()
		from, ahead, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer from.Close()
		fmt.Fprint(from, "HTTP/1.1 200 Connection established\r\n\r\n")
		go func() {
			_, _ = io.Copy(to, ahead)
			_ = to.(*net.TCPConn).CloseWrite()
		}()
		_, _ = io.Copy(from, to)
	}))
	s.Cleanup(server.Close)
	env := []string{"NODE_USE_ENV_PROXY=1"}
	for _, name := range []string{"HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy"} {
		env = append(env, name+"="+server.URL)
	}
	for _, name := range []string{"NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "CODEX_CA_CERTIFICATE"} {
		env = append(env, name+"="+filepath.Join(s.house, "provider.pem"))
	}
	return env
}

// TestSummary: the run says at its end what the ledger says.
func TestSummary(t *testing.T) {
	for _, a := range all {
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, first(1, scripted.Script{Tool: &a.tool}))
			e := s.well(s.metered(s.dressed(a), a.command...))
			byModel := make(map[string][]scripted.Entry)
			for _, c := range s.provider.Ledger() {
				if c.Outcome == usage.Metered {
					byModel[c.Response.Model] = append(byModel[c.Response.Model], c)
				}
			}
			for model, calls := range byModel {
				want := "wiremeter: " + cmp.Or(model, "unknown") + "  " + summaryOf(calls) + "  cost "
				hasLeft := a.leaves && strings.Contains(e.errs, "interrupted (agent_gone)")
				if !strings.Contains(e.errs, want) && !hasLeft {
					t.Errorf("want %q at the end of standard error", want)
				}
			}
			if strings.Contains(e.out, "wiremeter:") {
				t.Error("the summary is on standard output")
			}
		})
	}
}

// summaryOf adds up what the calls cost. What none of them says is "-".
func summaryOf(calls []scripted.Entry) string {
	var sum [4]int64
	said := [4]string{"-", "-", "-", "-"}
	for _, c := range calls {
		k := c.Response.Tokens
		for i, counts := range [][]*int64{{k.Input}, {k.CacheRead}, {k.CacheWrite5m, k.CacheWrite1h, k.CacheWriteOther}, {k.Output}} {
			for _, n := range counts {
				if n != nil {
					sum[i] += *n
					said[i] = thousands(sum[i])
				}
			}
		}
	}
	requests := fmt.Sprintf("%d requests", len(calls))
	if len(calls) == 1 {
		requests = "1 request"
	}
	return fmt.Sprintf("%s  input %s  cache read %s  cache write %s  output %s", requests, said[0], said[1], said[2], said[3])
}

func thousands(n int64) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", thousands(n/1000), n%1000)
}

// TestLeft: a user's Ctrl-C reaches the agent, which hangs up in the middle of
// an answer. What was said until then is kept.
func TestLeft(t *testing.T) {
	for proto, http1 := range map[string]bool{"h2_upstream": false, "h1_upstream": true} {
		t.Run(proto, func(t *testing.T) {
			o := always(scripted.Script{HangAfter: 5})
			o.HTTP1Only = http1
			s := newStage(t, o)
			args := append(append([]string{"run", "--home", s.house}, s.upstream()...), "--")
			args = append(append(args, claude.command...), "--output-format", "stream-json", "--verbose", "--include-partial-messages")
			c := s.program(s.dressed(claude), wiremeter, args...)
			c.Stdout = &watch{text: "text_delta", do: func() {
				if err := c.Process.Signal(os.Interrupt); err != nil {
					t.Error(err)
				}
			}}
			s.end(c)
			requireOutcomes(t, s.rows(claude), usage.Interrupted)
		})
	}
}

// watch takes output and acts once, when it has the text.
type watch struct {
	seen []byte
	text string
	do   func()
}

func (w *watch) String() string { return string(w.seen) }

func (w *watch) Write(p []byte) (int, error) {
	w.seen = append(w.seen, p...)
	if w.do != nil && bytes.Contains(w.seen, []byte(w.text)) {
		w.do()
		w.do = nil
	}
	return len(p), nil
}
