package capture

import (
	"container/list"
	"strconv"
	"strings"
	"sync"

	"github.com/wiremeter/wiremeter/usage"
)

// kin remembers who asked in the sessions and on the connections of late, for
// requests that do not say it: a title is asked for without the directory. Its
// methods may be called from any goroutine; the zero value is ready.
type kin struct {
	mu    sync.Mutex
	known map[string]*list.Element
	order list.List // of *relative, the one not heard of for longest first
}

const maxKin = 4096

// relative is what one session or connection has said of itself.
type relative struct {
	key         string
	said        usage.Attribution // only the inherited dimensions
	isAmbiguous bool              // several sessions or directories: nobody inherits these
	isShared    bool              // by several programs, behind one that passes requests on
}

// inherited are the dimensions that stay the same in a session. On a connection
// others follow, as long as all that came on it was of one program.
var inherited = []usage.Dimension{usage.ByAgent, usage.BySession, usage.ByDir, usage.ByRepository, usage.ByCommit, usage.ByUser}

// sessionKey is of one machine: agents elsewhere may give their sessions the same
// name.
func sessionKey(x usage.Exchange, a *usage.Attribution) string {
	if a.SessionID == "" {
		return ""
	}
	return "s" + machineOf(x) + a.SessionID
}

func groupKey(x usage.Exchange, v *evidence) string {
	if v.group == "" {
		return ""
	}
	return "g" + machineOf(x) + v.group
}

// machineOf is the agent's address, and a space.
func machineOf(x usage.Exchange) string {
	return x.Conn.Agent.Addr().String() + " "
}

func connKey(c usage.Conn) string {
	if c.ID == 0 {
		return ""
	}
	return "c" + strconv.FormatUint(c.ID, 36)
}

// learn takes what a request says.
func (k *kin) learn(x usage.Exchange, v *evidence) {
	a := &v.Attribution
	k.mu.Lock()
	defer k.mu.Unlock()
	if r := k.relative(sessionKey(x, a)); r != nil {
		r.take(v)
	}
	if r := k.relative(groupKey(x, v)); r != nil {
		r.take(v)
	}
	if r := k.relative(connKey(x.Conn)); r != nil {
		program := userAgent(a.UserAgent)
		r.isShared = r.isShared || differ(r.said.UserAgent, program)
		if r.said.UserAgent == "" {
			r.said.UserAgent = strings.Clone(program) // the whole may be as long as a head
		}
		r.isAmbiguous = r.isAmbiguous || differ(r.said.SessionID, a.SessionID) || differ(r.said.Dir, a.Dir)
		r.take(v)
	}
}

func differ(a, b string) bool { return a != "" && b != "" && a != b }

// take needs mu. What was said later holds.
func (r *relative) take(v *evidence) {
	a := &v.Attribution
	if differ(r.said.Dir, a.Dir) { // what was said of the other does not hold here
		r.said.Repository, r.said.Commit = "", ""
	}
	for _, d := range inherited {
		to, isVague := dimension(&r.said, d), d == usage.ByAgent && v.isVague
		if s := *dimension(a, d); s != "" && a.Sources[d] == usage.FromWire && (!isVague || *to == "") {
			*to = s
		}
	}
}

// relative needs mu. It returns nil for an empty key.
func (k *kin) relative(key string) *relative {
	if key == "" {
		return nil
	}
	if e, ok := k.known[key]; ok {
		k.order.MoveToBack(e)
		return e.Value.(*relative)
	}
	if k.known == nil {
		k.known = make(map[string]*list.Element)
	}
	if k.order.Len() >= maxKin {
		delete(k.known, k.order.Remove(k.order.Front()).(*relative).key)
	}
	r := &relative{key: key}
	k.known[key] = k.order.PushBack(r)
	return r
}

// inherit fills what the request itself has not said. A fork is told by the
// words of its first request, and its other requests by that.
func (k *kin) inherit(x usage.Exchange, v *evidence) {
	k.mu.Lock()
	defer k.mu.Unlock()
	a := &v.Attribution
	if e, ok := k.known[sessionKey(x, a)]; ok {
		said := &e.Value.(*relative).said
		if v.isVague && said.Agent != "" {
			a.Agent = said.Agent
		}
		tellAll(a, said)
	}
	if e, ok := k.known[groupKey(x, v)]; ok {
		tellAll(a, &e.Value.(*relative).said)
	}
	if e, ok := k.known[connKey(x.Conn)]; ok {
		switch r := e.Value.(*relative); {
		case r.isShared:
		case !r.isAmbiguous && !differ(r.said.SessionID, a.SessionID):
			tellAll(a, &r.said)
		default:
			tell(a, usage.ByAgent, r.said.Agent, usage.FromSession)
			tell(a, usage.ByUser, r.said.User, usage.FromSession)
		}
	}
}

// tellAll passes on what belongs together: the repository of another directory
// is none of this request's.
func tellAll(a, said *usage.Attribution) {
	isElsewhere := differ(a.Dir, said.Dir)
	for _, d := range inherited {
		if !isElsewhere || d != usage.ByRepository && d != usage.ByCommit {
			tell(a, d, *dimension(said, d), usage.FromSession)
		}
	}
}
