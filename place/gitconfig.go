package place

import "strings"

// remote is a repository that another comes from, or goes to.
type remote struct{ name, url string }

// origins are a repository's remotes, and which of them a branch follows.
type origins struct {
	all      []remote
	branches map[string]string
}

// remotes reads what a repository's configuration says of its remotes: git's own
// format (git-config(1)), as git writes it. What it includes is not read.
func remotes(config string) origins {
	o := origins{branches: make(map[string]string)}
	section, name := "", ""
	for line := range strings.Lines(config) {
		line = strings.TrimSpace(line)
		if rest, ok := strings.CutPrefix(line, "["); ok {
			section, name = heading(rest)
			continue
		}
		key, value, ok := strings.Cut(line, "=")
		if !ok {
			continue
		}
		value = strings.Trim(strings.TrimSpace(value), `"`)
		switch section + " " + strings.ToLower(strings.TrimSpace(key)) {
		case "remote url":
			o.all = append(o.all, remote{name, value})
		case "branch remote":
			o.branches[name] = value
		}
	}
	return o
}

// heading reads `remote "origin"]`.
func heading(text string) (section, name string) {
	text, _, _ = strings.Cut(text, "]")
	section, name, _ = strings.Cut(text, " ")
	return strings.ToLower(section), strings.Trim(strings.TrimSpace(name), `"`)
}

// of is the remote that the repository is known by: origin, else the one that
// the branch follows, else the first.
func (o origins) of(branch string) string {
	for _, name := range []string{"origin", o.branches[branch]} {
		for _, r := range o.all {
			if url := Remote(r.url); r.name == name && url != "" {
				return url
			}
		}
	}
	for _, r := range o.all {
		if url := Remote(r.url); url != "" {
			return url
		}
	}
	return ""
}
