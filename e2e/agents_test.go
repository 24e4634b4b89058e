//go:build e2e

package e2e

import (
	"encoding/base64"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wiremeter/wiremeter/scripted"
	"github.com/wiremeter/wiremeter/usage"
)

// ask lets the agent say hi, metered, and holds the rows against the ledger.
func ask(t *testing.T, a agent, o scripted.Options) (*stage, []row) {
	t.Helper()
	s := newStage(t, o)
	s.well(s.metered(s.dressed(a), a.command...))
	return s, s.rows(a)
}

// rows are the agent's calls, held against the ledger and to be the agent's.
func (s *stage) rows(a agent) []row {
	s.Helper()
	t := s.T
	rows, refused := s.settled()
	for _, r := range append(rows, refused...) {
		if version := a.version(t); r.Agent != a.is || r.AgentVersion != version {
			t.Errorf("agent is %q %q, want %q %q", r.Agent, r.AgentVersion, a.is, version)
		}
		isAnonymous := a.anonymous != "" && r.Purpose == string(a.anonymous)
		if !isAnonymous && (r.SessionID != "") != a.hasSession {
			t.Errorf("session is %q", r.SessionID)
		}
		if r.Front != "forward" {
			t.Errorf("front is %q", r.Front)
		}
	}
	for _, r := range rows {
		if r.Transport != a.transport && r.Transport != string(usage.WebSocket) {
			t.Errorf("transport is %q, want %q", r.Transport, a.transport)
		}
	}
	for _, r := range refused {
		if r.Outcome != "failed" || r.Status != 426 {
			t.Errorf("a refused WebSocket is %q with status %d", r.Outcome, r.Status)
		}
	}
	return rows
}

// version is what its rows say: that which is installed, or nothing.
func (a agent) version(t *testing.T) string {
	t.Helper()
	if !a.hasVersion {
		return ""
	}
	return pinned(t)[a.source]
}

func TestAgents(t *testing.T) {
	for _, a := range all {
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			t.Run("h2_upstream", func(t *testing.T) {
				var accepted string
				s, _ := ask(t, a, scripted.Options{Scenario: func(c scripted.Call) scripted.Script {
					accepted = c.Request.Header.Get("Accept-Encoding")
					return scripted.Script{}
				}})
				requireProto(s, "HTTP/2.0")
				got := strings.FieldsFunc(accepted, func(r rune) bool { return r == ',' || r == ' ' })
				if slices.Sort(got); !slices.Equal(got, a.codings) {
					t.Errorf("it accepts %v, want %v: the agent changed", got, a.codings)
				}
			})
			t.Run("h1_upstream", func(t *testing.T) {
				s, _ := ask(t, a, scripted.Options{HTTP1Only: true})
				requireProto(s, "HTTP/1.1")
			})
			t.Run("slow_drip_in_odd_pieces", func(t *testing.T) {
				ask(t, a, always(scripted.Script{Drip: 20 * time.Millisecond, Chop: 7}))
			})
			for _, coding := range a.codings {
				t.Run(coding, func(t *testing.T) {
					ask(t, a, always(scripted.Script{Coding: coding, Chop: 13}))
				})
			}
			t.Run("tool", func(t *testing.T) {
				_, rows := ask(t, a, first(1, scripted.Script{Tool: &a.tool}))
				if len(rows) < 2 {
					t.Errorf("a tool's use makes two calls, got %d", len(rows))
				}
			})
		})
	}
}

// TestSockets: Codex asks on a WebSocket where it is let: first to fill a
// cache, then what it was told to, here with a tool, a refusal and a cut.
func TestSockets(t *testing.T) {
	for name, sockets := range map[string]scripted.Sockets{"plain": scripted.PlainSockets, "deflated": scripted.DeflatedSockets, "context": scripted.ContextSockets} {
		t.Run(name, func(t *testing.T) {
			scripts := []scripted.Script{{Chop: 5}, {Chop: 11, Tool: &codex.tool}, {Drip: 20 * time.Millisecond, CutAfter: 2}}
			s, rows := ask(t, codex, scripted.Options{Sockets: sockets, Scenario: func(c scripted.Call) scripted.Script {
				if c.Number > len(scripts) {
					return scripted.Script{}
				}
				return scripts[c.Number-1]
			}})
			requireOutcomes(t, rows, usage.Metered, usage.Metered, usage.Interrupted)
			last := rows[len(rows)-1]
			if last.Outcome != string(usage.Metered) || last.Transport != string(usage.WebSocket) || !s.provider.Ledger()[0].IsPrewarm {
				t.Errorf("the agent changed: %s", show(rows))
			}
		})
	}
}

func always(script scripted.Script) scripted.Options {
	return scripted.Options{Scenario: func(scripted.Call) scripted.Script { return script }}
}

