package scripted

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/wiremeter/wiremeter/usage"
)

// Hosts are the names that the provider answers under: those of providers, and
// those of services that some agents do not start without.
var Hosts = []string{
	"api.anthropic.com", "api.openai.com", "chatgpt.com", "generativelanguage.googleapis.com", "cloudcode-pa.googleapis.com",
	"bedrock-runtime.us-east-1.amazonaws.com",
	"api2.cursor.sh", "api.cursor.com",
	"llm.acme.example", // nobody's, for what a configuration adds
	"api.individual.githubcopilot.com", "api.moonshot.ai", "api.x.ai", "dashscope.aliyuncs.com",
	"api.github.com", "api.factory.ai", "scripted.api.augmentcode.com", "api.cline.bot", "api.kilo.ai", "ampcode.com",
}

// Options says how to serve. The zero value speaks HTTP/1.1 and HTTP/2 and
// answers everything at once.
type Options struct {
	HTTP1Only bool
	Sockets   Sockets
	Scenario  Scenario // nil: every call gets the zero Script
}

// Scenario chooses the script of a call. It may be called from many goroutines.
type Scenario func(Call) Script

// Call is one request that would be billed.
type Call struct {
	Number   int // from 1, over all calls
	Dialect  string
	Model    string
	IsStream bool

	IsSocket  bool // asked for on a WebSocket
	IsPrewarm bool // to fill a cache: nothing is generated

	Request *http.Request // its body is read already; that of a socket's handshake
	Body    []byte        // decoded
}

// Script says how a call is answered. Its zero value answers well, at once and
// uncoded.
type Script struct {
	Coding     string        // content coding to use if the agent accepts it
	Drip       time.Duration // pause before each event of a stream
	Chop       int           // bytes a write, each flushed; 0: whole events
	CutAfter   int           // reset the connection after so many events of a stream; 0, or as many as it has: never
	HangAfter  int           // say no more after so many events of a stream, until the agent hangs up; likewise
	ErrorAfter int           // send the dialect's error after so many events of a stream; likewise
	Refuse     int           // answer with this status and the dialect's error; 0: do not
	NoUsage    bool          // say nothing of usage
	Text       string        // what to say, or what an error says; "" is "hi", or "so says the script"
	Cookie     string        // a Set-Cookie header; "": none
	Tool       *Tool         // ask for a tool's use in place of saying something
}

// Tool is a call that the model makes.
type Tool struct{ Name, Input string } // Input is a JSON object

// Entry is what the provider knows of one call: what its record must say.
type Entry struct {
	Number    int
	Host      string
	Path      string
	Dialect   string
	IsStream  bool
	IsSocket  bool
	IsPrewarm bool
	Proto     string // HTTP/1.1 or HTTP/2.0
	Status    int
	Outcome   usage.Outcome
	Response  usage.Response // without Raw
}

// Provider is a running scripted provider. Its methods may be called from any
// goroutine.
type Provider struct {
	listener net.Listener
	server   *http.Server
	sockets  Sockets
	caPEM    []byte
	served   chan error

	mu       sync.Mutex
	scenario Scenario
	calls    int
	ledger   []Entry
	pending  map[string]*reply      // background responses, by id
	halves   map[string]*cursorHalf // of turns over HTTP/1.1, by the request's id
	runs     map[string]*cursorRun  // of agents in the cloud
	models   map[string]string      // of these agents
	stated   []byte                 // the dashboard's list of Cursor's turns
}

// Open starts a provider on a free port of loopback. Close it.
func Open(o Options) (*Provider, error) {
	caPEM, leaf, err := newCertificate(Hosts)
	if err != nil {
		return nil, fmt.Errorf("make the scripted provider's certificate: %w", err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // a port of loopback is there at once
	if err != nil {
		return nil, fmt.Errorf("open the scripted provider: %w", err)
	}
	p := &Provider{listener: l, caPEM: caPEM, sockets: o.Sockets, scenario: o.Scenario, served: make(chan error, 1), pending: make(map[string]*reply), halves: make(map[string]*cursorHalf)}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(!o.HTTP1Only)
	p.server = &http.Server{
		Handler:   p.handler(),
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{leaf}},
		Protocols: protocols,
		ErrorLog:  quiet,
	}
	go func() { p.served <- p.server.ServeTLS(l, "", "") }()
	return p, nil
}

// Addr is host:port on loopback.
func (p *Provider) Addr() string { return p.listener.Addr().String() }

// CAPEM is the authority that the provider's certificate is of.
func (p *Provider) CAPEM() []byte { return slices.Clone(p.caPEM) }

// ConnectTo is a HOST:443:ADDR for every host, as wiremeter's --connect-to and
// curl's take it.
func (p *Provider) ConnectTo() []string {
	var all []string
	for _, h := range Hosts {
		all = append(all, h+":443:"+p.Addr())
	}
	return all
}

// Play changes the scenario for the calls to come.
func (p *Provider) Play(s Scenario) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.scenario = s
}

// Ledger returns what was billed, refused and cut so far, in the order of the
// calls.
func (p *Provider) Ledger() []Entry {
	p.mu.Lock()
	defer p.mu.Unlock()
	sorted := slices.Clone(p.ledger)
	slices.SortFunc(sorted, func(a, b Entry) int { return a.Number - b.Number })
	return sorted
}

// Close cuts what is under way and ends the provider.
func (p *Provider) Close() error {
	err := p.server.Close()
	if served := <-p.served; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}

func (p *Provider) script(c *Call) Script {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls++
	c.Number = p.calls
	if p.scenario == nil {
		return Script{}
	}
	return p.scenario(*c)
}

func (p *Provider) enter(e Entry) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ledger = append(p.ledger, e)
}
