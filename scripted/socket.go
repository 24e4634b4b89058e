package scripted

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/coder/websocket"

	"github.com/wiremeter/wiremeter/usage"
)

// Sockets says how to speak over WebSockets.
type Sockets int

const (
	NoSockets       Sockets = iota // refuse them, so that agents fall back to plain requests
	PlainSockets                   // without compression
	DeflatedSockets                // each message compressed by itself, if the agent offers it
	ContextSockets                 // each message compressed with the ones before it, likewise
)

var compressions = map[Sockets]websocket.CompressionMode{
	PlainSockets: websocket.CompressionDisabled, DeflatedSockets: websocket.CompressionNoContextTakeover, ContextSockets: websocket.CompressionContextTakeover,
}

// socketRequest is how an agent asks for a response. Generate is false when a
// cache is only to be filled.
type socketRequest struct {
	Type     string `json:"type"`
	Model    string `json:"model"`
	Generate *bool  `json:"generate"`
}

// converse answers on a WebSocket until the agent has gone, or the script cuts
// it.
func (p *Provider) converse(w http.ResponseWriter, r *http.Request) {
	c, err := websocket.Accept(w, r, &websocket.AcceptOptions{CompressionMode: compressions[p.sockets], CompressionThreshold: 1})
	if err != nil {
		return // it has been answered
	}
	defer func() { _ = c.CloseNow() }() // most have ended
	c.SetReadLimit(64 << 20)
	for {
		_, body, err := c.Read(r.Context())
		if err != nil {
			return // the agent has gone, which is part of the play
		}
		var q socketRequest
		if json.Unmarshal(body, &q) != nil || q.Type != "response.create" {
			continue
		}
		if !p.reply(c, r, q, body) {
			return
		}
	}
}

// reply plays one response. It reports whether the connection is still good.
func (p *Provider) reply(c *websocket.Conn, r *http.Request, q socketRequest, body []byte) bool {
	call := Call{Dialect: responses.name, Model: q.Model, IsStream: true, IsSocket: true, Request: r, Body: body}
	call.IsPrewarm = q.Generate != nil && !*q.Generate
	script := p.script(&call)
	y := &reply{Call: call, Script: script, dialect: &responses, bill: responses.bills(int64(call.Number)), path: r.URL.Path, wantsUsage: true}
	y.id = fmt.Sprintf(y.bill.idForm, call.Number)
	if call.IsPrewarm {
		y.bill.tokens.Output, y.bill.tokens.Reasoning = new(int64), new(int64)
	}
	if y.Refuse != 0 {
		p.enter(y.entry(y.Refuse, usage.Failed))
		return y.say(c, []event{y.socketFault(y.Refuse)})
	}
	events := responses.event(y)
	outcome := y.cut(&events)
	p.enter(y.entry(http.StatusOK, outcome))
	if outcome == usage.Failed {
		events = append(events, y.socketFault(http.StatusOK))
	}
	return y.say(c, events) && !y.isCut
}

// socketFault is an error as a message, with the status that it would have had.
func (y *reply) socketFault(status int) event {
	f := faultOf(status, y.complaint())
	f["status"] = status
	return event{data: encode(f)}
}

// say sends the events, each as a message.
func (y *reply) say(c *websocket.Conn, events []event) bool {
	for _, e := range events {
		if y.Drip > 0 && !y.pause() {
			return false
		}
		if !y.sayOne(c, e.data) {
			return false
		}
	}
	return true
}

// sayOne sends a message, in fragments of the script's size.
func (y *reply) sayOne(c *websocket.Conn, text []byte) bool {
	w, err := c.Writer(y.Request.Context(), websocket.MessageText)
	if err != nil {
		return false
	}
	size := len(text)
	if y.Chop > 0 {
		size = min(size, y.Chop)
	}
	for len(text) > 0 {
		n := min(size, len(text))
		if _, err := w.Write(text[:n]); err != nil {
			return false
		}
		text = text[n:]
	}
	return w.Close() == nil
}