// first plays the script for the first n calls.
func first(n int, script scripted.Script) scripted.Options {
	return scripted.Options{Scenario: func(c scripted.Call) scripted.Script {
		if c.Number <= n {
			return script
		}
		return scripted.Script{}
	}}
}

func requireProto(s *stage, proto string) {
	s.Helper()
	for _, e := range s.provider.Ledger() {
		if e.Proto != proto {
			s.Errorf("the provider was asked over %s, want %s", e.Proto, proto)
		}
	}
}

func TestRefusedThenRetried(t *testing.T) {
	for _, c := range []struct {
		agent
		status int
	}{{claude, 529}, {codex, 503}, {gemini, 429}} {
		t.Run(c.name, func(t *testing.T) {
			_, rows := ask(t, c.agent, first(1, scripted.Script{Refuse: c.status}))
			requireOutcomes(t, rows, usage.Failed, usage.Metered)
		})
	}
}

// TestErrorInStream: an error after a 200, which is tried again.
func TestErrorInStream(t *testing.T) {
	for _, c := range []struct {
		agent
		after int
	}{{claude, 2}, {codex, 1}, {gemini, 1}} {
		t.Run(c.name, func(t *testing.T) {
			_, rows := ask(t, c.agent, first(1, scripted.Script{ErrorAfter: c.after}))
			requireOutcomes(t, rows, usage.Failed, usage.Metered)
		})
	}
}

func TestCutThenRetried(t *testing.T) {
	for _, c := range []struct {
		agent
		after int
	}{{claude, 4}, {codex, 3}} {
		t.Run(c.name, func(t *testing.T) {
			_, rows := ask(t, c.agent, first(1, scripted.Script{CutAfter: c.after}))
			requireOutcomes(t, rows, usage.Interrupted, usage.Metered)
		})
	}
}

// TestCut: Gemini CLI tries a stream that was refused again, but not one that
// was cut.
func TestCut(t *testing.T) {
	s := newStage(t, always(scripted.Script{CutAfter: 1}))
	if e := s.metered(s.dressed(gemini), gemini.command...); e.code != 1 {
		t.Errorf("exit code %d, want 1: the agent changed", e.code)
	}
	requireOutcomes(t, s.rows(gemini), usage.Interrupted)
}

func requireOutcomes(t *testing.T, rows []row, want ...usage.Outcome) {
	t.Helper()
	for i, o := range want {
		if i >= len(rows) || rows[i].Outcome != string(o) {
			t.Errorf("outcomes are %s, want them to begin with %v", show(rows), want)
			return
		}
	}
}

// TestCodedRequests: Claude Code can gzip what it sends, and Codex with a
// ChatGPT login sends zstd. Only the request names the model that was asked
// for.
func TestCodedRequests(t *testing.T) {
	gzipped := claude
	gzipped.env = append([]string{"CLAUDE_CODE_GZIP_REQUEST_BODIES=1"}, claude.env...)
	for _, c := range []struct {
		agent
		coding, host string
	}{{gzipped, "gzip", "api.anthropic.com"}, {login, "zstd", "chatgpt.com"}} {
		t.Run(c.name, func(t *testing.T) {
			var coding string
			_, rows := ask(t, c.agent, scripted.Options{Scenario: func(call scripted.Call) scripted.Script {
				coding = call.Request.Header.Get("Content-Encoding")
				return scripted.Script{}
			}})
			if coding != c.coding {
				t.Errorf("the request's coding was %q, want %q: the agent changed", coding, c.coding)
			}
			for _, r := range rows {
				if r.Host != c.host || r.ModelRequested == "" || r.ModelRequested != r.Model {
					t.Errorf("host %q, asked for %q, served %q", r.Host, r.ModelRequested, r.Model)
				}
			}
		})
	}
}

// chatGPTLogin is what Codex keeps of a login, with tokens that nobody signed,
// and a claim that nobody may keep.
func chatGPTLogin() string {
	encode := base64.RawURLEncoding.EncodeToString
	claims := `{"email":"someone@example.com","nonce":"` + canary + `a-claim","exp":4102444800,"https://api.openai.com/auth":{"chatgpt_account_id":"account-1","chatgpt_plan_type":"plus","chatgpt_user_id":"user-1"}}`
	jwt := encode([]byte(`{"alg":"none","typ":"JWT"}`)) + "." + encode([]byte(claims)) + ".dummy"
	return `{"auth_mode":"chatgpt","OPENAI_API_KEY":null,"tokens":{"id_token":"` + jwt + `","access_token":"` + jwt +
		`","refresh_token":"dummy","account_id":"account-1"},"last_refresh":"` + time.Now().UTC().Format(time.RFC3339) + `"}`
}
