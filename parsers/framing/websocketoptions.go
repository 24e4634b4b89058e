package framing

import (
	"strconv"
	"strings"
)

// WebSocketOptions is what was agreed for one direction of a WebSocket
// connection. The zero value is a direction without extensions.
type WebSocketOptions struct {
	Deflate           bool // messages may be compressed (RFC 7692)
	NoContextTakeover bool // and do not refer back to the ones before
	WindowBits        int  // how far they do: 2 to the power of 8 to 15 bytes; 0 is 15
}

const maxWindowBits = 15

func (o WebSocketOptions) window() int {
	if o.WindowBits == 0 {
		return 1 << maxWindowBits
	}
	return 1 << o.WindowBits
}

// ParseWebSocketExtensions reads the Sec-WebSocket-Extensions of the 101, its
// values joined by commas if there are several. Client is for what the client
// sends, server for what the server sends. An offer with a parameter that
// RFC 7692 does not know is passed over, as it must be refused (§7.1); the
// first good one counts.
func ParseWebSocketExtensions(header string) (client, server WebSocketOptions) {
	// No comma or semicolon can stand in a quoted value: RFC 6455 §9.1.
	for offer := range strings.SplitSeq(header, ",") {
		name, params, _ := strings.Cut(offer, ";")
		if strings.EqualFold(strings.TrimSpace(name), "permessage-deflate") {
			if c, s, ok := parseDeflate(params); ok {
				return c, s
			}
		}
	}
	return WebSocketOptions{}, WebSocketOptions{}
}

func parseDeflate(params string) (client, server WebSocketOptions, ok bool) {
	client = WebSocketOptions{Deflate: true, WindowBits: maxWindowBits}
	server, ok = client, true
	for param := range strings.SplitSeq(params, ";") {
		name, value, hasValue := strings.Cut(param, "=")
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "":
		case "client_no_context_takeover":
			client.NoContextTakeover = true
		case "server_no_context_takeover":
			server.NoContextTakeover = true
		case "client_max_window_bits":
			if hasValue { // an offer may name it without one: §7.1.2.2
				ok = ok && client.parseBits(value)
			}
		case "server_max_window_bits":
			ok = ok && server.parseBits(value)
		default:
			ok = false
		}
	}
	return client, server, ok
}

func (o *WebSocketOptions) parseBits(value string) bool {
	n, err := strconv.Atoi(strings.Trim(strings.TrimSpace(value), `"`))
	o.WindowBits = n
	return err == nil && n >= 8 && n <= maxWindowBits
}
