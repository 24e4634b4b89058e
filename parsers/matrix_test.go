package parsers

import (
	"maps"
	"regexp"
	"slices"
	"testing"

	"github.com/wiremeter/wiremeter/parsers/dialect"
	"github.com/wiremeter/wiremeter/parsers/provider"
	"github.com/wiremeter/wiremeter/usage"
)

// holes are the ways of answering, of a provider or in a dialect, of which the
// corpus has no metered case, and why.
var holes = map[string]string{
	"augment plain":  streamsOnly,
	"cursor plain":   streamsOnly,
	"kiro plain":     streamsOnly,
	"warp plain":     streamsOnly,
	"windsurf plain": streamsOnly,
	"zed plain":      streamsOnly,

	"dialect augment plain":      streamsOnly,
	"dialect cursor_cloud plain": streamsOnly,
	"dialect kiro plain":         streamsOnly,
	"dialect sonic plain":        streamsOnly,
	"dialect warp plain":         streamsOnly,
	"dialect windsurf plain":     streamsOnly,
	"dialect zed plain":          streamsOnly,

	"dialect live plain":      onSockets,
	"dialect live stream":     onSockets,
	"dialect realtime plain":  onSockets,
	"dialect realtime stream": onSockets,

	"dialect batch plain":  "each result is a record of its own: TestCorpus compares the list of them",
	"dialect batch stream": "each result is a record of its own: TestCorpus compares the list of them",
}

const (
	streamsOnly = "it never answers otherwise than in a stream"
	onSockets   = "spoken on WebSockets alone, of which a case holds no frames: TestSocket has them"
)

// TestMatrix: of each provider and in each dialect there is a metered case of a
// stream and one of a document, or a reason why not.
func TestMatrix(t *testing.T) {
	has := map[string]bool{}
	for _, e := range load(t) {
		if e.want.Outcome == usage.Metered {
			how := map[bool]string{true: "stream", false: "plain"}[e.want.Streamed]
			has[e.provider+" "+how], has["dialect "+e.want.Dialect+" "+how] = true, true
		}
	}
	var wanted []string
	for _, how := range []string{"plain", "stream"} {
		for _, name := range append(provider.BuiltIn().Names(), strangers) {
			wanted = append(wanted, name+" "+how)
		}
		for _, name := range dialect.Names() {
			wanted = append(wanted, "dialect "+name+" "+how)
		}
	}
	for _, w := range wanted {
		switch {
		case has[w] && holes[w] != "":
			t.Errorf("%s: there is a case now, and still a reason why there is none", w)
		case !has[w] && holes[w] == "":
			t.Errorf("%s: no metered case, and no reason why", w)
		}
	}
	for _, hole := range slices.Sorted(maps.Keys(holes)) {
		if !slices.Contains(wanted, hole) {
			t.Errorf("%s: a reason for what is not asked for", hole)
		}
	}
}

// TestEveryRuleHasACase: every shape of a path that is read in a dialect is that
// of some case, of one of the providers that share the rule.
func TestEveryRuleHasACase(t *testing.T) {
	cases := load(t)
	shown := map[*regexp.Regexp]bool{}
	name := map[*regexp.Regexp]string{}
	for _, p := range provider.BuiltIn().All() {
		for _, r := range p.Rules {
			if r.Class == NotBillable || r.Dialect == "" {
				continue
			}
			name[r.Path] = p.Name + ": " + r.Method + " " + r.Path.String()
			shown[r.Path] = shown[r.Path] || slices.ContainsFunc(cases, func(e *exchange) bool {
				return e.provider == p.Name && e.method() == r.Method && r.Path.MatchString(e.path())
			})
		}
	}
	for path, isShown := range shown {
		if !isShown && unshown[name[path]] == "" {
			t.Errorf("%s has no case", name[path])
		}
	}
}

// unshown are rules without a case, and why.
var unshown = map[string]string{
	`cursor: WS ^/agent/v1/run/?$`: "TestCursorSocket has its frames",
	`cursor: POST ^/aiserver\.v1\.BackgroundComposerService/StreamConversation(SSE)?$`: "TestCursorConversation has its messages",
}

// path is what the rules see.
func (e *exchange) path() string {
	if target := e.head.Header.First("X-Amz-Target"); target != "" {
		return e.head.Path + target
	}
	return e.head.Path
}
