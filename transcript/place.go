package transcript

import (
	"cmp"
	"path/filepath"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/wiremeter/wiremeter/usage"
)

// maxName is where Claude Code 2.1.330 cuts the name of a project's folder.
const maxName = 200

// folder names a project's folder as Claude Code does from the working directory:
// "-" for all that is no letter and no digit of ASCII; of a longer name the first
// 200 characters and a hash of the whole. Seen with directories of these kinds.
func folder(dir string) string {
	units := utf16.Encode([]rune(dir)) // its strings are of these
	var b strings.Builder
	var hash int32
	for _, u := range units {
		hash = hash*31 + int32(u)
		if u < 0x80 && isAlphanumeric(rune(u)) {
			b.WriteByte(byte(u))
		} else {
			b.WriteByte('-')
		}
	}
	name := b.String()
	if len(name) <= maxName {
		return name
	}
	return name[:maxName] + "-" + strconv.FormatInt(max(int64(hash), -int64(hash)), 36)
}

// place is the path of a record's session below the folder of transcripts.
func place(r *usage.Record, session string) string {
	project := folder(cmp.Or(r.Dir, r.Repository, r.Project, "unknown"))
	return filepath.Join(project, fileName(session)+".jsonl")
}

// fileName is a session as a file's name: an agent may call it anything.
func fileName(session string) string {
	name := strings.Map(func(r rune) rune {
		if isAlphanumeric(r) || strings.ContainsRune("_-.", r) {
			return r
		}
		return '-'
	}, session)
	if strings.HasPrefix(name, ".") {
		name = "-" + name[1:]
	}
	return name[:min(len(name), maxName)]
}

func isAlphanumeric(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
}
