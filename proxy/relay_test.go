package proxy

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wiremeter/wiremeter/usage"
)

const providerURL = "https://" + providerHost

func request(t *testing.T, method, url string, body io.Reader) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestEventsPassAtOnce: the agent has every piece before the provider sends the
// next, whatever kind of response it is.
func TestEventsPassAtOnce(t *testing.T) {
	const pieces, size = 4, 100
	for kind, header := range map[string]http.Header{
		"sse":            {"Content-Type": {"text/event-stream"}},
		"ndjson":         {"Content-Type": {"application/x-ndjson"}},
		"untyped":        {},
		"content_length": {"Content-Type": {"application/json"}, "Content-Length": {fmt.Sprint(pieces * size)}},
	} {
		t.Run(kind, func(t *testing.T) {
			onAllLegs(t, func(t *testing.T, l legs) {
				next := make(chan struct{})
				s := newStage(t, l.upstreamH2, func(w http.ResponseWriter, r *http.Request) {
					for k, v := range header {
						w.Header()[k] = v
					}
					w.(http.Flusher).Flush()
					for range pieces {
						select {
						case <-next:
						case <-r.Context().Done():
							return
						}
						_, _ = w.Write(bytes.Repeat([]byte("x"), size))
						w.(http.Flusher).Flush()
					}
				})
				r := request(t, "POST", providerURL+"/v1", strings.NewReader("{}"))
				resp := s.do(s.agent(l.agentH2), r)
				buf := make([]byte, size)
				for i := range pieces {
					next <- struct{}{}
					if _, err := io.ReadFull(resp.Body, buf); err != nil {
						t.Fatalf("piece %d: %v", i, err)
					}
				}
				if n, err := resp.Body.Read(buf); n != 0 || err != io.EOF {
					t.Errorf("at the end: %d, %v", n, err)
				}
				if err := s.taps.only(t).end(t); err != nil {
					t.Errorf("the tap ended with %v", err)
				}
			})
		})
	}
}

// TestBytesAndHeadersAreEqual: what arrives is what was sent, both ways, and
// the tap heard the same.
func TestBytesAndHeadersAreEqual(t *testing.T) {
	sent, answer := random(t, 1<<20+7), random(t, 1<<20+13)
	const target = "/v1/models/a%3Ab%2Fc:generate?a;b&c=%zz&key=%20x"
	for name, isChunked := range map[string]bool{"content_length": false, "chunked": true} {
		t.Run(name, func(t *testing.T) {
			onAllLegs(t, func(t *testing.T, l legs) {
				var got *http.Request
				var body []byte
				s := newStage(t, l.upstreamH2, func(w http.ResponseWriter, r *http.Request) {
					got = r
					body, _ = io.ReadAll(r.Body)
					w.Header()["Date"], w.Header()["Content-Type"] = nil, nil
					w.Header().Set("Content-Encoding", "gzip") // which it is not: nobody may care
					w.Header().Set("X-Answer", "yes")
					w.Header().Add("Set-Cookie", "a=1")
					w.Header().Add("Set-Cookie", "b=2")
					w.Header().Set("Trailer", "X-Announced")
					if !isChunked {
						w.Header().Set("Content-Length", fmt.Sprint(len(answer)))
						w.Header().Del("Trailer")
					}
					_, _ = w.Write(answer)
					w.Header().Set("X-Announced", "trailer")
					w.Header().Set(http.TrailerPrefix+"X-Unannounced", "trailer")
				})
				var payload io.Reader = bytes.NewReader(sent)
				if isChunked {
					payload = io.MultiReader(payload)
				}
				r := request(t, "POST", providerURL, payload)
				r.URL.Opaque = "//" + providerHost + target
				r.Header.Set("X-Forwarded-For", "203.0.113.7")
				r.Header.Set("Authorization", "Bearer secret")
				if isChunked {
					r.Trailer = http.Header{"X-Sum": {"abc"}}
				}
				resp := s.do(s.agent(l.agentH2), r)
				back, err := io.ReadAll(resp.Body)
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(body, sent) || !bytes.Equal(back, answer) {
					t.Error("the bytes differ")
				}
				h := s.taps.only(t)
				if err := h.end(t); err != nil || !bytes.Equal(h.request, sent) || !bytes.Equal(h.body, answer) {
					t.Errorf("the tap heard other bytes, or a wrong end: %v", err)
				}
				if h.exchange.Path != "/v1/models/a:b/c:generate" || h.exchange.Run != "run-1" || h.exchange.Host != providerHost {
					t.Errorf("the exchange is %+v", h.exchange)
				}
				if c := h.exchange.Conn; c.ID == 0 || !c.Agent.Addr().IsLoopback() || c.Front.String() != s.addr || h.exchange.Labels != "team=payments" {
					t.Errorf("the connection is %+v", c)
				}
				if got.RequestURI != target {
					t.Errorf("the path arrived as %q, want %q", got.RequestURI, target)
				}
				checkRequestHeaders(t, got, isChunked)
				checkResponseHeaders(t, resp, isChunked)
			})
		})
	}
}

