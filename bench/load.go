package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"
)

// path is the way to the provider through one contestant, and what was
// measured on it.
type path struct {
	name   string
	proc   *process // nil: direct
	client *http.Client
	dress  func() *http.Client // a new agent, without a connection

	jsonRate, jsonCPU   []float64 // requests/s, ns a request
	eventRate, eventCPU []float64 // flat out: events/s, ns an event
	paceCPU             []float64 // paced: ns an event

	messageRate, messageCPU   []float64 // on WebSockets: messages/s, ns a message
	envelopeRate, envelopeCPU []float64 // of Connect: envelopes/s, ns an envelope

	delay, first []time.Duration
	connRate     []float64
	perIdle      int64 // bytes
}

// enter makes the path's agents.
func (p *path) enter(s setup) error {
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(s.CA) {
		return errors.New("the provider's authority is unreadable")
	}
	var via func(*http.Request) (*url.URL, error)
	if p.proc != nil {
		roots.AppendCertsFromPEM(p.proc.setup.Trust)
		via = http.ProxyURL(&url.URL{Scheme: "http", Host: p.proc.setup.Proxy})
	}
	dial := func(ctx context.Context, network, addr string) (net.Conn, error) {
		if p.proc == nil {
			addr = s.Addr
		}
		return new(net.Dialer).DialContext(ctx, network, addr)
	}
	h1 := new(http.Protocols)
	h1.SetHTTP1(true)
	p.dress = func() *http.Client {
		return &http.Client{Transport: &http.Transport{
			Proxy: via, DialContext: dial, TLSClientConfig: &tls.Config{RootCAs: roots},
			Protocols: h1, MaxIdleConnsPerHost: 64, DisableCompression: true,
		}}
	}
	p.client = p.dress()
	return nil
}

// field holds all paths and the measurements to make on them.
type field struct {
	options
	upstream *process
	paths    map[string]*path
}

func (f *field) run(ctx context.Context) error {
	measurements := []struct {
		name string
		make func(*path) error
	}{
		{"small JSON", func(p *path) error { return p.measureJSON(ctx, f.slot) }},
		{"events flat out", func(p *path) error { return p.measureFlood(ctx, f.slot) }},
		{"messages", func(p *path) error { return p.measureMessages(ctx, f.slot) }},
		{"envelopes", func(p *path) error { return p.measureEnvelopes(ctx, f.slot) }},
		{"events paced", func(p *path) error { return p.measurePace(ctx, f.slot) }},
		{"first byte", func(p *path) error { return p.measureFirst(ctx) }},
		{"new connections", func(p *path) error { return p.measureConnections(ctx, f.slot) }},
	}
	for round := range f.rounds + 1 { // the first warms up and is not counted
		for _, m := range measurements {
			for i := range contestants {
				p := f.paths[contestants[(i+round)%len(contestants)]]
				if err := m.make(p); err != nil {
					return fmt.Errorf("%s, %s: %w", p.name, m.name, err)
				}
			}
		}
		if round == 0 {
			for _, p := range f.paths {
				p.forget()
			}
		}
	}
	for _, name := range contestants {
		if err := f.paths[name].measureIdle(ctx, f.idle); err != nil {
			return fmt.Errorf("%s, idle streams: %w", name, err)
		}
	}
	return nil
}

func (p *path) forget() {
	*p = path{name: p.name, proc: p.proc, client: p.client, dress: p.dress}
}

// workload keeps n agents busy until the time is over. It returns how many
// units of work they did, at what rate, and what each cost the contestant.
func (p *path) workload(ctx context.Context, n int, slot time.Duration, work func(context.Context) (int64, error)) (rate, cpu float64, err error) {
	before, err := p.proc.spent()
	if err != nil {
		return 0, 0, err
	}
	var done atomic.Int64
	var failed atomic.Pointer[error]
	var all sync.WaitGroup
	started := time.Now()
	for range n {
		all.Go(func() {
			for time.Since(started) < slot && failed.Load() == nil {
				units, err := work(ctx)
				if err != nil {
					failed.CompareAndSwap(nil, &err)
					return
				}
				done.Add(units)
			}
		})
	}
	all.Wait()
	took := time.Since(started)
	if e := failed.Load(); e != nil {
		return 0, 0, *e
	}
	after, err := p.proc.spent()
	units := float64(done.Load())
	return units / took.Seconds(), float64(after.CPU-before.CPU) / units, err
}

var (
	chatRequest   = []byte(`{"model":"gpt-5.6","messages":[{"role":"user","content":"` + string(bytes.Repeat([]byte("say hi "), 280)) + `"}]}`)
	streamRequest = []byte(`{"model":"claude-opus-5","stream":true,"max_tokens":64,"messages":[{"role":"user","content":"say hi"}]}`)
)

