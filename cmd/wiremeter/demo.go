package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/wiremeter/wiremeter/prices"
	"github.com/wiremeter/wiremeter/report"
	"github.com/wiremeter/wiremeter/scripted"
	"github.com/wiremeter/wiremeter/store/sqlite"
)

// demoCall is what an agent might ask, and how the scripted provider answers.
type demoCall struct {
	what    string
	url     string
	body    string
	header  http.Header
	script  scripted.Script
	mayFail bool
}

const (
	anthropicURL = "https://api.anthropic.com/v1/messages"
	chatURL      = "https://api.openai.com/v1/chat/completions"
	responsesURL = "https://api.openai.com/v1/responses"
	geminiURL    = "https://generativelanguage.googleapis.com/v1beta/models/gemini-3.1-pro-preview:"
)

var (
	asClaude = http.Header{"User-Agent": {"claude-cli/2.1.330 (external, cli)"}, "X-Claude-Code-Session-Id": {"demo-claude"}}
	asCodex  = http.Header{"User-Agent": {"codex_exec/0.169.0 (Linux; x86_64)"}, "Session-Id": {"demo-codex"}}
	asGemini = http.Header{"User-Agent": {"GeminiCLI-tui/0.61.0/gemini-3.1-pro-preview (linux; x64; terminal)"}}
)

var demoCalls = []demoCall{
	{what: "Claude Code, streamed, gzip", url: anthropicURL, body: `{"model":"claude-opus-5","stream":true,"messages":[]}`, header: asClaude, script: scripted.Script{Coding: "gzip"}},
	{what: "Claude Code, in one piece", url: anthropicURL, body: `{"model":"claude-haiku-4-5","messages":[]}`, header: asClaude},
	{what: "Codex, streamed", url: responsesURL, body: `{"model":"gpt-5.6-sol","stream":true}`, header: asCodex},
	{what: "Codex, in one piece", url: responsesURL, body: `{"model":"gpt-5.6-sol"}`, header: asCodex},
	{what: "a script with OpenAI chat, streamed", url: chatURL, body: `{"model":"gpt-5.6","stream":true,"stream_options":{"include_usage":true},"messages":[]}`},
	{what: "the same, in one piece", url: chatURL, body: `{"model":"gpt-5.6","messages":[]}`},
	{what: "Gemini CLI, streamed", url: geminiURL + "streamGenerateContent?alt=sse", body: `{"contents":[]}`, header: asGemini},
	{what: "Gemini CLI, in one piece", url: geminiURL + "generateContent", body: `{"contents":[]}`, header: asGemini},
	{what: "counting tokens, which costs none", url: anthropicURL + "/count_tokens", body: `{"model":"claude-opus-5","messages":[]}`, header: asClaude},
	{what: "Claude Code, cut off in the middle", url: anthropicURL, body: `{"model":"claude-opus-5","stream":true,"messages":[]}`, header: asClaude, script: scripted.Script{CutAfter: 4}, mayFail: true},
	{what: "Claude Code, refused: overloaded", url: anthropicURL, body: `{"model":"claude-opus-5","stream":true,"messages":[]}`, header: asClaude, script: scripted.Script{Refuse: 529}, mayFail: true},
}

func newDemo(open func() (*house, error)) *cobra.Command {
	return &cobra.Command{
		Use:   "demo",
		Short: "Meter a few calls to a scripted provider: no agent, key or network needed",
		Long: `Start the real proxy between a scripted model provider on this machine and calls
such as agents make, then show the report. Everything goes into a folder of its
own below wiremeter's, which later demos remove.`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			h, err := open()
			if err != nil {
				return err
			}
			return demo(c.Context(), h, c.OutOrStdout(), c.ErrOrStderr())
		},
	}
}

