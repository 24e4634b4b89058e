package capture

import (
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/wiremeter/wiremeter/place"
	"github.com/wiremeter/wiremeter/usage"
)

// What an agent puts into the head of a request can be anything: a sentence as
// its session, a key in the path. Of that only what has the form of what
// belongs there is kept.

const (
	maxName      = 256
	maxUserAgent = 256
	maxPath      = 512
	maxSegment   = 96 // the longest known, of Google's live, has 83
	maxReason    = 64
)

// hidden stands in place of what is not kept of a longer text.
const hidden = "*"

// keys begin the credentials of providers, of GitHub and of GitLab; eyJ those that
// are JSON in base64.
var keys = []string{
	"sk-", "crsr_", "csk-", "glpat-", "nvapi-", "pplx-", "vck_", "AIza", "AKIA", "ghp_", "gho_", "ghr_", "ghs_", "ghu_", "github_pat_", "xai-", "gsk_", "hf_", "ya29.", "key-", "eyJ",
}

// minKey is how long a word with a key is at least.
const minKey = 8

// hasKey reports whether a part of s looks like a credential: one of keys at the
// beginning of a word, with six characters or more behind it, or "bearer".
func hasKey(s string) bool {
	if len(s) < minKey {
		return false
	}
	for i := range len(s) {
		if isInitial[s[i]] && begins(s, i) && (isKey(s[i:]) || isBearer(s[i:])) {
			return true
		}
	}
	return false
}

// isInitial are the letters that keys and "bearer" begin with: nearly all words
// are told by them to be neither.
var isInitial = func() (is [256]bool) {
	for _, key := range append(keys, "b", "B") {
		is[key[0]] = true
	}
	return is
}()

// isKey reports whether s begins with a credential.
func isKey(s string) bool {
	for _, key := range keys {
		if rest, ok := strings.CutPrefix(s, key); ok && len(rest) >= 6 && !strings.ContainsFunc(rest[:6], isOutsideOfKeys) {
			return true
		}
	}
	return false
}

// isBearer reports whether s begins with that word, and more follows.
func isBearer(s string) bool {
	const bearer = "bearer"
	return len(s) > len(bearer) && strings.EqualFold(s[:len(bearer)], bearer) && !isLetter(rune(s[len(bearer)]))
}

// begins reports whether a word begins at this place in s.
func begins(s string, at int) bool { return at == 0 || !isAlphanumeric(rune(s[at-1])) }

func isOutsideOfKeys(r rune) bool { return !isAlphanumeric(r) && r != '_' && r != '-' }

// name returns s if it can be a name or an id: printable ASCII without spaces,
// and no key. Else it returns "".
func name(s string) string {
	if len(s) > maxName || hasKey(s) || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return ""
	}
	return s
}

// RunName returns s if it has the form of the names that `wiremeter run` makes,
// with those of the runs around it, else "": another program's proxy credentials
// are its own.
func RunName(s string) string {
	const depth, size = 21, 10
	names, ok := strings.CutPrefix(s, "run-")
	if !ok || len(names) > depth*(size+1)-1 {
		return ""
	}
	for name := range strings.SplitSeq(names, ".") {
		if len(name) != size || strings.ContainsFunc(name, isOutsideOfNames) {
			return ""
		}
	}
	return s
}

func isOutsideOfNames(r rune) bool { return (r < 'a' || r > 'z') && (r < '2' || r > '7') }

// userAgent keeps printable ASCII, and of each word that holds a key nothing.
func userAgent(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, s[:min(len(s), 4*maxUserAgent)])
	const bearer = "bearer"
	if len(s) < minKey || hasKey(s) || strings.EqualFold(s[len(s)-len(bearer):], bearer) {
		words := strings.Split(s, " ")
		for i, w := range words {
			if hasKey(w) || strings.EqualFold(w, bearer) {
				words[i] = hidden
			}
		}
		s = strings.Join(words, " ")
	}
	return s[:min(len(s), maxUserAgent)]
}

