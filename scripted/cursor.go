package scripted

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/wiremeter/wiremeter/usage"
)

// Cursor's agents, as @cursor/sdk 1.0.32 speaks to its provider: a turn is one
// exchange, whose halves are streams of envelopes. Over HTTP/1.1 the agent's
// half comes in requests of its own. A turn's input includes what a cache was
// read and written for; its counts come once, at its end.
var cursor = dialect{
	name: "cursor",
	bills: func(n int64) bill {
		return bill{"", usage.Tokens{
			Input: count(100 + n), CacheRead: count(1000 + 10*n), CacheWriteOther: count(50 + n), Output: count(40 + n), Reasoning: count(5 + n),
		}}
	},
	fault: func(status int, message string) any {
		return object{"code": cursorError(status), "message": message}
	},
	event: cursorEvents,
	known: func(y *reply) (bill, bool) {
		var deltas int64
		for _, e := range cursorEvents(y)[:y.sent] {
			switch e.name {
			case "ended":
				return y.bill, true
			case "delta":
				deltas += cursorDelta
			}
		}
		if deltas == 0 {
			return bill{}, false
		}
		return bill{tokens: usage.Tokens{Output: count(deltas)}}, false
	},
}

const cursorDelta = 3

func cursorError(status int) string {
	switch status {
	case http.StatusOK, http.StatusTooManyRequests:
		return "resource_exhausted"
	case http.StatusUnauthorized:
		return "unauthenticated"
	}
	return "unavailable"
}

// cursorEvents are the messages of a turn, agent.v1.AgentServerMessage by the
// numbers of its fields. Their names are the script's own.
func cursorEvents(y *reply) []event {
	update := func(name string, n protowire.Number, fields ...[]byte) event {
		return event{name, message(1, message(n, fields...))}
	}
	t := y.bill.tokens
	input := *t.Input + *t.CacheRead + *t.CacheWriteOther
	checkpoint := event{"checkpoint", message(3, message(5, varint(1, input), varint(2, 200_000)))}
	all := []event{
		update("heartbeat", 13),
		{"context", message(2, varint(1, 1), text(15, "exec-context"), message(10))},
		update("thinking", 4, text(1, "Let me think.")),
	}
	switch {
	case y.Tool == nil, y.Tool.Name == CursorHook:
	case y.Tool.Name == CursorSubagent:
		all = append(all, event{"tool", message(2, varint(1, cursorTool), text(15, "exec-tool"), cursorSubagent(y))})
	default:
		all = append(all,
			update("call", 2, text(1, "tool-1"), message(2, message(13, message(1, text(1, "."), text(3, "tool-1")))), text(3, "tool-1")),
			event{"tool", message(2, varint(1, cursorTool), text(15, "exec-tool"), message(8, text(1, "."), text(3, "tool-1")))})
	}
	for _, half := range split(y.text()) {
		all = append(all, update("text", 1, text(1, half)), update("delta", 8, varint(1, cursorDelta)))
	}
	ended := []byte(nil)
	if !y.NoUsage {
		for i, n := range []*int64{&input, t.Output, t.CacheRead, t.CacheWriteOther, t.Reasoning} {
			ended = append(ended, varint(protowire.Number(i+1), *n)...)
		}
	}
	all = append(all, checkpoint, update("ended", 14, ended))
	if y.Tool != nil && y.Tool.Name == CursorHook {
		all = append(all, event{"tool", message(2, varint(1, cursorTool), text(15, "exec-hook"), cursorStop(y, input))})
	}
	return append(all, checkpoint)
}

// CursorSubagent is the tool by which an agent starts another one, which takes a
// turn in a conversation of its own.
const CursorSubagent = "subagent"

func cursorSubagent(y *reply) []byte {
	conversation, _ := field(y.Body, 5)
	return message(28, text(1, "tool-1"), text(2, "explore"), text(3, CursorModel), text(4, "Look around."), message(9, conversation))
}

// CursorHook is no tool of a model's: at the end of a turn the agent is to tell the
// user's own hooks of it.
const CursorHook = "hook"

func cursorStop(y *reply, input int64) []byte {
	conversation, _ := field(y.Body, 5)
	t := y.bill.tokens
	return message(27, message(1, message(11,
		text(1, "completed"), message(3, conversation), message(4, conversation), text(5, y.Model),
		varint(8, input), varint(9, *t.Output), varint(10, *t.CacheRead), varint(11, *t.CacheWriteOther))))
}

