package usage

import "time"

// Exchange is the head of one HTTP request and response, or of one WebSocket
// connection, as a front saw it. It is read-only once made.
type Exchange struct {
	StartedAt time.Time
	Front     Front
	Run       string // the user name of the proxy credentials; empty without
	Transport Transport
	Method    string
	Host      string // lower case, without a port
	Path      string // decoded, without the query
	Header    Header // the request's
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
