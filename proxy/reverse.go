package proxy

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/wiremeter/wiremeter/usage"
)

// reverse is the front for agents that take a base URL: the request's first
// path element names the origin. Before it may stand labels, as there are no
// proxy credentials to hold them: /l/team=payments/anthropic/v1/messages.
type reverse struct {
	relay    *relay
	origins  map[string]*url.URL
	fallback http.Handler
}

func newReverse(y *relay, o Options) *reverse {
	v := &reverse{relay: y, origins: make(map[string]*url.URL), fallback: o.Fallback}
	for prefix, origin := range o.Prefixes {
		u, err := url.Parse(origin)
		if err != nil {
			panic("proxy: origin of " + prefix + ": " + err.Error()) // a table of ours is wrong
		}
		v.origins[strings.TrimPrefix(prefix, "/")] = u
	}
	return v
}

// labelled is the path element before labels.
const labelled = "l"

func (v *reverse) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	caller := callerOf(r)
	prefix, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.EscapedPath(), "/"), "/")
	if prefix == labelled {
		caller.labels, rest, _ = strings.Cut(rest, "/")
		prefix, rest, _ = strings.Cut(rest, "/")
	}
	origin, ok := v.origins[prefix]
	if !ok {
		v.fallback.ServeHTTP(w, r)
		return
	}
	// Cut from the escaped path: signed requests need their %3A as it was.
	path, err := url.ParseRequestURI("/" + rest)
	if err != nil {
		reply(w, http.StatusBadRequest, "the path below /"+prefix+" cannot be read: "+err.Error())
		return
	}
	path.RawQuery, path.ForceQuery = r.URL.RawQuery, r.URL.ForceQuery
	v.relay.serve(w, r, &passage{front: usage.Reverse, scheme: origin.Scheme, host: origin.Host, prefix: "/" + prefix, path: path, caller: caller})
}
