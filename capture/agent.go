package capture

import (
	"cmp"
	"strings"

	"github.com/wiremeter/wiremeter/parsers"
	"github.com/wiremeter/wiremeter/place"
	"github.com/wiremeter/wiremeter/usage"
)

// evidence is who asked, by what one request tells itself: its labels and its
// words.
type evidence struct {
	usage.Attribution
	account string         // the id of a login, by which nobody is known
	root    string         // of the repository, as the agent says
	name    string         // of the folder that holds the repository
	project string         // as the agent calls it
	group   string         // what its sessions share that belong together
	inquiry *place.Inquiry // of where it works; nil: nobody looks
	isVague bool           // nothing but its head tells the agent, which another may have too
}

// noTitle stands before no session's id.
const noTitle = " "

// hear reads what the request tells of who asks.
func (e *Exchange) hear(q parsers.Request) *evidence {
	x, h := e.head, e.head.Header
	if e.sign.agent == "codex" {
		q = withCodexTurn(q, h, x.Transport)
	}
	v := &evidence{account: name(q.AccountID), root: dir(q.Root), isVague: e.sign.agent == "opencode" && q.Agent == ""}
	a := &v.Attribution
	a.Run, a.UserAgent, a.AgentVersion, a.Plan = x.Run, h.First("User-Agent"), e.version, planOf(e.route, x)
	e.capture.labels(a, x.Labels)

	s := e.sign
	if q.Agent != "" && (s.agent == "" || s.agent == "opencode") {
		s = bySign(q.Agent)
	}
	tell(a, usage.ByAgent, s.agent, usage.FromWire)
	session, isTitled := strings.CutPrefix(s.session(h, q, e.route), cmp.Or(s.titles, noTitle))
	tell(a, usage.BySession, session, usage.FromWire)
	if s.group != "" {
		v.group = name(h.First(s.group))
	}
	a.ParentSessionID = cmp.Or(name(first(h, s.parents)), name(q.ParentID))
	a.SubagentID = cmp.Or(name(first(h, s.subagents)), name(q.SubagentID))
	if a.SubagentID == "" && a.ParentSessionID == a.SessionID { // auggie says so of a session that is the root
		a.ParentSessionID = ""
	}
	a.TurnID = name(q.TurnID)
	if x.Transport != usage.WebSocket { // whose head is that of the first turn
		a.TurnID = cmp.Or(a.TurnID, name(first(h, s.turns)))
	}
	a.Purpose = purposeOf(x, q)
	if isTitled {
		a.Purpose = usage.Title
	}
	if a.SubagentID != "" && cmp.Or(a.Purpose, usage.Main) == usage.Main {
		a.Purpose = usage.Subagent
	}
	if a.Purpose != usage.Title { // its text is the user's
		tell(a, usage.ByDir, dir(q.Dir), usage.FromWire)
	}
	tell(a, usage.ByRepository, repository(cmp.Or(place.Remote(q.Remote), githubRepository(h))), usage.FromWire)
	tell(a, usage.ByCommit, commit(q.Commit), usage.FromWire)
	tell(a, usage.ByUser, userOf(x), usage.FromWire)
	v.project = label(h.First("X-Kilocode-Projectid"))
	return v
}

// withCodexTurn adds what Codex says of the turn in the head, where it does not
// say it in the body. That of a WebSocket is of a turn that fills the cache.
func withCodexTurn(q parsers.Request, h usage.Header, t usage.Transport) parsers.Request {
	turn := parsers.ReadCodexTurn(h.First("X-Codex-Turn-Metadata"))
	if t == usage.WebSocket {
		turn.Purpose, turn.TurnID = "", ""
	}
	q.Purpose = cmp.Or(q.Purpose, turn.Purpose)
	for to, from := range map[*string]string{
		&q.SessionID: turn.SessionID, &q.ParentID: turn.ParentID, &q.SubagentID: turn.SubagentID, &q.TurnID: turn.TurnID,
		&q.Root: turn.Root, &q.Remote: turn.Remote, &q.Commit: turn.Commit,
	} {
		*to = cmp.Or(*to, from)
	}
	return q
}

// session is the agent's own name of its session, wherever it puts it.
func (s *sign) session(h usage.Header, q parsers.Request, r parsers.Route) string {
	id := cmp.Or(name(first(h, s.sessions)), name(q.SessionID))
	if id == "" && s.isKeyed {
		id = name(trimPrefix(q.CacheKey, s.keyPrefix))
	}
	return cmp.Or(id, name(r.SessionID))
}

// trimPrefix of what does not begin so leaves nothing.
func trimPrefix(s, prefix string) string {
	if len(s) < len(prefix) || s[:len(prefix)] != prefix {
		return ""
	}
	return s[len(prefix):]
}

// githubRepository is what Copilot says of the repository; a name in underscores
// stands for none.
func githubRepository(h usage.Header) string {
	nwo, host := h.First("X-Github-Repository-Nwo"), h.First("X-Github-Repository-Host")
	if nwo == "" || nwo[0] == '_' {
		return ""
	}
	if host == "" || host[0] == '_' {
		host = "github.com"
	}
	return place.Remote("https://" + host + "/" + nwo)
}

// tell puts what a source says into its dimension, unless a stronger one has
// spoken.
func tell(a *usage.Attribution, d usage.Dimension, value string, s usage.Source) {
	to := dimension(a, d)
	if value == "" || *to != "" {
		return
	}
	if a.Sources == nil {
		a.Sources = make(map[usage.Dimension]usage.Source, 8)
	}
	*to, a.Sources[d] = value, s
}

// dimension returns where an attribution holds this dimension.
func dimension(a *usage.Attribution, d usage.Dimension) *string {
	switch d {
	case usage.ByAgent:
		return &a.Agent
	case usage.BySession:
		return &a.SessionID
	case usage.ByUser:
		return &a.User
	case usage.ByTeam:
		return &a.Team
	case usage.ByProject:
		return &a.Project
	case usage.ByRepository:
		return &a.Repository
	case usage.ByBranch:
		return &a.Branch
	case usage.ByCommit:
		return &a.Commit
	case usage.ByDir:
		return &a.Dir
	}
	return &a.Machine
}
