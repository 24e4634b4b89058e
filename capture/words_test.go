package capture

import (
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/wiremeter/wiremeter/usage"
)

const (
	aKey  = "sk-ant-api03-AbCdEf0123456789"
	aText = "please keep this secret"
)

func TestPathsKeepWhatAPIsHave(t *testing.T) {
	for s, want := range map[string]string{
		"":                            "",
		"/":                           "/",
		"/v1/messages":                "/v1/messages",
		"/v1/messages/":               "/v1/messages/",
		"/v1beta/models/g-3:generate": "/v1beta/models/g-3:generate",
		"/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContentConstrained": "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContentConstrained",
		"/v1/" + aText + "/messages":                  "/v1/*/messages",
		"/" + aKey + "/v1/messages":                   "/*/v1/messages",
		"/x:" + aKey + "/v1":                          "/*/v1",
		"/task-force-alpha/desk-lamp-holder":          "/task-force-alpha/desk-lamp-holder",
		"/v1/\x00/\u00e4/a=b/messages":                "/v1/*/*/*/messages",
		"/" + strings.Repeat("a", 97) + "/messages":   "/*/messages",
		strings.Repeat("/segment", 100):               strings.Repeat("/segment", 63) + "/*",
		strings.Repeat("/", 600) + "v1":               strings.Repeat("/", 510) + "*",
		"/" + strings.Repeat("a", 9000) + "/messages": "/*",
	} {
		if got := path(s); got != want || len(got) > maxPath {
			t.Errorf("%.100q: got %q, %d bytes", s, got, len(got))
		}
	}
}

func TestKeysAreTold(t *testing.T) {
	for s, want := range map[string]bool{
		"sk-proj-a1b2c3": true, aKey: true, "AIzaSyA123456": true, "ghp_abcdef": true, "gho_abcdef": true, "xai-abcdef": true, "key-abcdef": true, "glpat-abcdef": true, "csk-abcdef": true, "pplx-abcdef": true, "vck_abcdef": true, "crsr_abcdef": true, "nvapi-abcdef": true,
		"eyJhbGciOiJI": true, "Bearer abc": true, "bearer:abc": true, "invalid:sk-abcdef": true,
		"": false, "claude-opus-5": false, "task-management": false, "monkey-business": false, "overloaded_error": false, "bearer": false,
		"invalid_api_key": false, "gpt-5.6-codex": false, "resp_0a1b2c3d4e5f": false, "0b6f3c9e-5a0f-4b7e-9d5e-0f4f0c1b2a3d": false,
	} {
		if got := hasKey(s); got != want {
			t.Errorf("%q: got %v", s, got)
		}
	}
}

func TestRunsAreOfTheFormThatRunMakes(t *testing.T) {
	for s, want := range map[string]string{
		aRun: aRun, aRun + ".abcdefghij.klmnopqrst": aRun + ".abcdefghij.klmnopqrst", aRun + ".": "", aRun + ".x": "", "": "", "alice": "", "run-": "", "run-1": "", "run-K3V7M2Q5XA": "", aRun + "x": "", aRun + "\n": "", "run-k3v7m2q5x1": "", aKey: "",
	} {
		if got := RunName(s); got != want {
			t.Errorf("%q: got %q", s, got)
		}
	}
}

func TestUserAgentsArePrintable(t *testing.T) {
	for s, want := range map[string]string{
		"claude-cli/2.1.330 (external, cli)":  "claude-cli/2.1.330 (external, cli)",
		"a\x00b\tc \u00e4":                    "a?b?c ?",
		"x/1 (" + aKey + ") y":                "x/1 * y",
		"x Bearer abc":                        "x * abc",
		strings.Repeat("a", 250) + " " + aKey: strings.Repeat("a", 250) + " *",
		strings.Repeat("a", 2000):             strings.Repeat("a", 256),
	} {
		if got := userAgent(s); got != want {
			t.Errorf("%.100q: got %q", s, got)
		}
	}
}

// TestNothingFreeIsKept: neither text nor a key that an agent puts into any
// field of a head comes into a record, nor one that a provider repeats.
func TestNothingFreeIsKept(t *testing.T) {
	for _, free := range []string{aText, aKey} {
		for name, x := range map[string]exchange{
			"claude": {path: "/" + free + "/v1/messages", header: usage.Header{
				"User-Agent": {"claude-cli/" + aKey + " (x)"}, "X-Claude-Code-Session-Id": {free},
			}, request: []byte(`{"model":"` + free + `","metadata":{"user_id":"{\"session_id\":\"` + free + `\"}"}}`)},
			"cursor": {header: usage.Header{"X-Cursor-Client-Type": {free}, "X-Cursor-Client-Version": {aKey}}},
			"google": {host: "generativelanguage.googleapis.com", path: "/v1beta/models/" + free + ":generateContent"},
		} {
			s := new(shelf)
			x.status, x.response = 400, usage.Header{"Request-Id": {free}, "Content-Type": {"application/json"}}
			x.body = []byte(`{"error":"` + aKey + `","id":"` + aKey + `","model":"` + aKey + `"}`)
			x.play(t, New(s, zerolog.Nop()), s)
			if len(s.records) != 1 {
				t.Fatalf("%s: %+v", name, s)
			}
			r := s.records[0]
			for _, kept := range []string{r.Path, r.Run, r.UserAgent, r.AgentVersion, r.SessionID, r.ModelRequested, r.RequestID, r.Response.ID, r.Model, r.Reason, r.GroupID} {
				if strings.Contains(kept, "secret") || strings.Contains(kept, "AbCdEf") {
					t.Errorf("%s: kept %q", name, kept)
				}
			}
			if r.Reason == "" {
				t.Errorf("%s: no reason", name)
			}
		}
	}
}

func TestARunOfAnotherKindIsNotKept(t *testing.T) {
	for _, path := range []string{"/v1/messages", "/v1/messages/count_tokens"} {
		s := new(shelf)
		e := New(s, zerolog.Nop()).Begin(usage.Exchange{Run: "alice", Transport: usage.HTTP1, Method: "POST", Host: "api.anthropic.com", Path: path})
		e.Response(500, nil)
		e.End(nil)
		if len(s.records)+len(s.tallies) != 1 {
			t.Fatalf("%+v", s)
		}
		for _, r := range s.records {
			if r.Run != "" {
				t.Errorf("got %q", r.Run)
			}
		}
		for _, tally := range s.tallies {
			if tally.Run != "" {
				t.Errorf("got %q", tally.Run)
			}
		}
	}
}

// TestKeysInCounts: a model is named by whoever asks, and what counts stand in is
// made by whoever answers.
func TestKeysInCounts(t *testing.T) {
	r := usage.Record{Response: usage.Response{
		Raw: []byte(`{"input_tokens":1,"note":"` + aKey + `"}`), Parts: []usage.Part{{Role: "model", Model: aKey}, {Role: "model", Model: "m-1"}},
	}}
	clean(&r)
	if r.Raw != nil || r.Parts[0].Model != "" || r.Parts[1].Model != "m-1" {
		t.Errorf("got %s, %+v", r.Raw, r.Parts)
	}
	r.Raw = []byte(`{"input_tokens":1}`)
	if clean(&r); r.Raw == nil {
		t.Error("counts are not kept")
	}
}
