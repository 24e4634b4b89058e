package proxy

import (
	"cmp"
	"net/http"
	"net/url"
	"strings"

	"github.com/wiremeter/wiremeter/usage"
)

// reverse is the front for agents that take a base URL: the first elements of the
// request's path name the origin. Before them may stand labels, as there are no
// proxy credentials to hold them: /l/team=payments/anthropic/v1/messages.
type reverse struct {
	relay    *relay
	origins  map[string]*url.URL // by prefix; one may have a path, for what is below it
	depth    int                 // the most elements of a prefix
	fallback http.Handler
}

func newReverse(y *relay, o Options) *reverse {
	v := &reverse{relay: y, origins: make(map[string]*url.URL), fallback: o.Fallback}
	for prefix, origin := range o.Prefixes {
		u, err := url.Parse(origin)
		if err != nil {
			panic("proxy: origin of " + prefix + ": " + err.Error()) // a table of ours is wrong
		}
		v.origins[prefix] = u
		v.depth = max(v.depth, strings.Count(prefix, "/"))
	}
	return v
}

// labelled is the path element before labels.
const labelled = "/l/"

func (v *reverse) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	caller := callerOf(r)
	whole := r.URL.EscapedPath() // signed requests need their %3A as it was
	if rest, ok := strings.CutPrefix(whole, labelled); ok {
		caller.labels, rest, _ = strings.Cut(rest, "/")
		whole = "/" + rest
	}
	prefix := v.prefix(whole)
	if prefix == "" {
		v.fallback.ServeHTTP(w, r)
		return
	}
	origin := v.origins[prefix]
	path, err := url.ParseRequestURI(cmp.Or(origin.EscapedPath()+whole[len(prefix):], "/"))
	if err != nil {
		reply(w, http.StatusBadRequest, "the path below "+prefix+" cannot be read: "+err.Error())
		return
	}
	path.RawQuery, path.ForceQuery = r.URL.RawQuery, r.URL.ForceQuery
	v.relay.serve(w, r, &passage{front: usage.Reverse, scheme: origin.Scheme, host: origin.Host, prefix: prefix, path: path, caller: caller})
}

// prefix is the longest one that the path begins with, or "".
func (v *reverse) prefix(path string) (longest string) {
	for at, depth := 0, 0; at < len(path) && depth < v.depth; depth++ {
		next := strings.IndexByte(path[at+1:], '/')
		if at += 1 + next; next < 0 {
			at = len(path)
		}
		if v.origins[path[:at]] != nil {
			longest = path[:at]
		}
	}
	return longest
}