func checkRequestHeaders(t *testing.T, got *http.Request, isChunked bool) {
	t.Helper()
	if got.Host != providerHost || got.Header.Get("X-Forwarded-For") != "203.0.113.7" || got.Header.Get("Authorization") != "Bearer secret" {
		t.Errorf("headers were lost: %v", got.Header)
	}
	for _, name := range []string{"Via", "Forwarded", "X-Forwarded-Host", "Accept-Encoding", "Proxy-Authorization", "Proxy-Connection"} {
		if v, ok := got.Header[name]; ok {
			t.Errorf("%s: %q was added", name, v)
		}
	}
	if ua := got.UserAgent(); !strings.HasPrefix(ua, "Go-http-client") { // the agent's own
		t.Errorf("the user agent is %q", ua)
	}
	if isChunked != (got.ContentLength == -1) {
		t.Errorf("the content length is %d", got.ContentLength)
	}
	if isChunked && got.Trailer.Get("X-Sum") != "abc" {
		t.Errorf("the request's trailer is %v", got.Trailer)
	}
}

func checkResponseHeaders(t *testing.T, resp *http.Response, isChunked bool) {
	t.Helper()
	if resp.Header.Get("X-Answer") != "yes" || resp.Header.Get("Content-Encoding") != "gzip" || !slices.Equal(resp.Header["Set-Cookie"], []string{"a=1", "b=2"}) {
		t.Errorf("headers were lost: %v", resp.Header)
	}
	for _, name := range []string{"Date", "Content-Type", "Via"} {
		if v, ok := resp.Header[name]; ok {
			t.Errorf("%s: %q was added", name, v)
		}
	}
	if isChunked != (resp.ContentLength == -1) {
		t.Errorf("the content length is %d", resp.ContentLength)
	}
	if isChunked && (resp.Trailer.Get("X-Announced") != "trailer" || resp.Trailer.Get("X-Unannounced") != "trailer") {
		t.Errorf("the trailers are %v", resp.Trailer)
	}
}

func random(t *testing.T, n int) []byte {
	t.Helper()
	p := make([]byte, n)
	_, _ = rand.Read(p) // never fails
	return p
}

// TestUserAgentIsNotAdded: an agent without one stays without.
func TestUserAgentIsNotAdded(t *testing.T) {
	var got http.Header
	s := newStage(t, false, func(_ http.ResponseWriter, r *http.Request) { got = r.Header })
	r := request(t, "GET", providerURL, nil)
	r.Header["User-Agent"] = []string{""}
	s.do(s.agent(false), r)
	if v, ok := got["User-Agent"]; ok {
		t.Errorf("User-Agent: %q was added", v)
	}
}

// TestStatuses: responses that have no body, or no success, pass as they are.
func TestStatuses(t *testing.T) {
	onAllLegs(t, func(t *testing.T, l legs) {
		s := newStage(t, l.upstreamH2, func(w http.ResponseWriter, r *http.Request) {
			var status int
			_, _ = fmt.Sscanf(r.URL.Path, "/%d", &status)
			w.Header().Set("X-Status", "kept")
			if r.Method == http.MethodHead {
				w.Header().Set("Content-Length", "4711")
			}
			w.WriteHeader(status)
		})
		c := s.agent(l.agentH2)
		c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		for _, status := range []int{200, 204, 304, 307, 401, 404, 429, 500, 529} {
			resp := s.do(c, request(t, "GET", fmt.Sprintf("%s/%d", providerURL, status), nil))
			if resp.StatusCode != status || resp.Header.Get("X-Status") != "kept" {
				t.Errorf("status %d became %d, %v", status, resp.StatusCode, resp.Header)
			}
		}
		if resp := s.do(c, request(t, "HEAD", providerURL+"/200", nil)); resp.ContentLength != 4711 {
			t.Errorf("the length of a HEAD is %d", resp.ContentLength)
		}
	})
}

