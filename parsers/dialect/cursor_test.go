package dialect

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/wiremeter/wiremeter/parsers/framing"
	"github.com/wiremeter/wiremeter/usage"
)

// hexes are envelopes and messages made by hand, in hexadecimal.
func hexes(t testing.TB) map[string][]byte {
	t.Helper()
	var all map[string]string
	if err := json.Unmarshal(file(t, "envelopes.json"), &all); err != nil {
		t.Fatal(err)
	}
	decoded := make(map[string][]byte)
	for name, s := range all {
		p, err := hex.DecodeString(s)
		if err != nil {
			t.Fatal(err)
		}
		decoded[name] = p
	}
	return decoded
}

func file(t testing.TB, name string) []byte {
	t.Helper()
	p, err := os.ReadFile(filepath.Join("testdata", "cursor", name))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// said is what a body has said: the last of each turn, and the one that was cut.
type said struct {
	turns   []CursorResponse
	partial *CursorResponse
	end     framing.End
}

// metered pushes a body in pieces of this size; 0 is in one piece.
func metered(m CursorMeter, newCutter func(func(framing.Frame)) framing.Cutter, body []byte, size int) said {
	var s said
	c := newCutter(func(f framing.Frame) {
		r := m.Observe(f)
		clear(f.Data) // nothing may be kept of it
		switch n := len(s.turns); {
		case r == nil:
		case n > 0 && s.turns[n-1].Number == r.Number:
			s.turns[n-1] = *r
		default:
			s.turns = append(s.turns, *r)
		}
	})
	for len(body) > 0 {
		n := min(len(body), size)
		if size == 0 {
			n = len(body)
		}
		c.Write(bytes.Clone(body[:n]))
		body = body[n:]
	}
	s.end = c.Close()
	if r, isBegun := m.Partial(); isBegun {
		s.partial = &r
	}
	return s
}

func inEnvelopes(emit func(framing.Frame)) framing.Cutter {
	return framing.NewConnect(func(p []byte) ([]byte, error) {
		z, err := gzip.NewReader(bytes.NewReader(p))
		if err != nil {
			return nil, err
		}
		return io.ReadAll(io.LimitReader(z, framing.MaxEnvelope+1))
	}, emit)
}

func agentSaid(body []byte, size int) said {
	return metered(NewCursorAgent(), inEnvelopes, body, size)
}

// counts writes tokens as "input read write output reasoning"; unknown is -.
func counts(t usage.Tokens) string {
	var b strings.Builder
	for _, n := range []*int64{t.Input, t.CacheRead, t.CacheWriteOther, t.Output, t.Reasoning} {
		if n == nil {
			b.WriteString("- ")
		} else {
			fmt.Fprintf(&b, "%d ", *n)
		}
	}
	return strings.TrimSpace(b.String())
}

// line writes what matters of a turn.
func line(r CursorResponse) string {
	s := fmt.Sprintf("%d: %s", r.Number, counts(r.Tokens))
	for _, word := range []string{string(r.Rule), r.ID, r.Model, r.StopReason, r.Error, r.ConversationID} {
		if word != "" {
			s += " " + word
		}
	}
	if r.IsDoubtful {
		s += " doubtful"
	}
	if r.ContextUsed != nil {
		s += fmt.Sprintf(" %d/%d", *r.ContextUsed, value(r.ContextSize))
	}
	return s
}

func (s said) String() string {
	var lines []string
	for _, r := range s.turns {
		lines = append(lines, line(r))
	}
	if s.partial != nil {
		lines = append(lines, "cut "+line(*s.partial))
	}
	return strings.Join(lines, "; ")
}

// update wraps an InteractionUpdate's field into an envelope of the server.
func update(n protowire.Number, message []byte) []byte {
	return inEnvelope(0, sub(1, sub(n, message)))
}

func sub(n protowire.Number, message []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(nil, n, protowire.BytesType), message)
}

// varints are the fields 1, 2, … of a message; -1 leaves one out.
func varints(values ...int64) []byte {
	var p []byte
	for i, v := range values {
		if v >= 0 {
			p = protowire.AppendVarint(protowire.AppendTag(p, protowire.Number(i+1), protowire.VarintType), uint64(v))
		}
	}
	return p
}