// path keeps the segments that can be parts of an API's path. What comes too
// late is one segment that is not kept.
func path(s string) string {
	if isPath(s) {
		return s
	}
	var kept strings.Builder
	for i, segment := range strings.Split(s[:min(len(s), 2*maxPath)], "/") {
		if i > 0 {
			kept.WriteByte('/')
		}
		if !isSegment(segment) {
			segment = hidden
		}
		if kept.Len()+len(segment) >= maxPath-len("/"+hidden) {
			kept.WriteString(hidden)
			break
		}
		kept.WriteString(segment)
	}
	return kept.String()
}

// isPath reports whether all of s is kept, as nearly always.
func isPath(s string) bool {
	if len(s) >= maxPath-len("/"+hidden) {
		return false
	}
	for segment := range strings.SplitSeq(s, "/") {
		if !isSegment(segment) {
			return false
		}
	}
	return true
}

func isSegment(s string) bool {
	return len(s) <= maxSegment && !hasKey(s) && !strings.ContainsFunc(s, isOutsideOfSegments)
}

func isOutsideOfSegments(r rune) bool {
	return !isAlphanumeric(r) && !strings.ContainsRune("._:@~-", r)
}

func isAlphanumeric(r rune) bool { return isLetter(r) || r >= '0' && r <= '9' }

func isLetter(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }

// word keeps what a provider sends as an error's type, or an agent as its
// version, to the form of one, so that no content can hide in it. One that
// holds a key is none.
func word(s string) string {
	if hasKey(s) {
		return "error"
	}
	s = strings.Map(func(r rune) rune {
		if isAlphanumeric(r) || strings.ContainsRune("_.-", r) {
			return r
		}
		return '_'
	}, s)
	return s[:min(len(s), maxReason)]
}

// reasonOf names what cut an exchange.
func reasonOf(fault error) string {
	if f, ok := errors.AsType[usage.Fault](fault); ok {
		return string(f)
	}
	return "error"
}

// clean leaves of a record what is no free text.
func clean(r *usage.Record) {
	r.Path, r.Run, r.UserAgent, r.AgentVersion = path(r.Path), RunName(r.Run), userAgent(r.UserAgent), version(r.AgentVersion)
	for _, s := range []*string{&r.SessionID, &r.ParentSessionID, &r.SubagentID, &r.TurnID, &r.ModelRequested, &r.RequestID, &r.GroupID, &r.Response.ID, &r.Model, &r.ServiceTier, &r.Speed, &r.Geo, &r.StopReason} {
		*s = name(*s)
	}
	for i := range r.Parts {
		r.Parts[i].Model = name(r.Parts[i].Model)
	}
	if hasKey(string(r.Raw)) { // anybody may have made it who answers on a path of a known shape
		r.Raw = nil
	}
}

// dir keeps a path that the agent says it works in: one line, without keys in its
// elements.
func dir(s string) string {
	if len(s) > maxPath || !utf8.ValidString(s) || strings.ContainsFunc(s, isControl) {
		return ""
	}
	for _, element := range strings.FieldsFunc(s, func(r rune) bool { return r == '/' || r == '\\' }) {
		if hasKey(element) {
			return ""
		}
	}
	return s
}

// repository keeps the name of one: some servers let a key stand in its path.
func repository(s string) string {
	if hasKey(s) {
		return ""
	}
	return s
}

// CleanPlace leaves of where a run was started what may be kept of it.
func CleanPlace(p place.Place) place.Place {
	p.Repository, p.Branch, p.User, p.Machine = repository(p.Repository), label(p.Branch), label(p.User), label(p.Machine)
	return p
}

func isControl(r rune) bool {
	return r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r == 0x2028 || r == 0x2029
}

// commit keeps a hash in hexadecimal, of SHA-1 or SHA-256.
func commit(s string) string {
	if len(s) != 40 && len(s) != 64 || strings.ContainsFunc(s, func(r rune) bool { return !strings.ContainsRune("0123456789abcdef", r) }) {
		return ""
	}
	return s
}

func version(s string) string {
	if hasKey(s) {
		return ""
	}
	return word(s)
}
