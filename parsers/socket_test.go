package parsers

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// heardTurns writes down what a Socket tells.
type heardTurns struct {
	lines []string
	asked []*Turn
}

func (h *heardTurns) Asked(t *Turn) {
	h.asked = append(h.asked, t)
	h.lines = append(h.lines, fmt.Sprintf("asked %s prewarm=%v", t.Request.Model, t.Request.IsPrewarm))
}

func (h *heardTurns) Answered(t *Turn) {
	if !slices.Contains(h.asked, t) {
		h.lines = append(h.lines, "answered what was not asked")
	}
	state := map[State]string{Complete: "complete", Cut: "cut", Silent: "silent", Garbled: "garbled"}[t.State]
	line := fmt.Sprintf("%s %s %s", state, t.Response.ID, t.Response.Model)
	if in, out := t.Response.Tokens.Input, t.Response.Tokens.Output; in != nil && out != nil {
		line += fmt.Sprintf(" %d/%d", *in, *out)
	}
	for _, p := range t.Response.Parts {
		line += fmt.Sprintf(" %s %s %d/%d", p.Role, p.Model, *p.Tokens.Input, *p.Tokens.Output)
	}
	if t.Response.Error != "" {
		line += " " + t.Response.Error
	}
	h.lines = append(h.lines, strings.TrimSpace(line))
}

// message frames a text as a WebSocket's message; an agent's is masked.
func message(text string, isClient bool) []byte {
	const mask = 0x80
	p := []byte{0x81, 0}
	switch n := len(text); {
	case n < 126:
		p[1] = byte(n)
	default:
		p[1] = 126
		p = binary.BigEndian.AppendUint16(p, uint16(n))
	}
	if !isClient {
		return append(p, text...)
	}
	p[1] |= mask
	key := []byte{1, 2, 3, 4}
	p = append(p, key...)
	for i := range len(text) {
		p = append(p, text[i]^key[i%4])
	}
	return p
}

const (
	createA   = `{"type":"response.create","model":"gpt-a","input":[]}`
	createB   = `{"type":"response.create","model":"gpt-b","input":[]}`
	prewarm   = `{"type":"response.create","model":"gpt-a","generate":false}`
	created1  = `{"type":"response.created","response":{"id":"resp_1","model":"gpt-a","usage":null}}`
	delta     = `{"type":"response.output_text.delta","delta":"usage input_tokens 99"}`
	complete1 = `{"type":"response.completed","response":{"id":"resp_1","model":"gpt-a","status":"completed","usage":{"input_tokens":10,"output_tokens":1,"total_tokens":11}}}`
	created2  = `{"type":"response.created","response":{"id":"resp_2","model":"gpt-b","usage":null}}`
	complete2 = `{"type":"response.completed","response":{"id":"resp_2","model":"gpt-b","status":"completed","usage":{"input_tokens":20,"output_tokens":2,"total_tokens":22}}}`
	steered   = `{"type":"response.incomplete","response":{"id":"resp_1","model":"gpt-a","status":"incomplete","incomplete_details":{"reason":"steered"},"usage":{"input_tokens":10,"output_tokens":1,"total_tokens":11}}}`
	limits    = `{"type":"codex.rate_limits","primary":{"used_percent":3,"input_tokens":5}}`
	refused   = `{"type":"error","status":429,"error":{"type":"usage_limit_reached","message":"x"}}`
)

func inLane(id, text string) string { return `{"stream_id":"` + id + `",` + text[1:] }

