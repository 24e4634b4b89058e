package proxy

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestHeadBeforeBody: an answer may begin, and be read, before the agent has
// sent anything of its body, stated length or not.
func TestHeadBeforeBody(t *testing.T) {
	for name, length := range map[string]int64{"stated_length": 4, "streamed": -1} {
		t.Run(name, func(t *testing.T) {
			onAllLegs(t, func(t *testing.T, l legs) {
				s := newStage(t, l.upstreamH2, func(w http.ResponseWriter, r *http.Request) {
					_ = http.NewResponseController(w).EnableFullDuplex() // HTTP/2 needs no leave
					_, _ = io.WriteString(w, "begun ")
					w.(http.Flusher).Flush()
					_, _ = io.Copy(w, r.Body)
				})
				in, out := io.Pipe()
				hangup := time.AfterFunc(5*time.Second, func() { _ = out.Close() })
				defer hangup.Stop()
				r := request(t, "POST", providerURL, in)
				r.ContentLength = length
				resp := s.do(s.agent(l.agentH2), r)
				begun := make([]byte, 6)
				if _, err := io.ReadFull(resp.Body, begun); err != nil || string(begun) != "begun " {
					t.Fatalf("got %q, %v", begun, err)
				}
				if !hangup.Stop() {
					t.Fatal("the head waited for the body")
				}
				go func() {
					_, _ = io.WriteString(out, "body")
					_ = out.Close()
				}()
				if got, err := io.ReadAll(resp.Body); string(got) != "body" || err != nil {
					t.Errorf("got %q, %v", got, err)
				}
				h := s.taps.only(t)
				if err := h.end(t); err != nil || string(h.request) != "body" {
					t.Errorf("the tap heard %q, %v", h.request, err)
				}
			})
		})
	}
}

// rawAgent is a decrypted HTTP/1.1 connection to the provider through the proxy.
func (s *stage) rawAgent() (net.Conn, *bufio.Reader) {
	s.Helper()
	conn := tls.Client(s.connect(providerHost+":443", ""), &tls.Config{RootCAs: s.roots, ServerName: providerHost})
	return conn, bufio.NewReader(conn)
}

const runSSE = "POST /agent.v1.AgentService/RunSSE HTTP/1.1\r\nHost: " + providerHost + "\r\nContent-Type: application/connect+proto\r\nTransfer-Encoding: chunked\r\n\r\n"

// TestRunSSE: over HTTP/1.1 an answer that begins before the end of its chunked
// request passes, in turn after turn on one connection.
func TestRunSSE(t *testing.T) {
	for _, upstreamH2 := range []bool{false, true} {
		t.Run(legs{false, upstreamH2}.String(), func(t *testing.T) {
			s := newStage(t, upstreamH2, func(w http.ResponseWriter, r *http.Request) {
				_ = http.NewResponseController(w).EnableFullDuplex() // HTTP/2 needs no leave
				w.Header().Set("Content-Type", "text/event-stream")
				_, _ = io.WriteString(w, "begun ")
				w.(http.Flusher).Flush()
				_, _ = io.Copy(w, r.Body)
			})
			conn, answers := s.rawAgent()
			for turn := range 50 {
				_, _ = io.WriteString(conn, runSSE) // what is missing shows below
				resp, err := http.ReadResponse(answers, nil)
				if err != nil {
					t.Fatalf("turn %d: %v", turn, err)
				}
				begun := make([]byte, 6)
				if _, err := io.ReadFull(resp.Body, begun); err != nil {
					t.Fatalf("turn %d: %v", turn, err)
				}
				_, _ = io.WriteString(conn, "4\r\nbody\r\n")
				_, _ = io.WriteString(conn, "0\r\n\r\n")
				if got, err := io.ReadAll(resp.Body); string(got) != "body" || err != nil {
					t.Fatalf("turn %d: %q, %v", turn, got, err)
				}
			}
		})
	}
}

// TestLastChunkMeetsTheEnd: when the end of a request and that of its answer
// cross, the connection serves the next turn.
func TestLastChunkMeetsTheEnd(t *testing.T) {
	s := newStage(t, true, answerEarly)
	conn, answers := s.rawAgent()
	for turn := range 100 {
		_, _ = io.WriteString(conn, runSSE+"4\r\nturn\r\n") // what is missing shows below
		_, _ = io.WriteString(conn, "0\r\n\r\n")
		resp, err := http.ReadResponse(answers, nil)
		if err != nil {
			t.Fatalf("turn %d: %v", turn, err)
		}
		if got, err := io.ReadAll(resp.Body); string(got) != "answer to turn" || err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("turn %d: %s %q, %v", turn, resp.Status, got, err)
		}
	}
}

// TestRequestBehindTheEnd: over HTTP/1.1 a request that goes on behind its
// answer leaves a connection of no more use. No part of it is taken for the
// next request.
func TestRequestBehindTheEnd(t *testing.T) {
	for _, upstreamH2 := range []bool{false, true} {
		t.Run(legs{false, upstreamH2}.String(), func(t *testing.T) {
			s := newStage(t, upstreamH2, answerEarly)
			conn, answers := s.rawAgent()
			_, _ = io.WriteString(conn, runSSE+"4\r\nturn\r\n") // what is missing shows below
			resp, err := http.ReadResponse(answers, nil)
			if err != nil {
				t.Fatal(err)
			}
			started := time.Now()
			if got, err := io.ReadAll(resp.Body); string(got) != "answer to turn" || err != nil {
				t.Fatalf("got %q, %v", got, err)
			}
			if took := time.Since(started); took > soon {
				t.Errorf("the end came after %v", took)
			}
			_, _ = io.WriteString(conn, "0\r\n\r\nGET / HTTP/1.1\r\nHost: "+providerHost+"\r\n\r\n")
			resp, err = http.ReadResponse(answers, nil)
			if err == nil {
				t.Errorf("it was answered: %s", resp.Status)
			}
			if s.proxy.Seen() != 1 {
				t.Errorf("%d were seen", s.proxy.Seen())
			}
		})
	}
}

