//go:build e2e

package e2e

import (
	"encoding/base64"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/wiremeter/wiremeter/scripted"
)

// canary marks what nobody may keep: "canary-of-the-prompt".
const canary = "canary-of-"

// TestNothingLeaks: no prompt, no answer, no key, no cookie, no query, and no path
// outside of the project is in any file of wiremeter's, in its log, or in what it
// prints.
func TestNothingLeaks(t *testing.T) {
	for _, c := range []struct {
		name    string
		sockets scripted.Sockets
		agents  []agent
	}{
		{"requests", scripted.NoSockets, variants},
		{"sockets", scripted.ContextSockets, []agent{codex, login, copilot}},
	} {
		t.Run(c.name, func(t *testing.T) { proveNothingLeaks(t, c.sockets, c.agents) })
	}
}

func proveNothingLeaks(t *testing.T, sockets scripted.Sockets, agents []agent) {
	c := &cage{}
	s := newStage(t, scripted.Options{Scenario: c.play, Sockets: sockets})
	s.repository()
	transcripts := filepath.Join(s.house, "transcripts") // among the files
	v := s.serve("--log-level", "debug", "--transcripts", transcripts)
	t.Run("agents", func(t *testing.T) {
		for i, a := range agents {
			s.leaves = s.leaves || a.leaves
			t.Run(a.name, func(t *testing.T) {
				t.Parallel()
				s.in(t).watched(c, a, fmt.Sprintf("of-%d-", i))
			})
		}
	})
	s.curls(v)
	c.requireFlown(t, "a-query", "a-token", "a-cookie", "a-prompt")
	s.settled()
	requireNone(t, s.files()) // while it works, too
	s.vanish()
	s.curls(v)
	s.run(nil, s.env(), "curl", "-sS", "-H", "Host: "+canary+"another-host", "https://api.openai.com/v1/models")
	said := map[string]string{"the status": s.exec(s.env(), "curl", "-sS", "http://"+v.addr+"/wiremeter/status").out, "the log": v.log()}
	for _, what := range []string{"export", "export --format csv", "report", "report --by session,user,project,agent", "sessions"} {
		args := append(strings.Fields(what), "--home", s.house)
		said[what] = s.well(s.exec(s.env(), wiremeter, args...)).out
	}
	s.well(s.exec(s.env(), wiremeter, "export", "--home", s.house, "--format", "transcript", "--out", filepath.Join(s.house, "more-transcripts")))
	if !strings.Contains(said["the log"], " DBG ") || !strings.Contains(said["the log"], "cannot pass an exchange on") {
		t.Errorf("the log has little to tell, so it proves nothing:\n%s", said["the log"])
	}
	requireNone(t, said)
	requireNone(t, s.files())
}

// in is the same stage for an agent of its own test, which lives in a home that
// nobody may speak of.
func (s *stage) in(t *testing.T) *stage {
	one := *s
	one.T, one.home = t, filepath.Join(t.TempDir(), canary+"a-home")
	return &one
}

// markers are how agents tell their models where they work, said by a user of
// another place.
const markers = "  Working directory: PATH\n - Primary working directory: PATH\n* Current working directory: PATH\n<cwd>PATH</cwd>\n<cwd>\nPATH\n</cwd>\n" +
	"% pwd\nPATH\nI'm currently working in the directory: PATH\nThe current working directory is `PATH`.\nWorkspace Path: PATH\n4. Working Directory: PATH\n" +
	"**Workspace Directories:**\n  - PATH\n"

// watched lets the agent fly its canaries: in its prompt, which speaks of a folder
// outside of the project, in its keys, in its tool's use, and in the answer.
func (s *stage) watched(c *cage, a agent, whose string) {
	s.Helper()
	fly := func(text string) string { return strings.ReplaceAll(text, "dummy", canary+whose+"key") }
	files := make(map[string]string)
	for path, text := range a.files {
		files[path] = fly(text)
	}
	a.env, a.files, a.command = slices.Clone(a.env), files, slices.Clone(a.command)
	for i := range a.env {
		a.env[i] = fly(a.env[i])
	}
	a.command[slices.Index(a.command, prompt)] = canary + whose + "prompt, see\n" + strings.ReplaceAll(markers, "PATH", "/srv/"+canary+whose+"path/secret")
	c.await(whose, a.tool)
	e := s.well(s.run(nil, s.dressed(a), a.command...))
	if c.requireFlown(s.T, whose+"prompt", whose+"path", whose+"key", whose+"tool"); !strings.Contains(e.out, canary+"an-answer") {
		s.Errorf("%s has not seen the answer", a.name)
	}
}