// TestOtherSockets: what Realtime and Live say.
func TestOtherSockets(t *testing.T) {
	for name, c := range map[string]struct{ says, want []string }{
		"realtime": {
			[]string{
				`< {"type":"session.created","session":{"id":"sess_1","model":"gpt-realtime"}}`, `> {"type":"response.create"}`,
				`< {"type":"response.created","response":{"id":"resp_r1","status":"in_progress","usage":null}}`, `< {"type":"response.output_audio.delta","delta":"usage"}`,
				`< {"type":"response.done","response":{"id":"resp_r1","status":"completed","usage":{"total_tokens":260,"input_tokens":200,"output_tokens":60,"input_token_details":{"text_tokens":120,"audio_tokens":80,"cached_tokens":64},"output_token_details":{"text_tokens":20,"audio_tokens":40}}}}`,
				`< {"type":"response.created","response":{"id":"resp_r2"}}`, `< {"type":"response.done","response":{"id":"resp_r2","status":"cancelled","usage":{"total_tokens":7,"input_tokens":5,"output_tokens":2}}}`,
				`< {"type":"response.created","response":{"id":"resp_r3"}}`,
			},
			[]string{"asked  prewarm=false", "complete resp_r1 gpt-realtime 136/60", "asked  prewarm=false", "complete resp_r2 gpt-realtime 5/2", "asked  prewarm=false", "cut resp_r3 gpt-realtime"},
		},
		"realtime, put into words": {
			[]string{
				`< {"type":"session.created","session":{"id":"sess_1","model":"gpt-realtime","audio":{"input":{"transcription":{"model":"gpt-4o-transcribe"}}}}}`, `> {"type":"input_audio_buffer.append"}`,
				`< {"type":"conversation.item.input_audio_transcription.completed","transcript":"usage","usage":{"type":"tokens","input_tokens":14,"input_token_details":{"text_tokens":0,"audio_tokens":14},"output_tokens":45,"total_tokens":59}}`,
				`< {"type":"conversation.item.input_audio_transcription.completed","transcript":"x","usage":{"type":"duration","seconds":3}}`,
				`< {"type":"response.created","response":{"id":"resp_r1"}}`, `< {"type":"response.done","response":{"id":"resp_r1","status":"completed","usage":{"total_tokens":7,"input_tokens":5,"output_tokens":2}}}`,
				`< {"type":"conversation.item.input_audio_transcription.completed","transcript":"x","usage":{"type":"tokens","input_tokens":4,"output_tokens":5,"total_tokens":9}}`,
			},
			[]string{"asked  prewarm=false", "complete resp_r1 gpt-realtime 5/2 transcription gpt-4o-transcribe 14/45", "asked  prewarm=false", "complete  gpt-realtime transcription gpt-4o-transcribe 4/5"},
		},
		"live": {
			[]string{
				`> {"setup":{"model":"models/gemini-live"}}`, `< {"setupComplete":{}}`, `> {"clientContent":{"turns":[]}}`, `< {"serverContent":{"modelTurn":{"parts":[{"text":"usageMetadata"}]}}}`,
				`< {"serverContent":{"turnComplete":true},"usageMetadata":{"promptTokenCount":50,"responseTokenCount":20,"thoughtsTokenCount":5,"totalTokenCount":75}}`,
			},
			[]string{"asked gemini-live prewarm=false", "complete   50/25"},
		},
	} {
		for _, size := range []int{1 << 20, 1} {
			dialect, _, _ := strings.Cut(name, ",")
			if got := converseIn(dialect, c.says, size); !slices.Equal(got, c.want) {
				t.Errorf("%s, in pieces of %d:\n%s\nwant\n%s", name, size, strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
		}
	}
}

// TestSocket: conversations, as "> " from the agent and "< " from the provider.
func TestSocket(t *testing.T) {
	for name, c := range map[string]struct{ says, want []string }{
		"one": {
			[]string{"> " + createA, "< " + created1, "< " + delta, "< " + complete1},
			[]string{"asked gpt-a prewarm=false", "complete resp_1 gpt-a 10/1"},
		},
		"several on one socket, with a prewarm": {
			[]string{"< " + limits, "> " + prewarm, "< " + complete1, "> " + createB, "< " + created2, "< " + delta, "< " + limits, "< " + complete2},
			[]string{"asked gpt-a prewarm=true", "complete resp_1 gpt-a 10/1", "asked gpt-b prewarm=false", "complete resp_2 gpt-b 20/2"},
		},
		"asked twice before an answer": {
			[]string{"> " + createA, "> " + createB, "< " + created1, "< " + complete1, "< " + created2, "< " + complete2},
			[]string{"asked gpt-a prewarm=false", "asked gpt-b prewarm=false", "complete resp_1 gpt-a 10/1", "complete resp_2 gpt-b 20/2"},
		},
		"lanes answer when they like": {
			[]string{"> " + inLane("x", createA), "> " + inLane("y", createB), "< " + inLane("y", created2), "< " + inLane("x", created1), "< " + inLane("y", complete2), "< " + inLane("x", complete1)},
			[]string{"asked gpt-a prewarm=false", "asked gpt-b prewarm=false", "complete resp_2 gpt-b 20/2", "complete resp_1 gpt-a 10/1"},
		},
		"steered: another follows unasked": {
			[]string{"> " + createA, "< " + created1, "< " + steered, "< " + created2, "< " + complete2},
			[]string{"asked gpt-a prewarm=false", "complete resp_1 gpt-a 10/1", "asked gpt-a prewarm=false", "complete resp_2 gpt-b 20/2"},
		},
		"refused": {
			[]string{"> " + createA, "< " + refused, "> " + createB, "< " + created2, "< " + complete2},
			[]string{"asked gpt-a prewarm=false", "complete   usage_limit_reached", "asked gpt-b prewarm=false", "complete resp_2 gpt-b 20/2"},
		},
		"cut": {
			[]string{"> " + createA, "< " + created1, "< " + delta},
			[]string{"asked gpt-a prewarm=false", "cut resp_1 gpt-a"},
		},
		"cut before a word": {
			[]string{"> " + createA},
			[]string{"asked gpt-a prewarm=false", "cut"},
		},
		"nothing asked":           {[]string{"< " + limits}, nil},
		"a language of its own":   {[]string{`> {"kind":"ask"}`, `< {"kind":"answer","tokens":5}`}, []string{"asked  prewarm=false", "garbled"}},
		"an answer, then garbage": {[]string{"> " + createA, "< " + complete1, "!"}, []string{"asked gpt-a prewarm=false", "complete resp_1 gpt-a 10/1", "asked  prewarm=false", "garbled"}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, size := range []int{1 << 20, 1, 7} {
				if got := converse(c.says, size); !slices.Equal(got, c.want) {
					t.Errorf("in pieces of %d:\n%s\nwant\n%s", size, strings.Join(got, "\n"), strings.Join(c.want, "\n"))
				}
			}
		})
	}
}

func converse(says []string, size int) []string { return converseIn("responses", says, size) }

func converseIn(dialect string, says []string, size int) []string {
	h := new(heardTurns)
	s := NewSocket(Route{Dialect: dialect}, "", "", h)
	for _, say := range says {
		isClient := say[0] == '>'
		p := bytes.Repeat([]byte{0xff}, 20) // no frame of any kind
		if len(say) > 2 {
			p = message(say[2:], isClient)
		}
		write := s.Server
		if isClient {
			write = s.Client
		}
		for p := range slices.Chunk(p, size) {
			write(p)
		}
	}
	s.Close()
	return h.lines
}

// TestSocketIsBounded: an agent that asks without end, in lanes without end,
// takes little memory and is not believed.
func TestSocketIsBounded(t *testing.T) {
	h := new(heardTurns)
	s := NewSocket(Route{Dialect: "responses"}, "", "", h)
	for i := range 100_000 {
		s.Client(message(inLane(fmt.Sprint(i%1000), createA), true))
	}
	if len(s.lanes) > maxLanes+1 || len(h.asked) > (maxLanes+1)*maxOpen {
		t.Errorf("%d lanes, %d questions", len(s.lanes), len(h.asked))
	}
	s.Close()
}

// FuzzSocket: however the bytes are cut, and whatever they are, each turn is
// asked and answered once.
func FuzzSocket(f *testing.F) {
	f.Add(message(createA, true), message(created1, false), uint16(3))
	f.Add(message(prewarm, true), message(complete1, false), uint16(1))
	f.Add(message(inLane("x", createA), true), append(message(inLane("x", complete1), false), message(refused, false)...), uint16(9))
	f.Fuzz(func(t *testing.T, client, server []byte, size uint16) {
		read := func(size int) []string {
			h := new(heardTurns)
			s := NewSocket(Route{Dialect: "responses"}, "", "permessage-deflate", h)
			for p := range slices.Chunk(client, size) {
				s.Client(p)
			}
			for p := range slices.Chunk(server, size) {
				s.Server(p)
			}
			s.Close()
			answers := 0
			for _, line := range h.lines {
				if !strings.HasPrefix(line, "asked ") {
					answers++
				}
			}
			if answers != len(h.asked) {
				t.Fatalf("%d asked, %d answered", len(h.asked), answers)
			}
			return h.lines
		}
		if whole, cut := read(1<<20), read(int(size)+1); !slices.Equal(whole, cut) {
			t.Fatalf("whole %q, cut %q", whole, cut)
		}
	})
}
