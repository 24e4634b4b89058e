//go:build e2e

package e2e

import (
	"strings"
	"testing"

	"github.com/wiremeter/wiremeter/scripted"
)

// TestCursorBackendURL: the one base URL that Cursor's client takes stands for
// two origins. Nothing goes past it.
func TestCursorBackendURL(t *testing.T) {
	for name, script := range map[string]scripted.Script{
		"plain":  {},
		"gzip":   {Coding: "gzip"},
		"br":     {Coding: "br", Chop: 7},
		"a_tool": {Tool: &scripted.Tool{Name: "ls", Input: "{}"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, scripted.Options{Scenario: func(scripted.Call) scripted.Script { return script }})
			v := s.serve()
			command := s.cursorCommand("h1", "turns.mjs", "2", "h2") // h2 is not to be had there, whatever is asked for
			env := s.env("CURSOR_BACKEND_URL=http://"+v.addr+"/cursor", "HTTPS_PROXY=http://127.0.0.1:1", "NO_PROXY=127.0.0.1")
			s.finished(s.taken(2, s.exec(env, command[0], command[1:]...)))
			v.stop()
			rows, _ := s.settled()
			for _, r := range rows {
				if r.Front != "reverse" || r.Agent != "cursor-sdk" || r.Transport != "h1" || r.ModelRequested != scripted.CursorModel || !strings.HasPrefix(r.SessionID, "agent-") {
					t.Errorf("got %+v", r)
				}
			}
		})
	}
}
