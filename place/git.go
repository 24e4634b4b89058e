package place

import (
	"io"
	"os"
	"path/filepath"
	"strings"
)

// What is read of a repository is bounded: most files hold a line, and those with
// all its branches are large in few.
const (
	maxFile   = 8 << 20
	maxParent = 64
)

// Look reads which repository the directory is in, what is checked out there and
// where it comes from. What cannot be read stays empty, as does what git keeps in
// another way than in files of its own: the branches of a reftable. A path that is
// not absolute here, as those of another system are, says nothing of a place.
func Look(dir string) Place {
	p := Place{Dir: dir}
	if !filepath.IsAbs(dir) {
		return p
	}
	git := ""
	for at, n := filepath.Clean(dir), 0; n < maxParent; n++ {
		if git = gitDir(at); git != "" {
			p.Root = at
			break
		}
		parent := filepath.Dir(at)
		if parent == at {
			break
		}
		at = parent
	}
	if git == "" {
		return p
	}
	common := commonDir(git)
	p.Name = filepath.Base(p.Root)
	if common != git && filepath.Base(common) == ".git" { // a worktree
		p.Name = filepath.Base(filepath.Dir(common))
	}
	p.Branch, p.Commit = head(git, common)
	p.Repository = remotes(read(filepath.Join(common, "config"))).of(p.Branch)
	return p
}

// gitDir is where git keeps what belongs to the working tree at root; "": there is
// none. In a worktree and in a submodule a file says where.
func gitDir(root string) string {
	path := filepath.Join(root, ".git")
	info, err := os.Stat(path)
	if err != nil {
		return ""
	}
	if info.IsDir() {
		if _, err := os.Stat(filepath.Join(path, "HEAD")); err != nil {
			return ""
		}
		return path
	}
	to, ok := strings.CutPrefix(firstLine(read(path)), "gitdir: ")
	if !ok {
		return ""
	}
	return from(root, to)
}

// commonDir is where a worktree's repository is; for others it is git itself.
func commonDir(git string) string {
	to := firstLine(read(filepath.Join(git, "commondir")))
	if to == "" {
		return git
	}
	return from(git, to)
}

func from(dir, to string) string {
	if filepath.IsAbs(to) {
		return filepath.Clean(to)
	}
	return filepath.Join(dir, to)
}

// head is what is checked out. A branch without a commit is a new one.
func head(git, common string) (branch, commit string) {
	line := firstLine(read(filepath.Join(git, "HEAD")))
	ref, ok := strings.CutPrefix(line, "ref: ")
	if !ok {
		return "", hash(line)
	}
	branch, ok = strings.CutPrefix(ref, "refs/heads/")
	if !ok || branch == ".invalid" || !filepath.IsLocal(filepath.FromSlash(ref)) { // .invalid: a reftable
		return "", ""
	}
	if commit = hash(firstLine(read(filepath.Join(common, filepath.FromSlash(ref))))); commit != "" {
		return branch, commit
	}
	for line := range strings.Lines(read(filepath.Join(common, "packed-refs"))) {
		if id, name, _ := strings.Cut(strings.TrimSpace(line), " "); name == ref {
			return branch, hash(id)
		}
	}
	return branch, ""
}

// hash returns s if it is the name of an object.
func hash(s string) string {
	if len(s) != 40 && len(s) != 64 || strings.Trim(s, "0123456789abcdef") != "" {
		return ""
	}
	return s
}

// read returns a regular file's text; "": there is none, or it is too large.
func read(path string) string {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxFile {
		return ""
	}
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxFile))
	if err != nil {
		return ""
	}
	return string(text)
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return strings.TrimSpace(line)
}
