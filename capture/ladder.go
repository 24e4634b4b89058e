package capture

import (
	"strings"

	"github.com/wiremeter/wiremeter/parsers"
	"github.com/wiremeter/wiremeter/usage"
)

// learn takes what the whole request says, once.
func (e *Exchange) learn(q parsers.Request) { e.evidence = e.said(q) }

// said hears who asks, and lets those know that ask for less.
func (e *Exchange) said(q parsers.Request) *evidence {
	v := e.hear(q)
	e.capture.kin.learn(e.head, v)
	return v
}

// attribute climbs the ladder: what the labels and the request say, what its
// session has said, and so on down to the configuration. Each fills what the
// ones before have left open.
func (e *Exchange) attribute(a *answer) usage.Attribution {
	v := a.said
	if v == nil {
		v = e.said(a.request)
	}
	e.capture.kin.inherit(e.head, v)
	if v.root != "" && !isWithin(v.Dir, v.root) {
		put(&v.Attribution, usage.ByDir, v.root, usage.FromWire)
	}
	v.nameProject()
	return v.Attribution
}

// nameProject calls a project that nobody has named after its repository.
func (v *evidence) nameProject() {
	a := &v.Attribution
	if a.Repository != "" {
		tell(a, usage.ByProject, label(base(a.Repository)), a.Sources[usage.ByRepository])
	}
	tell(a, usage.ByProject, v.project, usage.FromWire)
	if v.root != "" {
		tell(a, usage.ByProject, label(base(v.root)), usage.FromWire)
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

// put tells a dimension that a source knows better.
func put(a *usage.Attribution, d usage.Dimension, value string, s usage.Source) {
	*dimension(a, d) = ""
	tell(a, d, value, s)
}
