package capture

import (
	"slices"
	"strings"
	"time"

	"github.com/wiremeter/wiremeter/parsers"
	"github.com/wiremeter/wiremeter/place"
	"github.com/wiremeter/wiremeter/usage"
)

// learn takes what the whole request says, once.
func (e *Exchange) learn(q parsers.Request) { e.evidence = e.said(q) }

// said hears who asks, lets those know that ask for less, and begins to look up
// where that is, while the agent waits for its answer and is still there.
func (e *Exchange) said(q parsers.Request) *evidence {
	v := e.hear(q)
	e.capture.kin.learn(e.head, v)
	if e.capture.Places != nil {
		e.capture.kin.inherit(e.head, v)
		v.inquiry = e.capture.Places.Ask(e.question(v))
	}
	return v
}

// question is what the machine is to tell of the request. Its directory is looked
// at only if it is on this machine.
func (e *Exchange) question(v *evidence) place.Question {
	q := place.Question{Run: RunName(e.head.Run), Who: e.head.Conn}
	if place.IsHere(e.head.Conn.Agent, e.head.Conn.Front) {
		q.Dir = v.dir()
	}
	return q
}

// placePatience is how long a record waits to know where its agent works.
const placePatience = hopPatience / 2

// whenPlaced calls keep when it is known where the agent works, or will not be, and
// what that returns: at once if it can, and else later.
func (e *Exchange) whenPlaced(v *evidence, keep func() (rest func())) {
	e.capture.kin.inherit(e.head, v)
	if e.capture.Places != nil {
		v.inquiry = e.capture.Places.Ask(e.question(v)) // what is known by now
		select {
		case <-v.inquiry.Done():
		default:
			e.later(func() {
				v.await()
				if rest := keep(); rest != nil {
					rest()
				}
			})
			return
		}
	}
	if rest := keep(); rest != nil {
		e.later(rest)
	}
}

// later does the work on a goroutine of its own, for which Capture.Wait waits.
func (e *Exchange) later(work func()) {
	e.capture.hops.hold(e)
	ticket := e.capture.decoding.begin(e, false)
	go func() {
		defer e.capture.decoding.end(ticket)
		defer e.capture.hops.leave(e)
		defer e.surviveAsLost(time.Now())
		work()
	}()
}

// await waits until it is known where the agent works, for a while.
func (v *evidence) await() {
	patience := time.NewTimer(placePatience)
	defer patience.Stop()
	select {
	case <-v.inquiry.Done():
	case <-patience.C:
		v.inquiry = nil
	}
}

// attribution climbs the ladder: what the labels and the request say, and what
// its session has said, stand in v; then comes the run, the process, the
// configuration. Each fills what the ones before have left open.
func (e *Exchange) attribution(v *evidence) usage.Attribution {
	a := &v.Attribution
	if v.inquiry != nil {
		v.climb(v.inquiry.Answer())
	} else if a.Dir == "" {
		tell(a, usage.ByDir, v.root, usage.FromWire)
	}
	e.capture.Rules.apply(v, e.head.Conn)
	slices.SortFunc(a.Conflicts, func(x, y usage.Dimension) int { return strings.Compare(string(x), string(y)) })
	a.Conflicts = slices.Compact(a.Conflicts)
	return *a
}

// dir is where the agent works, as it says or has said.
func (v *evidence) dir() string {
	if v.root != "" && !isWithin(v.Dir, v.root) {
		return v.root
	}
	return v.Dir
}