// curls asks in the ways that the agents do not: with keys in queries, with
// cookies, past the providers.
func (s *stage) curls(v *server) {
	s.Helper()
	const query, google = "?key=" + canary + "a-query", "https://generativelanguage.googleapis.com/v1beta/models"
	post := []string{
		"-H", "Authorization: Bearer " + canary + "a-token", "-H", "Cookie: a=" + canary + "a-cookie", "-H", "Content-Type: application/json",
		"-d", `{"model":"gpt-5.6","contents":[{"parts":[{"text":"` + canary + `a-prompt"}]}]}`,
	}
	for _, args := range [][]string{
		append(post, google+"/gemini-2.5-pro:generateContent"+query),
		append(post, google+"/gemini-2.5-pro:streamGenerateContent"+query+"&alt=sse"),
		append(post, google+"/gemini-2.5-pro:countTokens"+query),
		append(post, google+"/nothing:here"+query),
		append(post, "--noproxy", "*", "http://"+v.addr+"/gemini/v1beta/models/gemini-2.5-pro:generateContent"+query),
		append(post, "--noproxy", "*", "http://"+v.addr+"/nowhere"+query),
		append(post, "https://api.openai.com/v1/chat/completions"+query),
		append(post, "https://api.anthropic.com/v1/messages"+query),
		append(post, "https://elsewhere.example/"+query), // tunnelled
		append(post, "http://elsewhere.example/"+query),
		append(post, "-x", "http://someone:"+canary+"a-password@"+v.addr, google+"/gemini-2.5-pro:generateContent"+query),
		{"--cacert", filepath.Join(s.house, "provider.pem"), google + query},          // refuses our certificate
		append(post, "--proxytunnel", "http://api.openai.com:443/v1/responses"+query), // no TLS where some is expected
		{"--tls-max", "1.1", "--ciphers", "DEFAULT@SECLEVEL=0", google + query},
		{google + query},
	} {
		s.run([]string{"--quiet"}, s.env(), append([]string{"curl", "-sS"}, args...)...)
	}
}

// cage lets canaries fly with the provider's answers, and catches those that
// reach it.
type cage struct {
	mu    sync.Mutex
	seen  strings.Builder
	tools map[string]*usesATool // by whose canaries are in the request
}

// await expects an agent's canaries. Its tool gets one more.
func (c *cage) await(whose string, tool scripted.Tool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.tools == nil {
		c.tools = make(map[string]*usesATool)
	}
	tool.Input = strings.ReplaceAll(tool.Input, "echo hi", "echo "+canary+whose+"tool")
	c.tools[whose] = &usesATool{tool: tool}
}

// play asks the first time for a tool, and answers curl well, with an error and
// with a cut, by turns.
func (c *cage) play(call scripted.Call) scripted.Script {
	c.mu.Lock()
	defer c.mu.Unlock()
	fmt.Fprintln(&c.seen, call.Request.URL, call.Request.Header, string(call.Body))
	script := scripted.Script{Text: canary + "an-answer, at length", Cookie: "b=" + canary + "a-set-cookie"}
	if !strings.HasPrefix(call.Request.UserAgent(), "curl/") {
		for whose, u := range c.tools {
			if strings.Contains(string(call.Body), canary+whose+"prompt") {
				script.Tool = u.play(call).Tool
			}
		}
		return script
	}
	switch call.Number % 3 {
	case 1:
		script.Refuse = 401
	case 2:
		script.CutAfter = 1
	}
	return script
}

// requireFlown: what did not pass could not have leaked.
func (c *cage) requireFlown(t *testing.T, names ...string) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, name := range names {
		if !strings.Contains(c.seen.String(), canary+name) {
			t.Errorf("the provider has not seen %q", canary+name)
		}
	}
}

func requireNone(t *testing.T, texts map[string]string) {
	t.Helper()
	forms := []string{canary}
	for before := range 3 { // credentials travel in base64, in one of its three alignments
		coded := base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat("x", before) + canary))
		forms = append(forms, coded[(before*8+5)/6:len(coded)-1])
	}
	for name, text := range texts {
		for _, form := range forms {
			if i := strings.Index(text, form); i >= 0 {
				t.Errorf("%s holds %q", name, text[max(0, i-100):min(i+50, len(text))])
			}
		}
	}
}

// files reads every file of wiremeter's.
func (s *stage) files() map[string]string {
	s.Helper()
	all := make(map[string]string)
	err := filepath.WalkDir(s.house, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		all[path] = string(text)
		return err
	})
	if err != nil {
		s.Fatal(err)
	}
	return all
}