func inEnvelope(flags byte, message []byte) []byte {
	return append(binary.BigEndian.AppendUint32([]byte{flags}, uint32(len(message))), message...)
}

func TestCursorAgent(t *testing.T) {
	h := hexes(t)
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	var (
		text       = h["A.text_delta"]
		delta      = h["A.token_delta"]
		checkpoint = h["A.checkpoint"]
		end        = h["A.eos"]
		ended      = func(values ...int64) []byte { return update(14, varints(values...)) }
		routed     = inEnvelope(0, h["B.routed_plain"])
		failed     = inEnvelope(2, []byte(`{"error":{"code":"resource_exhausted","message":"some words"}}`))
		notice     = update(1, append(sub(1, []byte("busy")), protowire.AppendVarint(protowire.AppendTag(nil, 2, protowire.VarintType), 1)...))
		stopped    = h["F"]
	)
	const one = "1: 2 42036 4927 3 - inclusive 46968/200000"
	const hooked = " completed 11111111-1111-4111-8111-111111111111"
	tests := []struct {
		name string
		body []byte
		want string
	}{
		{"plain", h["A"], one},
		{"compressed, with an error behind the turn", h["B"], "1: 57 1297860 107320 9680 3641 inclusive Sonnet-4.5 resource_exhausted"},
		{"from a hook, cut", h["F"], "cut 1: 2 23617 47 5 - hook_inclusive claude-4.5-sonnet" + hooked},
		{"from a hook, ended", join(text, delta, stopped, end), "1: 2 23617 47 5 - hook_inclusive claude-4.5-sonnet" + hooked},
		{"a turn's end wins over a hook", join(stopped, h["A.turn_ended"]), "1: 2 42036 4927 3 - inclusive claude-4.5-sonnet" + hooked},
		{"a hook behind the turn's end", join(h["A.turn_ended"], stopped, end), "1: 2 42036 4927 3 - inclusive claude-4.5-sonnet" + hooked},
		{"a hook where the turn's end says nothing", join(h["G.empty_turn_ended"], stopped, end), "1: 2 23617 47 5 - hook_inclusive claude-4.5-sonnet" + hooked},
		{"no counts", join(text, delta, h["G.empty_turn_ended"], end), "1: - - - - -"},
		{"zeros are counts", h["G.zero_cache"], "1: 10 0 0 2 -"},
		{"a negative count", h["G.negative"], "1: - - - 2 -"},
		{"a count beyond belief", ended(1e12, 1), "1: - - - 1 -"},
		{"other flags", append([]byte{4}, h["A"][1:]...), one},
		{"cut", h["A"][:len(h["A"])-10], "cut 1: - - - 3 - lower_bound 46968/200000"},
		{"ended without a turn's end", join(text, delta, delta, end), "cut 1: - - - 6 - lower_bound"},
		{"cut before any count", text, "cut 1: - - - - -"},
		{"nothing but heartbeats", join(h["A.heartbeat"], end), ""},
		{"only zeros, beside text", join(text, ended(0, 0, 0, 0), end), "1: - - - - -"},
		{"only zeros, without", join(ended(0, 0, 0, 0), end), "1: 0 0 0 0 -"},
		{"less input than cached", ended(10, 5, 100, 20), "1: 10 100 20 5 - exclusive doubtful"},
		{"more reasoning than output", ended(10, 5, -1, -1, 6), "1: 10 - - 5 6 doubtful"},
		{"a later field", ended(10, 5, 0, 0, 0, 1785146400123), "1: 10 0 0 5 0"},
		{"a refusal", failed, "1: - - - - - resource_exhausted"},
		{"failed midway", join(text, delta, failed), "1: - - - 3 - lower_bound resource_exhausted"},
		{"failed behind the turn", join(text, ended(1, 2), failed), "1: 1 - - 2 - resource_exhausted"},
		{"failed behind a turn that was saved", join(text, ended(1, 2), checkpoint, failed), "1: 1 - - 2 - 46968/200000"},
		{"several turns", join(text, ended(1, 2), checkpoint, text, delta, ended(3, 4), text, delta), "1: 1 - - 2 - 46968/200000; 2: 3 - - 4 -; cut 3: - - - 3 - lower_bound"},
		{"several turns, of several models", join(routed, ended(1, 2), update(24, sub(1, []byte("GPT-5 (High)"))), ended(1, 2)), "1: 1 - - 2 - Sonnet-4.5; 2: 1 - - 2 - GPT-5-(High)"},
		{"the same end twice", join(ended(1, 2), ended(1, 2), end), "1: 1 - - 2 -"},
		{"two ends", join(ended(1, 2), ended(1, 3), end), "1: 1 - - 2 -; 2: 1 - - 3 -"},
		{"a notice behind the end", join(ended(1, 2), notice, h["A.heartbeat"], end), "1: 1 - - 2 -"},
		{"a name that is text", join(update(24, sub(1, []byte("why, this is no name"))), ended(1, 2)), "1: 1 - - 2 -"},
		{"a turn's end of another type", inEnvelope(0, sub(1, []byte{14 << 3, 1})), ""},
		{"no protobuf", inEnvelope(0, []byte("\xff\xff\xff")), ""},
		{"no JSON at the end", join(text, ended(1, 2), inEnvelope(2, []byte("oops"))), "1: 1 - - 2 -"},
		{"the agent's stream", file(t, "run_response.bin"), "1: 19947 10122 7786 2981 1826 inclusive 37855/200000"},
		{"the agent's stream, compressed", file(t, "runsse_gzip_response.bin"), "1: 19947 10122 7786 2981 1826 inclusive 37855/200000"},
	}
	for _, tt := range tests {
		for _, size := range []int{0, 1, 2, 3, 5, 7, 64} {
			if got := agentSaid(tt.body, size).String(); got != tt.want {
				t.Errorf("%s, in pieces of %d:\n got %s\nwant %s", tt.name, size, got, tt.want)
			}
		}
	}
}