// TestCancellation: an agent that hangs up cancels upstream, before the
// response and in a silent stream.
func TestCancellation(t *testing.T) {
	for name, sendsHead := range map[string]bool{"before_the_head": false, "in_a_silent_stream": true} {
		t.Run(name, func(t *testing.T) {
			onAllLegs(t, func(t *testing.T, l legs) {
				reached, gone := make(chan struct{}), make(chan struct{})
				s := newStage(t, l.upstreamH2, func(w http.ResponseWriter, r *http.Request) {
					_, _ = io.Copy(io.Discard, r.Body)
					if sendsHead {
						w.Header().Set("Content-Type", "text/event-stream")
						w.(http.Flusher).Flush()
					}
					close(reached)
					<-r.Context().Done()
					close(gone)
				})
				ctx, leave := context.WithCancel(t.Context())
				r := request(t, "POST", providerURL, strings.NewReader("{}")).WithContext(ctx)
				done := make(chan struct{})
				go func() {
					defer close(done)
					resp, err := s.agent(l.agentH2).Do(r)
					if err == nil {
						_, _ = io.Copy(io.Discard, resp.Body)
						resp.Body.Close()
					}
				}()
				<-reached
				leave()
				select {
				case <-gone:
				case <-time.After(time.Second):
					t.Error("the provider was not told within a second")
				}
				<-done
				if err := s.taps.only(t).end(t); !errors.Is(err, usage.AgentGone) {
					t.Errorf("the tap ended with %v", err)
				}
			})
		})
	}
}

// TestUpstreamCut: a response that breaks off does not look complete.
func TestUpstreamCut(t *testing.T) {
	onAllLegs(t, func(t *testing.T, l legs) {
		s := newStage(t, l.upstreamH2, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			_, _ = io.WriteString(w, "data: 1\n\n")
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		})
		resp := s.do(s.agent(l.agentH2), request(t, "POST", providerURL, strings.NewReader("{}")))
		got, err := io.ReadAll(resp.Body)
		if string(got) != "data: 1\n\n" || err == nil {
			t.Errorf("the agent read %q and %v, want an error behind the event", got, err)
		}
		if err := s.taps.only(t).end(t); !errors.Is(err, usage.UpstreamCut) {
			t.Errorf("the tap ended with %v", err)
		}
	})
}

// TestContinue: 100-continue is asked for and given through the proxy, without
// a time-out; other early answers pass too.
func TestContinue(t *testing.T) {
	onAllLegs(t, func(t *testing.T, l legs) {
		s := newStage(t, l.upstreamH2, func(w http.ResponseWriter, r *http.Request) {
			var first [1]byte
			_, _ = io.ReadFull(r.Body, first[:]) // asks for the body; Go's HTTP/2 server gives no leave after a hint
			w.Header().Set("Link", "</x>; rel=preload")
			w.WriteHeader(http.StatusEarlyHints)
			_, _ = w.Write(first[:])
			_, _ = io.Copy(w, r.Body)
		})
		var hints int
		r := request(t, "POST", providerURL, bytes.NewReader(make([]byte, 1<<20)))
		r.Header.Set("Expect", "100-continue")
		r = r.WithContext(httptrace.WithClientTrace(r.Context(), &httptrace.ClientTrace{Got1xxResponse: func(code int, _ textproto.MIMEHeader) error {
			if code == http.StatusEarlyHints {
				hints++
			}
			return nil
		}}))
		started := time.Now()
		resp := s.do(s.agent(l.agentH2), r)
		if n, err := io.Copy(io.Discard, resp.Body); n != 1<<20 || err != nil {
			t.Errorf("%d bytes came back, %v", n, err)
		}
		if took := time.Since(started); took > 900*time.Millisecond {
			t.Errorf("it took %v: somebody waited in vain", took)
		}
		if hints != 1 {
			t.Errorf("%d early hints arrived", hints)
		}
	})
}