// climb takes what the machine tells. The repository is what stands on the disk
// where the agent works, and told by whoever told that.
func (v *evidence) climb(w place.Answer) {
	a := &v.Attribution
	if d := v.dir(); d != a.Dir {
		a.Dir = ""
		delete(a.Sources, usage.ByDir)
		if !isWithin(firstOf(w.Run.Dir, w.Process.Dir), d) { // which says more
			tell(a, usage.ByDir, d, usage.FromWire)
		}
	}
	v.root, v.name = firstOf(v.root, w.Here.Root), w.Here.Name
	isRuns := w.HasRun && v.isOf(w.Run)
	if w.HasRun {
		v.take(w.Run, usage.FromRun)
	} else if w.Machine != "" {
		p := w.Process
		v.take(place.Place{Dir: p.Dir, User: p.User, Machine: w.Machine}, usage.FromProcess)
		v.contest(usage.ByAgent, programs[p.Program], usage.FromProcess)
	}
	from := a.Sources[usage.ByDir]
	v.contest(usage.ByRepository, repository(w.Here.Repository), from)
	tell(a, usage.ByBranch, label(w.Here.Branch), from)
	tell(a, usage.ByCommit, commit(w.Here.Commit), from)
	if isRuns && w.Here.Root == "" { // it is gone, or on another machine
		v.contest(usage.ByRepository, repository(w.Run.Repository), usage.FromRun)
		tell(a, usage.ByBranch, label(w.Run.Branch), usage.FromRun)
		tell(a, usage.ByCommit, commit(w.Run.Commit), usage.FromRun)
		v.name = firstOf(v.name, w.Run.Name)
	}
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// isOf reports whether the agent works where the run was started: an agent may
// have handed its work to a daemon of an earlier run.
func (v *evidence) isOf(run place.Place) bool {
	d := v.dir()
	return d == "" || isWithin(d, run.Dir) || run.Root != "" && isWithin(d, run.Root) || v.root != "" && isWithin(run.Dir, v.root)
}

// take fills the dimensions of a place that is not asked about its repository.
func (v *evidence) take(p place.Place, s usage.Source) {
	a := &v.Attribution
	if a.Dir != "" && p.Dir != "" && !v.isOf(p) {
		a.Conflicts = append(a.Conflicts, usage.ByDir)
		if p.Repository != "" && a.Repository != "" && p.Repository != a.Repository {
			a.Conflicts = append(a.Conflicts, usage.ByRepository)
		}
	}
	tell(a, usage.ByDir, dir(p.Dir), s)
	tell(a, usage.ByUser, label(p.User), s)
	tell(a, usage.ByMachine, label(p.Machine), s)
}

// contest tells a dimension, or notes that a stronger source has said something
// else.
func (v *evidence) contest(d usage.Dimension, value string, s usage.Source) {
	if had := *dimension(&v.Attribution, d); differ(had, value) {
		v.Conflicts = append(v.Conflicts, d)
	}
	tell(&v.Attribution, d, value, s)
}

// nameProject calls a project that nobody has named after its repository, or the
// folder of that.
func (v *evidence) nameProject() {
	a := &v.Attribution
	if a.Repository != "" {
		tell(a, usage.ByProject, label(base(a.Repository)), a.Sources[usage.ByRepository])
	}
	tell(a, usage.ByProject, v.project, usage.FromWire)
	if v.root != "" {
		tell(a, usage.ByProject, label(firstOf(v.name, base(v.root))), a.Sources[usage.ByDir])
	}
}

// base is the last element of a path of any system.
func base(p string) string {
	p = strings.TrimRight(p, `/\`)
	return p[strings.LastIndexAny(p, `/\`)+1:]
}

// isWithin reports whether the path is root, or below it.
func isWithin(p, root string) bool {
	rest, ok := strings.CutPrefix(p, strings.TrimRight(root, `/\`))
	return ok && (rest == "" || rest[0] == '/' || rest[0] == '\\')
}

// programs are the names by which agents are started.
var programs = map[string]string{
	"claude": "claude-code", "codex": "codex", "copilot": "copilot-cli", "gemini": "gemini-cli", "opencode": "opencode", "kilo": "kilo",
	"cline": "cline", "qwen": "qwen-code", "kimi": "kimi-code", "pi": "pi", "droid": "droid", "grok": "grok", "cn": "continue",
	"auggie": "auggie", "amp": "amp", "crush": "crush", "goose": "goose", "aider": "aider", "zed": "zed", "cursor-agent": "cursor-cli",
}
