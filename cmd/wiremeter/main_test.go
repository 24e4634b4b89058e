package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/wiremeter/wiremeter/scripted"
	"github.com/wiremeter/wiremeter/usage"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"wiremeter": main, "count-interrupts": countInterrupts})
}

// TestScripts runs the real program, with curl as the agent, against a scripted
// provider that config.toml leads to.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:      "testdata/script",
		Setup:    setUp,
		Deadline: time.Now().Add(5 * time.Minute),
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"ledger":       ledger,
			"await-server": awaitServer,
			"await-text":   awaitText,
			"sqlite":       sqliteCommand,

			"rude-provider": rudeProvider,
			"free-port":     freePort,
		},
	})
}

type providerKey struct{}

func setUp(e *testscript.Env) error {
	p, err := scripted.Open(scripted.Options{})
	if err != nil {
		return err
	}
	e.Defer(func() { _ = p.Close() }) // the script is over
	e.Values[providerKey{}] = p
	home := filepath.Join(e.WorkDir, "home")
	e.Setenv("WIREMETER_HOME", home)
	e.Setenv("GORACE", "atexit_sleep_ms=0") // of each program that ends: else a second
	e.Setenv("HOME", e.WorkDir)
	e.Setenv("PROVIDER", p.Addr())
	e.Setenv("PROVIDER_CA", filepath.Join(e.WorkDir, "provider.pem"))
	ca := filepath.Join(e.WorkDir, "provider.pem")
	to, err := json.Marshal(p.ConnectTo())
	if err != nil {
		return err
	}
	config := "upstream_proxy = 'none'\nupstream_ca = '" + ca + "'\nconnect_to = " + string(to) + "\n"
	return errors.Join(
		os.Mkdir(home, 0o700),
		os.WriteFile(ca, p.CAPEM(), 0o600),
		os.WriteFile(filepath.Join(home, "config.toml"), []byte(config), 0o600),
	)
}

// ledger holds the export against what the provider billed: the same calls in
// the same order, to the token.
func ledger(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 0 {
		ts.Fatalf("usage: ledger")
	}
	ts.Check(ts.Exec("wiremeter", "export"))
	var rows []string
	for line := range strings.Lines(ts.ReadFile("stdout")) {
		var r struct {
			Outcome    usage.Outcome
			Dialect    string
			ResponseID string `json:"response_id"`
			usage.Tokens
		}
		ts.Check(json.Unmarshal([]byte(line), &r))
		rows = append(rows, fact(r.Outcome, r.Dialect, r.ResponseID, r.Tokens))
	}
	var want []string
	for _, e := range ts.Value(providerKey{}).(*scripted.Provider).Ledger() {
		want = append(want, fact(e.Outcome, e.Dialect, e.Response.ID, e.Response.Tokens))
	}
	if len(want) == 0 || !slices.Equal(rows, want) {
		ts.Fatalf("the export is\n%s\nthe ledger\n%s", strings.Join(rows, "\n"), strings.Join(want, "\n"))
	}
}

func fact(o usage.Outcome, dialect, id string, t usage.Tokens) string {
	text, err := json.Marshal(t)
	if err != nil {
		panic(err)
	}
	return string(o) + " " + dialect + " " + id + " " + string(text)
}

// sqliteCommand runs SQL on a file that need not be wiremeter's.
func sqliteCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: sqlite FILE SQL")
	}
	db, err := sql.Open("sqlite3", ts.MkAbs(args[0]))
	ts.Check(err)
	_, err = db.ExecContext(context.Background(), args[1])
	ts.Check(errors.Join(err, db.Close()))
}

// rudeProvider serves at the address in the variable: behind each answer comes
// what nobody has asked for.
func rudeProvider(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: rude-provider VARIABLE")
	}
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { l.Close() })
	ts.Setenv(args[0], l.Addr().String())
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = c.Read(make([]byte, 4096))
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nasked\nunasked\n")
		}
	}()
}

// freePort puts into the variable a port of 127.0.0.1 that nobody serves.
func freePort(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: free-port VARIABLE")
	}
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	ts.Check(err)
	_, port, err := net.SplitHostPort(l.Addr().String())
	ts.Check(errors.Join(err, l.Close()))
	ts.Setenv(args[0], port)
}

// awaitServer returns when the server of the house answers.
func awaitServer(ts *testscript.TestScript, neg bool, args []string) {
	h := &house{dir: ts.Getenv("WIREMETER_HOME")}
	if !await(func() bool { _, ok := h.running(context.Background()); return ok }) {
		ts.Fatalf("no server came up")
	}
}

// awaitText returns when the text is in the file, which another program writes; in
// one of those of a pattern.
func awaitText(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: await-text FILE TEXT")
	}
	var text []byte
	isThere := func() bool {
		text = nil
		files, err := filepath.Glob(ts.MkAbs(args[0]))
		ts.Check(err)
		for _, file := range files {
			more, _ := os.ReadFile(file) // it may not be there yet
			text = append(text, more...)
		}
		return strings.Contains(string(text), args[1])
	}
	if !await(isThere) {
		ts.Fatalf("%s lacks %q:\n%s", args[0], args[1], text)
	}
}

// await asks until it is so, for half a minute at most: under the race detector a
// program of ours takes seconds to start.
func await(isSo func() bool) bool {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for range 1500 {
		if isSo() {
			return true
		}
		<-tick.C
	}
	return false
}
