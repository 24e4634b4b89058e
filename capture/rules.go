package capture

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"net/netip"
	"strings"

	"github.com/wiremeter/wiremeter/place"
	"github.com/wiremeter/wiremeter/usage"
)

// Rules say what nobody else can: whose a directory or an address is. The zero
// value has none.
type Rules struct {
	Projects map[string]string // a directory to the project of all that is below it; the longest counts
	Teams    map[string]string // a user to the team
	From     []Origin          // the first that fits counts
	// Secret, if not nil, turns users and machines into pseudonyms before they are
	// kept.
	Secret []byte
}

// Origin is where requests come from, and whose they are. What is not set is
// open.
type Origin struct {
	Source   netip.Prefix   // the agent's address is within
	Listener netip.AddrPort // the front's own; port 0: any

	Labels map[usage.Dimension]string
}

func (o Origin) fits(c usage.Conn) bool {
	if !c.Agent.IsValid() || o.Source.IsValid() && !o.Source.Contains(c.Agent.Addr()) {
		return false
	}
	l := o.Listener
	return !l.IsValid() || l.Addr() == c.Front.Addr() && (l.Port() == 0 || l.Port() == c.Front.Port())
}

// Complete adds to what an agent has said by itself what its machine knows, and
// what the rules say.
func (r *Rules) Complete(a usage.Attribution, w place.Answer) usage.Attribution {
	v := &evidence{Attribution: a}
	v.climb(w)
	r.apply(v, usage.Conn{})
	return v.Attribution
}

// apply fills what the sources before have left open. A rule names a project
// before its repository does, and a team by the user.
func (r *Rules) apply(v *evidence, c usage.Conn) {
	a := &v.Attribution
	o := r.originOf(c)
	tell(a, usage.ByProject, r.projectOf(a.Dir), usage.FromRule)
	tell(a, usage.ByProject, o.Labels[usage.ByProject], usage.FromRule)
	v.nameProject()
	tell(a, usage.ByUser, o.Labels[usage.ByUser], usage.FromRule)
	tell(a, usage.ByUser, v.account, usage.FromWire) // an account's id tells nobody who it is
	tell(a, usage.ByTeam, r.Teams[a.User], usage.FromRule)
	tell(a, usage.ByTeam, o.Labels[usage.ByTeam], usage.FromRule)
	r.hide(a)
}

func (r *Rules) originOf(c usage.Conn) Origin {
	for _, o := range r.From {
		if o.fits(c) {
			return o
		}
	}
	return Origin{}
}

func (r *Rules) projectOf(dir string) string {
	best := ""
	for root := range r.Projects {
		if dir != "" && len(root) > len(best) && isWithin(dir, root) {
			best = root
		}
	}
	return r.Projects[best]
}

// hide puts pseudonyms in place of the names of people and machines: in the
// directory, too, and in a project that is called after a home.
func (r *Rules) hide(a *usage.Attribution) {
	if r.Secret == nil {
		return
	}
	a.User, a.Machine = r.Pseudonym(a.User), r.Pseudonym(a.Machine)
	var dir strings.Builder
	outer, isHome := "", false
	for rest := a.Dir; rest != ""; {
		end := strings.IndexAny(rest, `/\`) // of any system's path
		if end < 0 {
			end = len(rest)
		}
		element, hidden := rest[:end], rest[:end]
		isBelowHomes := !isHome && (outer == "home" || outer == "Users")
		isHome = isHome || isBelowHomes
		if element != "" && (isBelowHomes || r.Pseudonym(element) == a.User) {
			hidden = r.Pseudonym(element)
		}
		if a.Project == element && a.Sources[usage.ByProject] == a.Sources[usage.ByDir] {
			a.Project = hidden
		}
		dir.WriteString(hidden)
		dir.WriteString(rest[end:min(end+1, len(rest))])
		outer, rest = element, rest[min(end+1, len(rest)):]
	}
	a.Dir = dir.String()
}

// Pseudonym is the same for the same name in the same house, and tells nobody
// else the name. A pseudonym is its own; without a secret a name stays.
func (r *Rules) Pseudonym(name string) string {
	if name == "" || r.Secret == nil || isPseudonym(name) {
		return name
	}
	h := hmac.New(sha256.New, r.Secret)
	h.Write([]byte(name))
	return pseudonymMark + strings.ToLower(base32.StdEncoding.EncodeToString(h.Sum(nil)[:pseudonymBytes]))
}

const (
	pseudonymMark  = "someone-"
	pseudonymBytes = 10
)

func isPseudonym(s string) bool {
	rest, ok := strings.CutPrefix(s, pseudonymMark)
	return ok && len(rest) == pseudonymBytes*8/5 && !strings.ContainsFunc(rest, isOutsideOfNames)
}
