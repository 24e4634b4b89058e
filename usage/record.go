package usage

import "time"

// Record is one row: everything that is kept of one exchange with a provider.
// It holds no content, no credential, and no query string. An empty string, a
// zero time or duration, a zero Status and a nil count mean unknown.
type Record struct {
	ID        string // a ULID: unique, and sorted by StartedAt
	StartedAt time.Time
	Outcome   Outcome
	Reason    string // why the outcome is not Metered: a fixed word or a provider's error type, never content

	Front     Front
	Provider  string
	Dialect   string
	Host      string // without a port
	Path      string // decoded, without the query
	Status    int
	Streamed  bool
	Transport Transport // the agent's leg
	Kind      Kind

	Attribution

	ModelRequested string
	Response              // what the provider's response said
	RequestID      string // the id of the request: the provider's from a response header, or the agent's own where the provider keeps to that
	Retries        *int64 // how often the agent had tried the same before, as it says itself; nil: it does not say
	GroupID        string // the same in all attempts at one request, as the agent says

	TTFT          time.Duration // from the request's first byte to the response body's first byte
	Duration      time.Duration // from the request's first byte to the end of the exchange
	RequestBytes  int64         // body bytes as on the wire, after coding
	ResponseBytes int64

	Hop           Hop
	IsFetch       bool // a GET that shows a response again: counts only if ID was not recorded yet
	ParserVersion int
}

// Tally counts exchanges that leave no record of their own: those that were
// not billable, those that were tunnelled, and those whose record was lost.
type Tally struct {
	At            time.Time
	Outcome       Outcome // NotBillable, Tunnelled or Lost
	Provider      string  // empty for a host that is no provider's
	Host          string
	Reason        string // why: count_tokens, no_provider, certificate_refused, queue_full …
	Run           string // the run's name, from the proxy credentials; empty without
	Count         int64
	RequestBytes  int64
	ResponseBytes int64
}

// Outcome is the class in which an exchange ended. Every exchange ends in
// exactly one.
type Outcome string

const (
	Metered     Outcome = "metered"      // the provider's usage was read
	Interrupted Outcome = "interrupted"  // cut before its end; counts are what was said until then
	NoUsage     Outcome = "no_usage"     // billable and complete, but the provider sent no usage
	Unparsed    Outcome = "unparsed"     // billable, but the response could not be read
	Failed      Outcome = "failed"       // status 400 or above, an error in the stream, or no response at all
	NotBillable Outcome = "not_billable" // a provider's host, but nothing that costs tokens; tallied only
	Tunnelled   Outcome = "tunnelled"    // passed on undecrypted; tallied only
	Lost        Outcome = "lost"         // billable, but its record could not be stored; tallied only
)

// Outcomes lists every class, in the order of a coverage.
var Outcomes = []Outcome{Metered, Interrupted, NoUsage, Unparsed, Failed, NotBillable, Tunnelled, Lost}

// Front is the way by which an exchange came in.
type Front string

const (
	Forward  Front = "forward" // HTTPS_PROXY
	Reverse  Front = "reverse" // a base URL
	FromHook Front = "hook"    // no exchange: an agent's own hook told of it
)

// Transport is the protocol that the agent spoke.
type Transport string

const (
	HTTP1     Transport = "h1"
	HTTP2     Transport = "h2"
	WebSocket Transport = "ws"
)

// Kind tells what an exchange was for.
type Kind string

const (
	Model      Kind = "model"
	Prewarm    Kind = "prewarm" // fills a cache ahead of a turn; kept, but not in totals
	Compact    Kind = "compact"
	Embed      Kind = "embed"
	Completion Kind = "completion" // legacy text completion
	Image      Kind = "image"      // pictures made or changed
	Audio      Kind = "audio"      // speech made, or put into words
)

// Hop tells which part of a request's way an exchange was.
type Hop string

// Gateway is the way to a gateway that asked the provider through wiremeter,
// too: the tokens are the other exchange's. It is kept, but not in totals.
const Gateway Hop = "gateway"