// Wherever a stream is cut, it has the whole turn or the least of it, and
// nothing else.
func TestCursorAgentCutAnywhere(t *testing.T) {
	for _, name := range []string{"run_response.bin", "runsse_gzip_response.bin"} {
		body := file(t, name)
		whole := false
		for at := range len(body) + 1 {
			s := agentSaid(body[:at], 0)
			switch {
			case len(s.turns) == 1 && s.partial == nil:
				whole = true
				if got := counts(s.turns[0].Tokens); got != "19947 10122 7786 2981 1826" {
					t.Fatalf("%s cut at %d: got %s", name, at, got)
				}
			case whole || len(s.turns) > 0:
				t.Fatalf("%s cut at %d: got %s", name, at, s)
			case s.partial != nil && s.partial.Tokens.Input != nil:
				t.Fatalf("%s cut at %d: counts that were not said: %s", name, at, s)
			}
		}
		if !whole {
			t.Errorf("%s: no turn", name)
		}
	}
}

func TestCursorRaw(t *testing.T) {
	h := hexes(t)
	tests := []struct {
		body []byte
		want string
	}{
		{h["A"], `{"turn_ended":{"input_tokens":46965,"output_tokens":3,"cache_read_tokens":42036,"cache_write_tokens":4927}}`},
		{h["B"], `{"turn_ended":{"input_tokens":1405237,"output_tokens":9680,"cache_read_tokens":1297860,"cache_write_tokens":107320,"reasoning_tokens":3641,"6":1785146400123}}`},
		{h["G.empty_turn_ended"], `{"turn_ended":{}}`},
		{h["G.negative"], `{"turn_ended":{"input_tokens":-1,"output_tokens":2}}`},
		{append(bytes.Clone(h["F"]), h["G.empty_turn_ended"]...), `{"turn_ended":{},"hook":{"input_tokens":23666,"output_tokens":5,"cache_read_tokens":23617,"cache_write_tokens":47}}`},
		{update(14, sub(1, []byte("text"))), `{"turn_ended":{}}`},
		{update(14, bytes.Repeat(varints(1), 1<<16)), ""},
	}
	for _, tt := range tests {
		got := agentSaid(tt.body, 0).turns[0].Raw
		if !json.Valid(got) || len(got) > 2*maxRaw || tt.want != "" && string(got) != tt.want {
			t.Errorf("got %.300s\nwant %s", got, tt.want)
		}
	}
}

