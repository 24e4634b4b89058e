package parsers

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/wiremeter/wiremeter/usage"
)

func cursorVector(t testing.TB, name string) []byte {
	t.Helper()
	p, err := os.ReadFile(filepath.Join("dialect", "testdata", "cursor", name))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// streamed reads an exchange in pieces of this size.
func streamed(x usage.Exchange, request, body []byte, size int) *turns {
	route, _ := BuiltIn().Match(x)
	all := new(turns)
	s := NewDuplex(x, route, func(string) Request { return Request{Model: "elsewhere"} }, all)
	inPieces(request, size, s.Client)
	s.Open(usage.Header{"Connect-Content-Encoding": {"gzip"}})
	inPieces(body, size, s.Server)
	s.Close()
	return all
}

func cursorExchange(method string) usage.Exchange {
	return usage.Exchange{Method: "POST", Host: "api2.cursor.sh", Path: "/" + method, Transport: usage.HTTP2}
}

// TestStreamPath: which half stands in the request is told by the path, and
// the chat's messages are never taken for an agent's.
func TestStreamPath(t *testing.T) {
	request, body := cursorVector(t, "run_request.bin"), cursorVector(t, "run_response.bin")
	for method, want := range map[string]string{
		"agent.v1.AgentService/Run":                             "claude-4.5-sonnet",
		"agent.v1.AgentService/RunSSE":                          "elsewhere",
		"aiserver.v1.ChatService/StreamUnifiedChatWithTools":    "",
		"aiserver.v1.ChatService/StreamUnifiedChatWithToolsSSE": "",
	} {
		if got := streamed(cursorExchange(method), request, body, 9).answered[0].Request.Model; got != want {
			t.Errorf("%s: got %q, want %q", method, got, want)
		}
	}
}

func TestStreamIsNotRead(t *testing.T) {
	x := cursorExchange("agent.v1.AgentService/Run")
	route, _ := BuiltIn().Match(x)
	var all turns
	s := NewDuplex(x, route, nil, &all)
	s.Open(usage.Header{"Content-Encoding": {"gzip"}})
	s.Server(cursorVector(t, "run_response.bin"))
	s.Close()
	if got := all.answered[0]; len(all.answered) != 1 || got.State != Garbled || !got.Response.Tokens.IsZero() {
		t.Errorf("got %+v", got)
	}
}

func TestIDsThatAreNone(t *testing.T) {
	for id, want := range map[string]string{"a-1": "a-1", "": "", "a b": "", "ä": "", "a\n": "", string(make([]byte, maxID+1)): ""} {
		if got := idIn(usage.Header{requestID: {id}}, requestID); got != want {
			t.Errorf("%q: got %q", id, got)
		}
	}
}

func FuzzStream(f *testing.F) {
	f.Add(cursorVector(f, "run_request.bin"), cursorVector(f, "run_response.bin"))
	f.Add(cursorVector(f, "runsse_request.bin"), cursorVector(f, "runsse_gzip_response.bin"))
	f.Fuzz(func(t *testing.T, request, body []byte) {
		for _, method := range []string{"agent.v1.AgentService/Run", "agent.v1.AgentService/RunSSE", "aiserver.v1.ChatService/StreamUnifiedChatWithTools"} {
			x := cursorExchange(method)
			whole, bytewise := streamed(x, request, body, 1+len(request)+len(body)), streamed(x, request, body, 1)
			if !reflect.DeepEqual(whole, bytewise) {
				t.Fatalf("%s: whole %+v, byte by byte %+v", method, whole, bytewise)
			}
			if whole.asked == 0 || whole.asked != len(whole.answered) {
				t.Fatalf("%s: asked %d, answered %d", method, whole.asked, len(whole.answered))
			}
		}
	})
}
