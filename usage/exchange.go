package usage

import (
	"net/netip"
	"time"
)

// Exchange is the head of one HTTP request and response, or of one WebSocket
// connection, as a front saw it. It is read-only once made.
type Exchange struct {
	StartedAt time.Time
	Front     Front
	Run       string // the user name of the proxy credentials; empty without
	Labels    string // their password, or the labels of a base URL: "team=payments,project=x"; it can be another program's secret
	Conn      Conn
	Transport Transport
	Method    string
	Host      string // lower case, without a port
	Port      string // empty: the scheme's own
	Prefix    string // of the reverse front, as in "/anthropic"; empty on other fronts
	Path      string // decoded, without the query
	Header    Header // the request's
}

// Conn is the agent's connection to a front.
type Conn struct {
	ID    uint64         // unique as long as wiremeter runs; 0: unknown
	Agent netip.AddrPort // the agent's end
	Front netip.AddrPort // wiremeter's
}

// Header holds the fields of an HTTP message under their canonical names. It
// has the layout of net/http.Header and converts to it.
type Header map[string][]string

// First returns the first value of the field with this canonical name, or "".
func (h Header) First(canonical string) string {
	if v := h[canonical]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// Fault says in a fixed word why an exchange ended before its natural end. It
// is an error so that it can travel as one.
type Fault string

const (
	AgentGone           Fault = "agent_gone"           // the agent hung up
	Stopped             Fault = "stopped"              // wiremeter was stopped and could wait no longer
	UpstreamUnreachable Fault = "upstream_unreachable" // no connection to the provider
	UpstreamCertificate Fault = "upstream_certificate" // the provider's certificate did not verify
	UpstreamCut         Fault = "upstream_cut"         // the provider's side ended in the middle
	NotSent             Fault = "not_sent"             // the request could not be sent on as it was
	Misdirected         Fault = "misdirected"          // the request named another host than its connection
)

func (f Fault) Error() string { return string(f) }
