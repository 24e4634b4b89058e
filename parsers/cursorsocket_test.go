package parsers

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"github.com/wiremeter/wiremeter/parsers/framing"
)

// binaryMessage frames a message as a WebSocket's; an agent's is masked.
func binaryMessage(p []byte, isClient bool) []byte {
	m := message(string(p), isClient)
	m[0] = 0x82
	return m
}

// unwrapped are the messages in a stream of envelopes.
func unwrapped(body []byte) (all [][]byte) {
	c := framing.NewConnect(nil, func(f framing.Frame) {
		if f.Event == "" {
			all = append(all, slices.Clone(f.Data))
		}
	})
	c.Write(body)
	return all
}

// socketForms are what the messages of a socket may look like.
var socketForms = map[string]func([]byte) []byte{
	"bare":     func(m []byte) []byte { return m },
	"envelope": func(m []byte) []byte { return append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(m))), m...) },
	"wrapped":  func(m []byte) []byte { return wrappedIn(2, m) },
	"both": func(m []byte) []byte {
		return wrappedIn(15, append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(m))), m...))
	},
}

// wrappedIn makes a message with the id of a lane, and this in a field.
func wrappedIn(field byte, m []byte) []byte {
	p := append([]byte{1 << 3, 7}, field<<3|2)
	return append(binary.AppendUvarint(p, uint64(len(m))), m...)
}

func cursorTalk(t *testing.T, form func([]byte) []byte) (asking, answer []byte) {
	t.Helper()
	for _, m := range unwrapped(cursorVector(t, "run_request.bin")) {
		asking = append(asking, binaryMessage(form(m), true)...)
	}
	for _, m := range unwrapped(cursorVector(t, "run_response.bin")) {
		answer = append(answer, binaryMessage(form(m), false)...)
	}
	return asking, answer
}

func TestCursorSocket(t *testing.T) {
	for name, form := range socketForms {
		asking, answer := cursorTalk(t, form)
		for size := 1; size < len(answer); size += 7 {
			var h heardTurns
			s := NewCursorSocket("", &h)
			inPieces(asking, size, s.Client)
			inPieces(answer, size, s.Server)
			inPieces(asking, size, s.Client) // the next turn, which is cut
			s.Close()
			want := []string{
				"asked claude-4.5-sonnet prewarm=false", "complete  claude-4.5-sonnet 19947/2981",
				"asked claude-4.5-sonnet prewarm=false", "garbled",
			}
			if !slices.Equal(h.lines, want) {
				t.Fatalf("%s, in pieces of %d: got %q", name, size, h.lines)
			}
			if q := h.asked[0].Request; q.SessionID != "agent-7e900f52-d826-43f0-bb56-aab2331c7708" || q.GroupID == "" || q.TurnID != q.GroupID {
				t.Errorf("%s: got %+v", name, q)
			}
		}
	}
}

// TestCursorSocketOfStrangers: what is not understood is not guessed at, and says
// how large it was.
func TestCursorSocketOfStrangers(t *testing.T) {
	asking, answer := cursorTalk(t, socketForms["bare"])
	wrapped, _ := cursorTalk(t, socketForms["wrapped"])
	_, enveloped := cursorTalk(t, socketForms["envelope"])
	_, both := cursorTalk(t, socketForms["both"])
	for name, c := range map[string]struct {
		client, server []byte
		want           string
	}{
		"nothing":               {nil, nil, ""},
		"text":                  {message(`{"hello":1}`, true), message(`{"usage":{"input_tokens":1}}`, false), "asked  prewarm=false,garbled"},
		"noise":                 {binaryMessage([]byte{0xff, 1, 2}, true), binaryMessage([]byte{9, 9}, false), "asked  prewarm=false,garbled"},
		"answers alone":         {nil, answer, "asked  prewarm=false,garbled"},
		"answers of other form": {asking, both, "asked claude-4.5-sonnet prewarm=false,garbled"},
		"in envelopes":          {wrapped, enveloped, "asked claude-4.5-sonnet prewarm=false,garbled"},
		"nobody answers":        {asking, nil, "asked claude-4.5-sonnet prewarm=false,cut"},
		"cut":                   {asking, answer[:len(answer)/3], "asked claude-4.5-sonnet prewarm=false,cut  claude-4.5-sonnet"},
		"no WebSocket":          {[]byte("GET / HTTP/1.1\r\n\r\n"), nil, "asked  prewarm=false,garbled"},
	} {
		var h heardTurns
		s := NewCursorSocket("", &h)
		s.Client(c.client)
		s.Server(c.server)
		s.Close()
		if got := strings.Join(h.lines, ","); got != c.want {
			t.Errorf("%s: got %q", name, got)
		}
		for _, a := range h.asked {
			if a.State == Garbled && !strings.HasPrefix(string(a.Response.Raw), `{"frames":{"agent":[`) {
				t.Errorf("%s: got %s", name, a.Response.Raw)
			}
		}
	}
	var h heardTurns
	s := NewCursorSocket("", &h)
	for range 2 * maxSizes {
		s.Client(binaryMessage([]byte{0xff, 1}, true))
	}
	s.Close()
	if want := `{"frames":{"agent":[` + strings.Repeat("2,", maxSizes-1) + `2],"provider":[]}}`; string(h.asked[0].Response.Raw) != want {
		t.Errorf("got %s", h.asked[0].Response.Raw)
	}
}

// TestCursorSocketOfMany: whose an answer is cannot be told, but what it had.
func TestCursorSocketOfMany(t *testing.T) {
	asking, answer := cursorTalk(t, socketForms["bare"])
	var h heardTurns
	s := NewCursorSocket("", &h)
	s.Client(asking)
	s.Client(asking)
	s.Server(answer)
	s.Close()
	if len(h.asked) != 2 || h.asked[0].State != Complete || h.asked[0].Request.GroupID != "" || h.asked[0].Request.Model != "claude-4.5-sonnet" || h.asked[1].State == Complete {
		t.Errorf("got %q", h.lines)
	}
}

func FuzzCursorSocket(f *testing.F) {
	for _, m := range unwrapped(cursorVector(f, "run_request.bin")) {
		f.Add(binaryMessage(m, true), binaryMessage(m, false))
	}
	f.Fuzz(func(t *testing.T, client, server []byte) {
		var whole, bytewise heardTurns
		for h, size := range map[*heardTurns]int{&whole: 1 + len(client) + len(server), &bytewise: 1} {
			s := NewCursorSocket("", h)
			inPieces(client, size, s.Client)
			inPieces(server, size, s.Server)
			s.Close()
		}
		if !slices.Equal(whole.lines, bytewise.lines) {
			t.Errorf("whole %q, byte by byte %q", whole.lines, bytewise.lines)
		}
		for _, line := range whole.lines {
			if line == "answered what was not asked" {
				t.Error(line)
			}
		}
	})
}
