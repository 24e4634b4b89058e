package dialect

// Anthropic's messages. input_tokens excludes what was read from and written to
// a cache, so that the counts are copied; output_tokens includes thinking.
//
// A stream states usage twice. message_start has all of the input and a
// placeholder for the output, which is never taken. message_delta has totals of
// the whole message which overwrite those of the start, up or down; what does
// not apply is left out. Some servers put zeros where they know nothing:
// messageUsage.overwrite tells them from real ones.
//
// Usage.iterations lists the model calls of one message. The message's own
// counts leave out those that compacted the context, that asked an advisor
// model, or that were declined before a fallback model answered: these become
// parts. The model that answered then stands in a content block.
//
// Gateways add what a response cost to its usage object; opencode's says it in a
// ping that follows the stream's end.
//
// Raw is the usage object. Of a stream it is an object whose members
// message_start and message_delta are the last such usage objects.

import (
	"github.com/tidwall/gjson"

	"github.com/wiremeter/wiremeter/parsers/framing"
	"github.com/wiremeter/wiremeter/usage"
)

type messages struct {
	o       Options
	isBegun bool
	isEnded bool
	resp    usage.Response
	earlier []usage.Part // messages of the same stream that ended before

	said       messageUsage
	rawStart   []byte
	rawDelta   []byte
	rawCopilot []byte
	cost       *int64 // that a ping told
}

func newMessages(o Options) Meter { return &messages{o: o} }

var messageEvents = map[string]func(*messages, gjson.Result){
	"message_start":       (*messages).start,
	"content_block_start": (*messages).block,
	"message_delta":       (*messages).delta,
	"message_stop":        (*messages).stop,
	"ping":                (*messages).ping,
	"error":               (*messages).fail,
}

func (m *messages) Observe(f framing.Frame) (usage.Response, bool) {
	if !m.o.IsStream {
		return m.document(f)
	}
	read, ok := messageEvents[string(typeOf(f))]
	if !ok {
		return usage.Response{}, false // text, nearly always
	}
	root, ok := parse(f)
	if !ok {
		return usage.Response{}, false
	}
	read(m, root)
	if !m.isEnded {
		return usage.Response{}, false
	}
	return m.response(), true
}

func (m *messages) Partial() (usage.Response, bool) {
	return m.response(), m.isBegun && !m.isEnded
}

func (m *messages) document(f framing.Frame) (usage.Response, bool) {
	root, ok := parse(f)
	if !ok {
		return usage.Response{}, false
	}
	m.isBegun, m.isEnded = true, true
	u := m.head(root)
	m.said, m.rawStart = readMessageUsage(u), verbatim(u)
	m.takeAccount(last(root, "copilot_usage"))
	return m.response(), true
}

// head takes what a message says beside its usage, which it returns.
func (m *messages) head(message gjson.Result) (said gjson.Result) {
	var id, model, stop, content, failure gjson.Result
	message.ForEach(func(key, v gjson.Result) bool {
		switch key.Str {
		case "id":
			id = v
		case "model":
			model = v
		case "stop_reason":
			stop = v
		case "content":
			content = v
		case "usage":
			said = v
		case "error":
			failure = v
		}
		return true
	})
	keepLast(&m.resp.ID, word(id))
	keepLast(&m.resp.Model, word(model))
	keepLast(&m.resp.StopReason, word(stop))
	keepLast(&m.resp.Error, errorType(failure))
	content.ForEach(func(_, block gjson.Result) bool {
		m.served(block)
		return true
	})
	return said
}

// served takes the model from the content block that tells of a fallback.
func (m *messages) served(block gjson.Result) {
	if block.Get("type").Str == "fallback" { // last would unescape the text of all others
		keepLast(&m.resp.Model, word(last(last(block, "to"), "model")))
	}
}

// start begins a message. Streams were seen with a second one: the same once
// more, or another in place of one that had not ended.
func (m *messages) start(root gjson.Result) {
	message := last(root, "message")
	if id := word(last(message, "id")); id != m.resp.ID && m.isBegun {
		m.next()
	}
	m.isBegun = true
	u := m.head(message)
	said := readMessageUsage(u)
	said.output, said.thinking = nil, nil // a placeholder
	if m.rawDelta == nil {
		m.said = said
	}
	m.rawStart = verbatim(u)
}

// next makes room for another message in the same stream.
func (m *messages) next() {
	if m.isEnded && m.resp.Error == "" {
		r := m.response()
		m.earlier = append(r.Parts, usage.Part{Role: "message", Model: r.Model, Tokens: r.Tokens})
	}
	*m = messages{o: m.o, earlier: m.earlier}
}

func (m *messages) block(root gjson.Result) {
	m.served(last(root, "content_block"))
}

func (m *messages) delta(root gjson.Result) {
	m.isBegun = true
	keepLast(&m.resp.StopReason, word(last(last(root, "delta"), "stop_reason")))
	u := last(root, "usage")
	if !u.IsObject() {
		return
	}
	m.said = m.said.overwrite(readMessageUsage(u))
	m.rawDelta = verbatim(u)
	m.takeAccount(last(root, "copilot_usage"))
}

// takeAccount keeps what Copilot adds, and takes only the cost from it.
func (m *messages) takeAccount(u gjson.Result) {
	m.rawCopilot = verbatim(u)
	m.keepCost(money(last(u, "total_nano_aiu"), inNanoAIU))
}

func (m *messages) ping(root gjson.Result) { m.keepCost(money(last(root, "cost"), inDollars)) }

func (m *messages) keepCost(n *int64) {
	if n != nil {
		m.cost = n
	}
}

func (m *messages) stop(gjson.Result) { m.isEnded = m.isBegun }

func (m *messages) fail(root gjson.Result) {
	m.isBegun, m.isEnded = true, true
	m.resp.Error = errorType(last(root, "error"))
	keepFirst(&m.resp.Error, "error")
}

func (m *messages) response() usage.Response {
	resp := m.resp
	m.said.apply(&resp)
	resp.Speed, resp.Geo = speed(m.said.speed), geo(m.said.geo)
	if m.cost != nil {
		resp.ReportedCost = m.cost
	}
	resp.Tokens, resp.IsDoubtful = m.said.tokens(m.o.CacheTTL)
	resp.Parts = append(m.earlier[:len(m.earlier):len(m.earlier)], m.said.parts(resp.Model, m.o.CacheTTL)...)
	resp.Raw = m.raw()
	return resp
}

func (m *messages) raw() []byte {
	copilot := member{"copilot_usage", m.rawCopilot}
	switch {
	case m.o.IsStream:
		return object(member{"message_start", m.rawStart}, member{"message_delta", m.rawDelta}, copilot)
	case m.rawCopilot != nil:
		return object(member{"usage", m.rawStart}, copilot)
	}
	return m.rawStart
}
