package place

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// git runs the real one, in a world of its own.
func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	c := exec.CommandContext(t.Context(), "git", args...)
	c.Dir = dir
	c.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GIT_DEFAULT_REF_FORMAT=files",
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com")
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("git %q: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// repository makes one with a commit, a branch called trunk and a remote.
func repository(t *testing.T) (root, commit string) {
	t.Helper()
	root = filepath.Join(t.TempDir(), "engine")
	if err := os.MkdirAll(filepath.Join(root, "cmd", "deep"), 0o700); err != nil {
		t.Fatal(err)
	}
	git(t, root, "init", "-q", "-b", "trunk")
	git(t, root, "commit", "-q", "--allow-empty", "-m", "x")
	git(t, root, "remote", "add", "origin", "https://ada:secret@git.example/ada/engine.git")
	return root, git(t, root, "rev-parse", "HEAD")
}

// TestLookElsewhere: a path of another system, or none, is not looked for where
// this process happens to work.
func TestLookElsewhere(t *testing.T) {
	root, _ := repository(t)
	t.Chdir(root)
	for _, dir := range []string{`C:\Users\ada\engine`, "C:/Users/ada", "cmd", ".", ""} {
		if got := Look(dir); got != (Place{Dir: dir}) {
			t.Errorf("%s: got %+v", dir, got)
		}
	}
}

// TestLook: what is read is what git itself says.
func TestLook(t *testing.T) {
	for name, c := range map[string]func(t *testing.T, root, commit string) (dir string, want Place){
		"root": func(_ *testing.T, root, commit string) (string, Place) {
			return root, Place{Root: root, Name: "engine", Repository: "git.example/ada/engine", Branch: "trunk", Commit: commit}
		},
		"below": func(_ *testing.T, root, commit string) (string, Place) {
			return filepath.Join(root, "cmd", "deep"), Place{Root: root, Name: "engine", Repository: "git.example/ada/engine", Branch: "trunk", Commit: commit}
		},
		"packed refs": func(t *testing.T, root, commit string) (string, Place) {
			git(t, root, "tag", "-a", "v1", "-m", "x")
			git(t, root, "checkout", "-q", "-b", "feature/x")
			git(t, root, "pack-refs", "--all")
			return root, Place{Root: root, Name: "engine", Repository: "git.example/ada/engine", Branch: "feature/x", Commit: commit}
		},
		"detached": func(t *testing.T, root, commit string) (string, Place) {
			git(t, root, "checkout", "-q", "--detach")
			return root, Place{Root: root, Name: "engine", Repository: "git.example/ada/engine", Commit: commit}
		},
		"worktree": func(t *testing.T, root, commit string) (string, Place) {
			tree := filepath.Join(t.TempDir(), "tree")
			git(t, root, "worktree", "add", "-q", "-b", "side", tree)
			return tree, Place{Root: tree, Name: "engine", Repository: "git.example/ada/engine", Branch: "side", Commit: commit}
		},
		"submodule": func(t *testing.T, root, commit string) (string, Place) {
			outer, _ := repository(t)
			git(t, outer, "-c", "protocol.file.allow=always", "submodule", "add", "-q", root, "part")
			return filepath.Join(outer, "part"), Place{Root: filepath.Join(outer, "part"), Name: "part", Branch: "trunk", Commit: commit}
		},
		"no commit yet": func(t *testing.T, _, _ string) (string, Place) {
			root := t.TempDir()
			git(t, root, "init", "-q", "-b", "trunk")
			return root, Place{Root: root, Name: filepath.Base(root), Branch: "trunk"}
		},
		"another remote": func(t *testing.T, root, commit string) (string, Place) {
			git(t, root, "remote", "rename", "origin", "upstream")
			git(t, root, "remote", "add", "fork", "git@git.example:eve/engine.git")
			git(t, root, "config", "branch.trunk.remote", "fork")
			return root, Place{Root: root, Name: "engine", Repository: "git.example/eve/engine", Branch: "trunk", Commit: commit}
		},
		"no repository": func(t *testing.T, _, _ string) (string, Place) { return t.TempDir(), Place{} },
		"no directory":  func(t *testing.T, _, _ string) (string, Place) { return filepath.Join(t.TempDir(), "gone"), Place{} },
		"a .git that is none": func(t *testing.T, _, _ string) (string, Place) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, ".git"), []byte("gitdir: /nowhere\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			return dir, Place{Root: dir, Name: filepath.Base(dir)}
		},
	} {
		t.Run(name, func(t *testing.T) {
			root, commit := repository(t)
			dir, want := c(t, root, commit)
			want.Dir = dir
			if got := Look(dir); got != want {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
		})
	}
}

// TestLookAtOddFiles: what a hostile directory holds harms nobody.
func TestLookAtOddFiles(t *testing.T) {
	root, _ := repository(t)
	head := filepath.Join(root, ".git", "HEAD")
	for _, text := range []string{"", "\x00\xff", "ref: refs/heads/../../../../etc/passwd\n", "ref: /etc/passwd\n", strings.Repeat("x", 1<<20)} {
		if err := os.WriteFile(head, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if p := Look(root); p.Branch != "" || p.Commit != "" {
			t.Errorf("%.40q: got %+v", text, p)
		}
	}
	if err := os.Remove(head); err != nil {
		t.Fatal(err)
	}
	if err := exec.CommandContext(t.Context(), "mkfifo", head).Run(); err != nil {
		t.Fatal(err)
	}
	if p := Look(root); p.Repository != "git.example/ada/engine" || p.Branch != "" {
		t.Errorf("a pipe for a head: %+v", p)
	}
}

func TestRunsAreKept(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "runs")
	if _, ok := ReadRun(folder, "run-a"); ok {
		t.Error("a run that nobody has started is known")
	}
	want := Place{Dir: "/w", Repository: "git.example/ada/engine", User: "ada"}
	for _, name := range []string{"run-old", "run-a", "run-b"} {
		if err := WriteRun(folder, name, want); err != nil {
			t.Fatal(err)
		}
		if name == "run-old" {
			long := time.Now().Add(-2 * keptFor)
			if err := os.Chtimes(runFile(folder, name), long, long); err != nil {
				t.Fatal(err)
			}
		}
	}
	if got, ok := ReadRun(folder, "run-a"); !ok || got != want {
		t.Errorf("got %+v, %v", got, ok)
	}
	if _, ok := ReadRun(folder, "run-old"); ok {
		t.Error("an old run is still known")
	}
	if info, err := os.Stat(runFile(folder, "run-a")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
}

func TestHere(t *testing.T) {
	root, commit := repository(t)
	t.Chdir(root)
	p := Here()
	if p.Commit != commit || p.User == "" || p.Machine == "" || p.Dir == "" {
		t.Errorf("got %+v", p)
	}
}