func demo(ctx context.Context, h *house, out, errs io.Writer) (err error) {
	stage, err := openStage(ctx, h.path("demo"))
	if err != nil {
		return fmt.Errorf("make the demo's folder: %w", err)
	}
	provider, err := scripted.Open(scripted.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, provider.Close()) }()
	m, err := startDemo(ctx, stage, provider, errs)
	if err != nil {
		return err
	}
	retract, _, err := stage.announce(ctx, m.addr())
	if err != nil {
		return errors.Join(err, m.close(ctx))
	}
	defer func() { err = errors.Join(err, retract()) }()
	agent := newDemoAgent(m)
	for i, call := range demoCalls {
		provider.Play(func(scripted.Call) scripted.Script { return call.script })
		outcome, err := agent.make(ctx, call)
		if err != nil && !call.mayFail {
			return errors.Join(fmt.Errorf("%s: %w", call.what, err), m.close(ctx))
		}
		fmt.Fprintf(out, "%2d  %-38s %s\n", i+1, call.what, outcome)
	}
	hurry, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if err := m.close(hurry); err != nil {
		return err
	}
	return showDemo(ctx, stage, out)
}

// fresh is the age below which a demo's folder is left alone: a demo that has
// just begun does not answer yet. It takes a second or two.
const fresh = time.Minute

// openStage makes a folder below dir for one demo, and removes those of the ones
// before that are not in use.
func openStage(ctx context.Context, dir string) (*house, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	olds, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, old := range olds {
		path := filepath.Join(dir, old.Name())
		info, err := old.Info()
		if err != nil || time.Since(info.ModTime()) < fresh {
			continue
		}
		if _, ok := (&house{dir: path}).running(ctx); ok {
			continue
		}
		if err := os.RemoveAll(path); err != nil {
			return nil, err
		}
	}
	own, err := os.MkdirTemp(dir, "")
	return &house{dir: own}, err
}

func startDemo(ctx context.Context, stage *house, provider *scripted.Provider, errs io.Writer) (*meter, error) {
	ca := stage.path("provider-ca.pem")
	if err := os.WriteFile(ca, provider.CAPEM(), 0o600); err != nil {
		return nil, err
	}
	log, err := newLog("error", errs)
	if err != nil {
		return nil, err
	}
	l, err := listen(ctx, anyPort)
	if err != nil {
		return nil, err
	}
	return startMeter(stage, l, upstreamFlags{proxy: "none", ca: ca, connectTo: provider.ConnectTo()}, log)
}

// demoRun has the form of a run's name: another would not be kept.
const demoRun = "run-demodemode"

// demoAgent is a client that was set up as agents are: by a proxy and its
// authority.
type demoAgent struct{ client *http.Client }

func newDemoAgent(m *meter) demoAgent {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(m.authority.RootPEM())
	return demoAgent{&http.Client{Transport: &http.Transport{
		Proxy:              http.ProxyURL(&url.URL{Scheme: "http", Host: m.addr(), User: url.UserPassword(demoRun, "run")}),
		TLSClientConfig:    &tls.Config{RootCAs: roots},
		DisableCompression: true,
	}}}
}

func (a demoAgent) make(ctx context.Context, call demoCall) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, call.url, strings.NewReader(call.body))
	if err != nil {
		return "", err
	}
	for name, values := range call.header {
		r.Header[name] = values
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept-Encoding", "gzip")
	resp, err := a.client.Do(r)
	if err != nil {
		return "no response", err
	}
	defer resp.Body.Close()
	n, err := io.Copy(io.Discard, resp.Body)
	if err != nil {
		return fmt.Sprintf("%d, cut after %d bytes", resp.StatusCode, n), err
	}
	return fmt.Sprintf("%d, %d bytes", resp.StatusCode, n), nil
}

func showDemo(ctx context.Context, stage *house, out io.Writer) (err error) {
	r, err := sqlite.OpenReader(stage.database())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	fmt.Fprintln(out)
	answer, err := report.Ask(ctx, r, report.Query{By: []string{"agent", "model", "outcome"}, Prices: prices.NewBook(prices.EmbeddedTable())})
	if err != nil {
		return err
	}
	if err := answer.WriteTable(out, styleOf(out, true)); err != nil {
		return err
	}
	exe, _ := os.Executable() // only to tell how it was started
	program, home := programName(exe), stage.dir
	fmt.Fprintf(out, "\nThe records are in %s; ask them yourself:\n  %s report --home %s\n  %s export --home %s\n", stage.database(), program, home, program, home)
	return nil
}

// programName is what to type to start the program again: `go run` leaves its
// executable in a folder of Go's own.
func programName(executable string) string {
	if strings.Contains(filepath.ToSlash(executable), "/go-build") {
		return "go run ./cmd/wiremeter"
	}
	return "wiremeter"
}