func (p *path) post(ctx context.Context, c *http.Client, kind string, body []byte) (*http.Response, error) {
	host, endpoint := "https://api.anthropic.com", "/v1/messages"
	switch kind {
	case kindSilent:
		host = "https://" + h2Host
	case kindJSON:
		host, endpoint = "https://api.openai.com", "/v1/chat/completions"
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, host+endpoint, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set(kindHeader, kind)
	resp, err := c.Do(r)
	if err == nil && resp.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 500)) // only for the message
		resp.Body.Close()
		err = fmt.Errorf("%s: %s", resp.Status, text)
	}
	return resp, err
}

func (p *path) exchange(ctx context.Context, c *http.Client) (int64, error) {
	resp, err := p.post(ctx, c, kindJSON, chatRequest)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return 1, err
}

func (p *path) measureJSON(ctx context.Context, slot time.Duration) error {
	rate, cpu, err := p.workload(ctx, 16, slot, func(ctx context.Context) (int64, error) { return p.exchange(ctx, p.client) })
	p.jsonRate, p.jsonCPU = append(p.jsonRate, rate), append(p.jsonCPU, cpu)
	return err
}

func (p *path) measureConnections(ctx context.Context, slot time.Duration) error {
	rate, _, err := p.workload(ctx, 4, slot, func(ctx context.Context) (int64, error) {
		newcomer := p.dress()
		defer newcomer.CloseIdleConnections()
		return p.exchange(ctx, newcomer)
	})
	p.connRate = append(p.connRate, rate)
	return err
}

// events reads a stream to its end and gives each event to see.
func (p *path) events(ctx context.Context, kind string, see func(line []byte)) (int64, error) {
	resp, err := p.post(ctx, p.client, kind, streamRequest)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	var n int64
	lines := bufio.NewReaderSize(resp.Body, 64<<10)
	for {
		line, err := lines.ReadSlice('\n')
		if bytes.HasPrefix(line, []byte("data:")) {
			n++
			if see != nil {
				see(line)
			}
		}
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return n, err
		}
	}
}

func (p *path) measureFlood(ctx context.Context, slot time.Duration) error {
	rate, cpu, err := p.workload(ctx, 4, slot, func(ctx context.Context) (int64, error) { return p.events(ctx, kindFlood, nil) })
	p.eventRate, p.eventCPU = append(p.eventRate, rate), append(p.eventCPU, cpu)
	return err
}

// measurePace reads streams of 100 events a second, as models send them, and
// takes the delay of each from the time that it carries.
func (p *path) measurePace(ctx context.Context, slot time.Duration) error {
	var mu sync.Mutex
	var delays []time.Duration
	see := func(line []byte) {
		if sent, ok := sentAt(line); ok {
			delay := time.Since(sent)
			mu.Lock()
			delays = append(delays, delay)
			mu.Unlock()
		}
	}
	_, cpu, err := p.workload(ctx, 20, slot, func(ctx context.Context) (int64, error) { return p.events(ctx, kindPaced, see) })
	p.paceCPU, p.delay = append(p.paceCPU, cpu), append(p.delay, median(delays))
	return err
}

func (p *path) measureFirst(ctx context.Context) error {
	var took []time.Duration
	for range 50 {
		started := time.Now()
		resp, err := p.post(ctx, p.client, kindShort, streamRequest)
		if err != nil {
			return err
		}
		var one [1]byte
		_, err = io.ReadFull(resp.Body, one[:])
		took = append(took, time.Since(started))
		_, copyErr := io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		if err := errors.Join(err, copyErr); err != nil {
			return err
		}
	}
	p.first = append(p.first, median(took))
	return nil
}

const idleTime = 15 * time.Second

// measureIdle opens n streams that have sent their first event and then are
// silent, and looks after a while at what they hold.
func (p *path) measureIdle(ctx context.Context, n int) error {
	if p.proc == nil {
		return nil
	}
	ctx, leave := context.WithCancel(ctx)
	defer leave()
	p.client.CloseIdleConnections()
	before, err := p.proc.spent()
	if err != nil {
		return err
	}
	for range n {
		resp, err := p.post(ctx, p.client, kindSilent, streamRequest)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		var one [1]byte
		if _, err := io.ReadFull(resp.Body, one[:]); err != nil {
			return err
		}
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(idleTime):
	}
	after, err := p.proc.spent()
	p.perIdle = (after.RSS - before.RSS) / int64(n)
	return err
}