func TestCursorTooLargeIsPassedOver(t *testing.T) {
	m := NewCursorAgent()
	for _, event := range []string{"", framing.EnvelopeEnd} {
		if m.Observe(framing.Frame{Event: event, IsTooLarge: true}) != nil {
			t.Errorf("%q: a turn has ended", event)
		}
	}
}

func TestCursorChat(t *testing.T) {
	h := hexes(t)
	const id = " 44444444-4444-4444-8444-444444444444 24000/200000"
	for size := range len(h["D"]) {
		if got := metered(NewCursorChat(), inEnvelopes, h["D"], size).String(); got != "1: - - - - -"+id {
			t.Errorf("in pieces of %d: got %s", size, got)
		}
	}
	if got := metered(NewCursorChat(), inEnvelopes, h["D"][:len(h["D"])-1], 0).String(); got != "cut 1: - - - - -"+id {
		t.Errorf("cut: got %s", got)
	}
	refused := inEnvelope(2, []byte(`{"error":{"code":"unauthenticated"}}`))
	if got := metered(NewCursorChat(), inEnvelopes, refused, 0).String(); got != "1: - - - - - unauthenticated" {
		t.Errorf("refused: got %s", got)
	}
}

// An envelope of another product's, whose end is the same.
func TestCursorOfOthers(t *testing.T) {
	h := hexes(t)
	var got [][]byte
	c := inEnvelopes(func(f framing.Frame) { got = append(got, bytes.Clone(f.Data)) })
	c.Write(h["H"])
	if want := [][]byte{h["H.plain"], []byte("{}")}; !reflect.DeepEqual(got, want) || c.Close() != framing.Whole {
		t.Errorf("got %q", got)
	}
	if s := agentSaid(h["H"], 0).String(); s != "" {
		t.Errorf("got a turn out of it: %s", s)
	}
}

func FuzzCursorAgent(f *testing.F) {
	for _, p := range hexes(f) {
		f.Add(p, uint64(1))
	}
	f.Add(file(f, "run_response.bin"), uint64(2))
	f.Add(file(f, "runsse_gzip_response.bin"), uint64(3))
	f.Fuzz(func(t *testing.T, body []byte, seed uint64) {
		whole := agentSaid(body, 0)
		random := rand.New(rand.NewPCG(seed, 0))
		for _, size := range []int{1, 1 + random.IntN(len(body)+1)} {
			if got := agentSaid(body, size); !reflect.DeepEqual(got, whole) {
				t.Fatalf("in pieces of %d: %+v\nwhole: %+v", size, got, whole)
			}
		}
		_ = metered(NewCursorChat(), inEnvelopes, body, 0) // does not panic
		for _, r := range whole.turns {
			checkCursor(t, r)
		}
	})
}

// checkCursor holds a turn to what is promised of all.
func checkCursor(t *testing.T, r CursorResponse) {
	t.Helper()
	for _, n := range []*int64{r.Tokens.Input, r.Tokens.CacheRead, r.Tokens.CacheWriteOther, r.Tokens.Output, r.Tokens.Reasoning} {
		if n != nil && (*n < 0 || *n > 2*maxCount) {
			t.Fatalf("a count of %d", *n)
		}
	}
	for _, s := range []string{r.ID, r.Model, r.StopReason, r.Error, r.ConversationID} {
		if len(s) > maxWord || strings.ContainsAny(s, " \n\t") {
			t.Fatalf("no word: %q", s)
		}
	}
	if r.Raw != nil && !json.Valid(r.Raw) {
		t.Fatalf("raw is no JSON: %q", r.Raw)
	}
}

func BenchmarkCursorAgent(b *testing.B) {
	word, err := hex.DecodeString("0a0a0a080a0648656c6c6f21")
	if err != nil {
		b.Fatal(err)
	}
	m := NewCursorAgent()
	b.ReportAllocs()
	for b.Loop() {
		m.Observe(framing.Frame{Data: word})
	}
}
