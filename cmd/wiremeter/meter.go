package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"github.com/wiremeter/wiremeter/capture"
	"github.com/wiremeter/wiremeter/certs"
	"github.com/wiremeter/wiremeter/parsers"
	"github.com/wiremeter/wiremeter/place"
	"github.com/wiremeter/wiremeter/proxy"
	"github.com/wiremeter/wiremeter/store"
	"github.com/wiremeter/wiremeter/store/sqlite"
	"github.com/wiremeter/wiremeter/usage"
)

// meter is the whole machine, put together: the way of the data from the
// agents' port to the database.
type meter struct {
	house    *house
	listener net.Listener
	log      zerolog.Logger

	authority *certs.Authority
	db        database
	recorder  *store.Recorder
	capture   *capture.Capture
	proxy     *proxy.Proxy
	served    chan error
	ended     atomic.Int64 // of what the proxy has seen
}

// database is where records end.
type database interface {
	store.Sink
	io.Closer
	State(context.Context, []usage.Statement) error
}

// startMeter puts the machine together behind the listener, which it takes
// over, and starts it.
func startMeter(h *house, l net.Listener, up upstreamFlags, log zerolog.Logger) (*meter, error) {
	return startMeterOn(nil, h, l, up, log)
}

// startMeterOn is startMeter with a database of the caller's; nil: the house's.
func startMeterOn(db database, h *house, l net.Listener, up upstreamFlags, log zerolog.Logger) (*meter, error) {
	m := &meter{house: h, listener: l, log: log, db: db, served: make(chan error, 1)}
	if err := m.open(up.fill(h)); err != nil {
		l.Close()
		return nil, err
	}
	go func() { m.served <- m.proxy.Serve(l) }()
	return m, nil
}

func (m *meter) open(f upstreamFlags) error {
	upstream, err := f.upstream(context.Background(), m.house, m.addr())
	if err != nil {
		return err
	}
	if err := m.checkOrigins(); err != nil {
		return err
	}
	if m.authority, err = certs.OpenAuthority(m.house.authority(), m.house.known().Domains()); err != nil {
		return err
	}
	if missing := m.authority.Missing(m.house.known().Domains()); len(missing) > 0 {
		m.log.Warn().Str("hosts", some(missing)).Msg("the authority does not cover these hosts: they are tunnelled and not metered until `wiremeter ca renew`")
	}
	if m.db == nil {
		db, err := sqlite.Open(m.house.database())
		if err != nil {
			return err
		}
		m.db = db
	}
	m.recorder = store.NewRecorder(m.db, m.log)
	m.capture = capture.New(told{m.recorder, m.log}, m.log)
	m.capture.Providers = m.house.known()
	m.capture.State = func(all []usage.Statement) error { return m.db.State(context.Background(), all) }
	m.capture.Room = m.recorder.Room
	m.capture.Places, m.capture.Rules = place.NewFinder(m.house.runs()), m.house.rules
	m.proxy = proxy.New(proxy.Options{
		Begin:      func(x usage.Exchange) proxy.Tap { return counted{m.capture.Begin(x), &m.ended} },
		Tally:      m.tally,
		Intercepts: func(host string) bool { return m.house.known().IsProvider(host) && m.authority.Permits(host) },
		ServerTLS:  m.authority.ConfigFor,
		Prefixes:   prefixes(m.house.known()),
		Fallback:   http.HandlerFunc(m.answer),
		Upstream:   upstream,
		Log:        m.log,
	})
	return nil
}

// tally mends what the proxy cannot know: why a provider's host was not
// intercepted, and what can be a run's name.
func (m *meter) tally(t usage.Tally) {
	t.Run = capture.RunName(t.Run)
	if t.Reason == "no_provider" && m.house.known().IsProvider(t.Host) {
		t.Reason = "no_authority"
	}
	told{m.recorder, m.log}.Tally(t)
	m.ended.Add(1)
}

// checkOrigins: what a prefix of the configuration stands for must not be this
// wiremeter, which would ask itself for ever.
func (m *meter) checkOrigins() error {
	for prefix, origin := range prefixes(m.house.known()) {
		if addr, ok := strings.CutPrefix(origin, "http://"); ok && isSelf(context.Background(), addr, m.addr()) {
			return fmt.Errorf("%s: [[provider]] origin %s of %s leads to this wiremeter itself", m.house.path(configFile), origin, prefix)
		}
	}
	return nil
}

func prefixes(known *parsers.Providers) map[string]string {
	all := make(map[string]string)
	for _, p := range known.Prefixes() {
		all[p.Prefix] = p.Origin
	}
	return all
}

func prefixNames(known *parsers.Providers) []string { return slices.Sorted(maps.Keys(prefixes(known))) }

func (m *meter) addr() string { return m.listener.Addr().String() }

// close follows the data: the fronts stop, the relay drains until ctx is done,
// capture finishes, the recorder flushes, the database closes.
func (m *meter) close(ctx context.Context) error {
	return errors.Join(m.proxy.Shutdown(ctx), m.finish())
}

// finish closes what is right of the relay.
func (m *meter) finish() error {
	timeout := flushTimeout
	if p, ok := m.db.(*patient); ok && !p.isOpen() {
		timeout = lastTry
	}
	flush, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return errors.Join(m.capture.Wait(flush), <-m.served, m.recorder.Close(flush), m.db.Close())
}

const (
	flushTimeout = 10 * time.Second
	lastTry      = time.Second // where the database did not open all the while
)

// settle returns when all that has ended is in the database.
func (m *meter) settle(ctx context.Context) error {
	if err := m.capture.Wait(ctx); err != nil {
		return err
	}
	return m.recorder.Flush(ctx)
}

const (
	statusPath = "/wiremeter/status"
	settlePath = "/wiremeter/settle"
)

// status is what a running wiremeter says of itself.
type status struct {
	Addr string `json:"addr"`
	Home string `json:"home"`
	Seen int64  `json:"exchanges_seen"`
	Lost int64  `json:"records_lost"`
}

// answer is for requests that are meant for wiremeter itself.
func (m *meter) answer(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path == statusPath && r.Method == http.MethodGet:
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(status{Addr: m.addr(), Home: m.house.dir, Seen: m.proxy.Seen(), Lost: m.recorder.Lost()})
	case r.URL.Path == settlePath && r.Method == http.MethodPost:
		if err := m.settle(r.Context()); err != nil {
			http.Error(w, "wiremeter: "+err.Error(), http.StatusInternalServerError)
		}
	default:
		http.Error(w, fmt.Sprintf("wiremeter: nothing is at %s. This is a proxy: set HTTPS_PROXY to it, or use a base URL below one of: %s",
			r.URL.Path, strings.Join(prefixNames(m.house.known()), " ")), http.StatusNotFound)
	}
}
