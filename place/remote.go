package place

import (
	"net/url"
	"path"
	"strings"
)

// Remote is the host and the path of a git remote's URL, in one spelling for all
// ways to reach it: without the scheme, the credentials, the port and ".git". Of
// what is none, or a folder, it is "".
func Remote(text string) string {
	text = strings.TrimSpace(text)
	if len(text) > maxRemote || strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return ""
	}
	host, rest := "", ""
	if strings.Contains(text, "://") {
		u, err := url.Parse(text)
		if err != nil {
			return ""
		}
		host, rest = u.Hostname(), u.Path
	} else { // user@host:path, as scp has it
		before, after, ok := strings.Cut(text, ":")
		if !ok || strings.Contains(before, "/") {
			return ""
		}
		host, rest = before[strings.LastIndexByte(before, '@')+1:], after
	}
	rest = strings.Trim(path.Clean("/"+strings.TrimSuffix(strings.TrimRight(rest, "/"), ".git")), "/")
	if len(host) < 2 || rest == "" || strings.ContainsAny(rest, "@?#%\\:") {
		return "" // a single letter is a drive
	}
	return strings.ToLower(host) + "/" + rest
}

const maxRemote = 512