// cursorTool is the number by which the agent's answer names the call.
const cursorTool = 10

func message(n protowire.Number, fields ...[]byte) []byte {
	var all []byte
	for _, f := range fields {
		all = append(all, f...)
	}
	return protowire.AppendBytes(protowire.AppendTag(nil, n, protowire.BytesType), all)
}

func text(n protowire.Number, s string) []byte { return message(n, []byte(s)) }

func varint(n protowire.Number, v int64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(nil, n, protowire.VarintType), uint64(v))
}

// field returns what stands at a path of fields, of bytes or a number; nil and
// 0 if nothing does.
func field(b []byte, path ...protowire.Number) ([]byte, uint64) {
	for len(b) > 0 {
		n, kind, size := protowire.ConsumeTag(b)
		if size < 0 {
			return nil, 0
		}
		b = b[size:]
		if n == path[0] && kind == protowire.VarintType {
			v, _ := protowire.ConsumeVarint(b)
			return nil, v
		}
		if n == path[0] && kind == protowire.BytesType {
			inner, _ := protowire.ConsumeBytes(b)
			if len(path) == 1 {
				return inner, 0
			}
			return field(inner, path[1:]...)
		}
		size = protowire.ConsumeFieldValue(n, kind, b)
		if size < 0 {
			return nil, 0
		}
		b = b[size:]
	}
	return nil, 0
}

// cursor answers what is meant for Cursor, and reports whether it was.
func (p *Provider) cursor(w http.ResponseWriter, r *http.Request) bool {
	if host := hostOf(r); host != "api2.cursor.sh" && host != "api.cursor.com" {
		return false
	}
	switch path := r.URL.Path; path {
	case "/agent.v1.AgentService/Run":
		p.run(w, r)
	case "/agent.v1.AgentService/RunSSE":
		p.runSSE(w, r)
	case "/aiserver.v1.BidiService/BidiAppend":
		p.bidiAppend(w, r)
	case "/auth/exchange_user_api_key":
		answer(w, http.StatusOK, object{"accessToken": cursorToken(), "refreshToken": cursorToken()})
	case "/v1/models":
		answer(w, http.StatusOK, object{"items": []any{object{"id": CursorModel, "displayName": "Scripted", "aliases": []any{}}}})
	case "/aiserver.v1.DashboardService/GetFilteredUsageEvents":
		p.mu.Lock()
		list := slices.Clone(p.stated)
		p.mu.Unlock()
		w.Header().Set("Content-Type", "application/proto")
		_, _ = w.Write(list) // fails when the agent has gone, which is part of the play
	case "/aiserver.v1.AnalyticsService/BootstrapStatsig", "/aiserver.v1.AnalyticsService/TrackEvents":
		answer(w, http.StatusOK, object{})
	default:
		if !strings.HasPrefix(path, "/aiserver.v1.") {
			return p.cloud(w, r)
		}
		// An empty message is one whose fields all have their defaults.
		w.Header().Set("Content-Type", "application/proto")
		w.WriteHeader(http.StatusOK)
	}
	return true
}

// hostOf is without the port, which Node names where it is given a connection.
func hostOf(r *http.Request) string { return strings.TrimSuffix(r.Host, ":443") }

// state puts a turn into the dashboard's list: its input is without what was
// cached, and writes stand before reads.
func (p *Provider) state(y *reply) {
	conversation, _ := field(y.Body, 5)
	t := y.bill.tokens
	event := message(3,
		varint(1, time.Now().UnixMilli()), text(2, y.Model), varint(3, 1),
		message(9, varint(1, *t.Input), varint(2, *t.Output), varint(3, *t.CacheWriteOther), varint(4, *t.CacheRead)),
		message(23, conversation))
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stated = append(p.stated, event...)
}

// CursorModel is the one model that Cursor's agents are offered.
const CursorModel = "scripted-1"

// cursorToken is a JSON web token that nobody has signed.
func cursorToken() string {
	part := func(o object) string { return base64.RawURLEncoding.EncodeToString(encode(o)) }
	return part(object{"alg": "none"}) + "." + part(object{"sub": "scripted", "exp": time.Now().Add(time.Hour).Unix()}) + ".c2lnbmF0dXJl"
}