// TestFullDuplex: both bodies flow at the same time.
func TestFullDuplex(t *testing.T) {
	onAllLegs(t, func(t *testing.T, l legs) {
		s := newStage(t, l.upstreamH2, func(w http.ResponseWriter, r *http.Request) {
			_ = http.NewResponseController(w).EnableFullDuplex() // HTTP/2 needs no leave
			w.Header().Set("Content-Type", "application/connect+proto")
			w.(http.Flusher).Flush()
			lines := bufio.NewReader(r.Body)
			for {
				line, err := lines.ReadString('\n')
				if err != nil {
					return
				}
				_, _ = io.WriteString(w, line)
				w.(http.Flusher).Flush()
			}
		})
		in, out := io.Pipe()
		resp := s.do(s.agent(l.agentH2), request(t, "POST", providerURL, in))
		lines := bufio.NewReader(resp.Body)
		for i := range 20 {
			want := fmt.Sprintf("line %d\n", i)
			if _, err := io.WriteString(out, want); err != nil {
				t.Fatal(err)
			}
			if got, err := lines.ReadString('\n'); got != want || err != nil {
				t.Fatalf("got %q, %v, want %q", got, err, want)
			}
		}
		_ = out.Close() // never fails
		if _, err := lines.ReadByte(); err != io.EOF {
			t.Errorf("the end is %v", err)
		}
	})
}

// TestLargeBodies: 100 MB each way pass in little memory.
func TestLargeBodies(t *testing.T) {
	const size = largeBody
	onAllLegs(t, func(t *testing.T, l legs) {
		s := newStage(t, l.upstreamH2, func(w http.ResponseWriter, r *http.Request) {
			if n, err := io.Copy(io.Discard, r.Body); n != size || err != nil {
				w.WriteHeader(http.StatusBadRequest)
				return
			}
			_, _ = io.CopyN(w, zeros{}, size)
		}, func(o *Options) { o.Begin = func(usage.Exchange) Tap { return deaf{} } })
		var before, during runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		resp := s.do(s.agent(l.agentH2), request(t, "POST", providerURL, io.LimitReader(zeros{}, size)))
		if n, err := io.Copy(io.Discard, resp.Body); n != size || err != nil {
			t.Errorf("%d bytes came back, %v", n, err)
		}
		runtime.ReadMemStats(&during)
		// The heap of agent, proxy and upstream together: HTTP/2 windows of some MB.
		if grown := int64(during.HeapSys) - int64(before.HeapSys); grown > 40<<20 {
			t.Errorf("the heap grew by %d MB", grown>>20)
		}
	})
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

type deaf struct{}

func (deaf) Request([]byte)             {}
func (deaf) Response(int, usage.Header) {}
func (deaf) Body([]byte)                {}
func (deaf) End(error)                  {}

// TestTapThatPanics: whoever listens cannot hurt the exchange.
func TestTapThatPanics(t *testing.T) {
	onAllLegs(t, func(t *testing.T, l legs) {
		s := newStage(t, l.upstreamH2, func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) },
			func(o *Options) { o.Begin = func(usage.Exchange) Tap { return panicking{} } })
		resp := s.do(s.agent(l.agentH2), request(t, "POST", providerURL, strings.NewReader("hello")))
		if got, err := io.ReadAll(resp.Body); string(got) != "hello" || err != nil {
			t.Errorf("the agent got %q, %v", got, err)
		}
	})
}

type panicking struct{}

func (panicking) Request([]byte)             { panic("request") }
func (panicking) Response(int, usage.Header) { panic("response") }
func (panicking) Body([]byte)                { panic("body") }
func (panicking) End(error)                  { panic("end") }

// TestUpstreamTrouble: what keeps a request from its provider is told to the
// agent in a sentence, and to the tap in a word.
func TestUpstreamTrouble(t *testing.T) {
	for _, c := range []struct {
		name, says string
		fault      usage.Fault
		change     func(*Options)
	}{
		{"unreachable", "cannot reach " + providerHost, usage.UpstreamUnreachable, func(o *Options) {
			o.Upstream.ConnectTo = func(string) string { return "127.0.0.1:1" }
		}},
		{"certificate", "--upstream-ca", usage.UpstreamCertificate, func(o *Options) { o.Upstream.Roots = nil }},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStage(t, true, func(http.ResponseWriter, *http.Request) {}, c.change)
			resp := s.do(s.agent(true), request(t, "POST", providerURL+"/v1?key=secret", strings.NewReader("{}")))
			text, err := io.ReadAll(resp.Body)
			if err != nil || resp.StatusCode != http.StatusBadGateway || !strings.Contains(string(text), c.says) {
				t.Errorf("the agent got %d %s, %v", resp.StatusCode, text, err)
			}
			if strings.Contains(string(text), "secret") {
				t.Errorf("the answer holds the query: %s", text)
			}
			if err := s.taps.only(t).end(t); !errors.Is(err, c.fault) {
				t.Errorf("the tap ended with %v", err)
			}
		})
	}
}
