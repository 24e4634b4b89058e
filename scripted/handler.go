package scripted

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"regexp"
	"strings"

	"github.com/wiremeter/wiremeter/usage"
)

// quiet: an agent that hangs up is part of the play.
var quiet = log.New(io.Discard, "", 0)

// dialect is one wire format. Its functions make what stands in a reply.
type dialect struct {
	name  string
	path  *regexp.Regexp // of the calls that are billed; a group names the model
	bills func(n int64) bill
	whole func(*reply) any                     // the body of a response that is not streamed
	event func(*reply) []event                 // the events of one that is
	fault func(status int, message string) any // the body, or the event, of an error

	// known is what a stream that ends after reply.sent of reply.total events
	// has said of the bill; true if that is the whole response.
	known func(*reply) (bill, bool)

	wire   wire                      // of a stream; zero: server-sent events
	errors map[int]string            // what an error of a status is called; nil: errorType
	dress  func(*reply, http.Header) // adds to the head of a response; nil: nothing
}

var dialects = []*dialect{&messages, &chat, &responses, &generate, &invoke, &augment}

func (d *dialect) errorOf(status int) string {
	if d.errors != nil {
		return d.errors[status]
	}
	return errorType[status]
}

type requestBody struct {
	Model      string `json:"model"`
	Stream     bool   `json:"stream"`
	Background bool   `json:"background"`
	Options    struct {
		IncludeUsage bool `json:"include_usage"`
	} `json:"stream_options"`
	Usage struct { // as OpenRouter is asked for it
		Include bool `json:"include"`
	} `json:"usage"`
}

func (p *Provider) handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p.cursor(w, r) {
			return
		}
		body, err := readBody(r)
		if err != nil {
			answer(w, http.StatusBadRequest, map[string]any{"error": map[string]any{"type": "invalid_request_error", "message": err.Error()}})
			return
		}
		if d, model := find(r); d != nil {
			p.bill(w, r, d, model, body)
			return
		}
		p.aside(w, r)
	})
}

func find(r *http.Request) (*dialect, string) {
	if r.Method != http.MethodPost {
		return nil, ""
	}
	for _, d := range dialects {
		if m := d.path.FindStringSubmatch(r.URL.Path); m != nil {
			return d, strings.Join(m[1:], "")
		}
	}
	return nil, ""
}

var isStreamPath = regexp.MustCompile(`:stream|-stream$`)

// bill answers a call that costs tokens.
func (p *Provider) bill(w http.ResponseWriter, r *http.Request, d *dialect, model string, body []byte) {
	var q requestBody
	if err := json.Unmarshal(body, &q); err != nil {
		answer(w, http.StatusBadRequest, d.fault(http.StatusBadRequest, soSaysTheScript))
		return
	}
	if q.Model == "" {
		q.Model = model
	}
	call := Call{Dialect: d.name, Model: q.Model, IsStream: q.Stream || isStreamPath.MatchString(r.URL.Path), Request: r, Body: body}
	script := p.script(&call)
	y := &reply{
		Call: call, Script: script, dialect: d, bill: d.bills(int64(call.Number)), path: r.URL.Path,
		wrapped: strings.HasPrefix(r.URL.Path, "/v1internal"), wantsUsage: !call.IsStream || d != &chat || q.Options.IncludeUsage || q.Usage.Include,
	}
	if y.bill.idForm != "" {
		y.id = fmt.Sprintf(y.bill.idForm, call.Number)
	}
	p.perform(w, y, q.Background)
}

func (p *Provider) perform(w http.ResponseWriter, y *reply, isBackground bool) {
	w.Header().Set("Request-Id", fmt.Sprintf("req_%d", y.Number))
	if y.Cookie != "" {
		w.Header().Set("Set-Cookie", y.Cookie)
	}
	if y.dialect.dress != nil {
		y.dialect.dress(y, w.Header())
	}
	switch {
	case y.Refuse != 0:
		p.enter(y.entry(y.Refuse, usage.Failed))
		if y.Refuse == http.StatusTooManyRequests || y.Refuse == 529 {
			w.Header().Set("Retry-After", "0")
		}
		answer(w, y.Refuse, y.dialect.fault(y.Refuse, y.complaint()))
	case isBackground && !y.IsStream:
		p.mu.Lock()
		p.pending[y.id] = y
		p.mu.Unlock()
		answer(w, http.StatusOK, map[string]any{"id": y.id, "object": "response", "status": "queued", "model": y.Model, "background": true, "output": []any{}, "usage": nil})
	case y.IsStream:
		p.stream(w, y)
	default:
		outcome := usage.Metered
		if !y.saysUsage() {
			outcome = usage.NoUsage
		}
		p.enter(y.entry(http.StatusOK, outcome))
		y.send(w, "application/json", []event{{data: encode(y.dialect.whole(y))}})
	}
}

// entry is the ledger's line for a reply that ends like this.
func (y *reply) entry(status int, outcome usage.Outcome) Entry {
	e := Entry{
		Number: y.Number, Host: y.Request.Host, Path: y.path, Dialect: y.dialect.name, IsStream: y.IsStream && status == http.StatusOK,
		IsSocket: y.IsSocket, IsPrewarm: y.IsPrewarm, Proto: y.Request.Proto, Status: status, Outcome: outcome,
	}
	said := y.bill
	switch outcome {
	case usage.Failed:
		e.Response.Error = y.dialect.errorOf(status)
		if status != http.StatusOK {
			return e
		}
		said, _ = y.dialect.known(y)
	case usage.Interrupted:
		said, _ = y.dialect.known(y)
	}
	if !y.saysUsage() {
		said = bill{}
	}
	e.Response.ID, e.Response.Model, e.Response.Tokens = y.id, y.Model, said.tokens
	return e
}

func answer(w http.ResponseWriter, status int, body any) {
	text := encode(body)
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", fmt.Sprint(len(text)))
	w.WriteHeader(status)
	_, _ = w.Write(text) // an agent that hangs up is part of the play
}

func encode(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic("scripted: " + err.Error()) // our own literals do marshal
	}
	return text
}