// TestASpentConnectionServesNoMore: what net/http has read ahead of a connection
// that is closed is no request.
func TestASpentConnectionServesNoMore(t *testing.T) {
	agent, ours := net.Pipe()
	defer agent.Close()
	var s spent
	s.add(ours.RemoteAddr().String())
	s.retire(ours, http.StateActive)
	if s.count.Load() != 1 {
		t.Fatal("it was forgotten at work")
	}
	defer func() {
		if err, _ := recover().(error); !errors.Is(err, http.ErrAbortHandler) {
			t.Errorf("it ended with %v", err)
		}
		if _, err := ours.Write([]byte("x")); err == nil {
			t.Error("it is open")
		}
		s.retire(ours, http.StateIdle) // forgotten
	}()
	s.retire(ours, http.StateIdle)
	t.Error("it goes on")
}

// TestCutWithAnOpenHalf: a stream that breaks off is told to an agent at once
// that is silent itself.
func TestCutWithAnOpenHalf(t *testing.T) {
	onAllLegs(t, func(t *testing.T, l legs) {
		s := newStage(t, l.upstreamH2, func(w http.ResponseWriter, r *http.Request) {
			_ = http.NewResponseController(w).EnableFullDuplex() // HTTP/2 needs no leave
			_, _ = io.ReadFull(r.Body, make([]byte, 4))
			_, _ = io.WriteString(w, "begun")
			w.(http.Flusher).Flush()
			if r.ProtoMajor == 1 { // where a panic would wait for the rest of the request
				if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
					conn.Close()
				}
				return
			}
			panic(http.ErrAbortHandler)
		})
		in, out := io.Pipe()
		go func() { _, _ = io.WriteString(out, "turn") }()
		hangup := time.AfterFunc(5*time.Second, func() { _ = out.Close() })
		defer hangup.Stop()
		resp := s.do(s.agent(l.agentH2), request(t, "POST", providerURL, in))
		if got, err := io.ReadAll(resp.Body); string(got) != "begun" || err == nil {
			t.Errorf("got %q, %v", got, err)
		}
		if !hangup.Stop() {
			t.Error("the agent was not told")
		}
		_ = out.Close()
		if err := s.taps.only(t).end(t); fmt.Sprint(err) != "upstream_cut" {
			t.Errorf("the tap ended with %v", err)
		}
	})
}

// TestTrailers: those of gRPC pass both ways, beside streams and without them.
func TestTrailers(t *testing.T) {
	onAllLegs(t, func(t *testing.T, l legs) {
		s := newStage(t, l.upstreamH2, func(w http.ResponseWriter, r *http.Request) {
			_ = http.NewResponseController(w).EnableFullDuplex() // HTTP/2 needs no leave
			w.Header().Set("Content-Type", "application/grpc")
			w.Header().Set("Trailer", "Grpc-Status, Grpc-Message")
			w.(http.Flusher).Flush()
			_, _ = io.Copy(w, r.Body)
			w.Header().Set("Grpc-Status", "0")
			w.Header().Set("Grpc-Message", r.Header.Get("Te")+" "+r.Trailer.Get("X-Sum"))
			w.Header().Set(http.TrailerPrefix+"Grpc-Status-Details-Bin", "AAA")
		})
		r := request(t, "POST", providerURL, io.MultiReader(strings.NewReader("a stream")))
		r.Header.Set("Te", "trailers")
		r.Trailer = http.Header{"X-Sum": {"abc"}}
		resp := s.do(s.agent(l.agentH2), r)
		if got, err := io.ReadAll(resp.Body); string(got) != "a stream" || err != nil {
			t.Errorf("got %q, %v", got, err)
		}
		if got := resp.Trailer; got.Get("Grpc-Status") != "0" || got.Get("Grpc-Message") != "trailers abc" || got.Get("Grpc-Status-Details-Bin") != "AAA" {
			t.Errorf("the trailers are %v", got)
		}
	})
}

// TestTheTapHearsTheRequestEnd: before the provider does, which may answer in
// another exchange.
func TestTheTapHearsTheRequestEnd(t *testing.T) {
	onAllLegs(t, func(t *testing.T, l legs) {
		var s *stage
		s = newStage(t, l.upstreamH2, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			h := s.taps.only(t)
			h.mu.Lock()
			defer h.mu.Unlock()
			fmt.Fprint(w, string(h.request), h.isWhole)
		})
		resp := s.do(s.agent(l.agentH2), request(t, "POST", providerURL, io.MultiReader(strings.NewReader("all of it "))))
		if got, err := io.ReadAll(resp.Body); string(got) != "all of it true" || err != nil {
			t.Errorf("got %q, %v", got, err)
		}
	})
}
