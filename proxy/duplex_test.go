package proxy

import (
	"bytes"
	"context"
	"encoding/pem"
	"io"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"
)

// soon is how late the end of an answer may come. A turn of Cursor's that ended
// later than this would be felt; what holds it, holds it for seconds.
const soon = 500 * time.Millisecond

// answerEarly takes one line and answers it, whatever else the agent has to say.
func answerEarly(w http.ResponseWriter, r *http.Request) {
	_ = http.NewResponseController(w).EnableFullDuplex() // HTTP/2 needs no leave
	line := make([]byte, 4)
	_, _ = io.ReadFull(r.Body, line)
	w.Header().Set("Content-Type", "application/connect+proto")
	_, _ = io.WriteString(w, "answer to "+string(line))
}

// TestAnswerEndsFirst: the end of an answer reaches an agent at once that leaves
// its own half open, as Cursor's do until they have seen it.
func TestAnswerEndsFirst(t *testing.T) {
	onAllLegs(t, func(t *testing.T, l legs) {
		s := newStage(t, l.upstreamH2, answerEarly)
		in, out := io.Pipe()
		defer out.Close() //nolint:errcheck // never fails
		go func() { _, _ = io.WriteString(out, "turn") }()
		started := time.Now()
		hangup := time.AfterFunc(5*time.Second, func() { _ = out.Close() })
		defer hangup.Stop()
		resp := s.do(s.agent(l.agentH2), request(t, "POST", providerURL, in))
		if got, err := io.ReadAll(resp.Body); string(got) != "answer to turn" || err != nil {
			t.Errorf("got %q, %v", got, err)
		}
		if took := time.Since(started); took > soon {
			t.Errorf("the end came after %v", took)
		}
		if err := s.taps.only(t).end(t); err != nil {
			t.Errorf("the tap ended with %v", err)
		}
	})
}

// TestUpstreamHalfEnds: a provider whose answer has ended hears the end of the
// request as from an agent that is content with it: no reset.
func TestUpstreamHalfEnds(t *testing.T) {
	heard := make(chan http2.Frame, 1)
	s := newStage(t, true, nobody)
	s.upstream = framedUpstream(t, s.theirs, func(f *framer) {
		for {
			frame, err := f.next()
			if err != nil {
				return
			}
			switch {
			case frame.Header().Type == http2.FrameData && !frame.Header().Flags.Has(http2.FlagDataEndStream):
				f.head(frame.Header().StreamID, ":status", "200", "content-type", "application/connect+proto")
				f.must(f.WriteData(frame.Header().StreamID, true, []byte("answer")))
			case frame.Header().Type == http2.FrameData, frame.Header().Type == http2.FrameRSTStream:
				heard <- frame
				return
			}
		}
	})
	agent := s.framedAgent()
	started := time.Now()
	agent.ask(1, "turn")
	if got := agent.answer(1); got != "answer" {
		t.Errorf("got %q", got)
	}
	if took := time.Since(started); took > soon {
		t.Errorf("the end came after %v", took)
	}
	select {
	case frame := <-heard:
		if frame.Header().Type != http2.FrameData {
			t.Errorf("the provider heard %v", frame)
		}
	case <-time.After(soon):
		t.Error("the provider's stream was left open")
	}
}

// TestNoResetBehindTheEnd: an agent that has not closed its half is not told to
// let go of the stream. Node would throw away what it has not read, and Cursor
// asks again then, at its user's cost.
func TestNoResetBehindTheEnd(t *testing.T) {
	s := newStage(t, true, answerEarly)
	agent := s.framedAgent()
	for stream := uint32(1); stream < 20; stream += 2 {
		agent.ask(stream, "turn")
		if got := agent.answer(stream); got != "answer to turn" {
			t.Errorf("got %q", got)
		}
		agent.nothing()
		agent.must(agent.WriteData(stream, false, []byte("heartbeat")))
		agent.nothing()
		agent.must(agent.WriteData(stream, true, nil))
		agent.nothing()
	}
}

// TestNodeReadsToTheEnd: Node has the whole answer, however slowly it reads,
// in turn after turn.
func TestNodeReadsToTheEnd(t *testing.T) {
	s := newStage(t, true, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadFull(r.Body, make([]byte, 4))
		for range 20 {
			_, _ = io.WriteString(w, strings.Repeat("x", 1000))
			w.(http.Flusher).Flush()
		}
	})
	out := s.node("testdata/turns.mjs", "40")
	lines := strings.Fields(out)
	whole := slices.DeleteFunc(slices.Clone(lines), func(l string) bool { return l != "20000" })
	if len(lines) != 40 || len(whole) != 40 {
		t.Errorf("of 40 turns %d were whole: %v", len(whole), lines)
	}
}

// node runs a script that goes to the provider through the proxy, and returns
// what it says.
func (s *stage) node(script string, args ...string) string {
	s.Helper()
	path, err := exec.LookPath("node")
	if err != nil {
		s.Skip("no node here")
	}
	var ca bytes.Buffer
	_ = pem.Encode(&ca, &pem.Block{Type: "CERTIFICATE", Bytes: s.ours.cert.Raw}) // a buffer takes all
	ctx, cancel := context.WithTimeout(s.Context(), time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, path, append([]string{script, s.addr, providerHost, ca.String()}, args...)...)
	var errs bytes.Buffer
	c.Stderr = &errs
	out, err := c.Output()
	if err != nil {
		s.Errorf("node: %v\n%s", err, errs.String())
	}
	return string(out)
}
