package main

import (
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/wiremeter/wiremeter/parsers"
)

var update = flag.Bool("update", false, "rewrite the generated parts of the README")

const (
	top    = "../.." // of the repository
	readme = top + "/README.md"

	maxReadme = 150 // lines: it is read whole, or not at all
)

// settings say how an agent is given the base URL of a prefix, %s.
var settings = map[string]string{
	"/anthropic":  "Claude Code: `ANTHROPIC_BASE_URL=%s`",
	"/gemini":     "Gemini CLI with a key: `GOOGLE_GEMINI_BASE_URL=%s`",
	"/codeassist": "Gemini CLI with a Google login: `CODE_ASSIST_ENDPOINT=%s`",
	"/openai":     "Codex: `-c openai_base_url=%s/v1`; others: `%[1]s/v1`",
}

// generated makes the parts of the README that the registry knows better.
var generated = map[string]func() string{
	"prefixes":  prefixTable,
	"providers": providerTable,
}

func prefixTable() string {
	var b strings.Builder
	b.WriteString("| below `http://" + defaultListen + "` | stands for | set |\n|---|---|---|\n")
	for _, p := range parsers.Prefixes() {
		set := ""
		if s, ok := settings[p.Prefix]; ok {
			set = fmt.Sprintf(s, "http://"+defaultListen+p.Prefix)
		}
		fmt.Fprintf(&b, "| `%s` | `%s` | %s |\n", p.Prefix, p.Origin, set)
	}
	return b.String()
}

func providerTable() string {
	var b strings.Builder
	b.WriteString("| provider | hosts, with their subdomains | dialects |\n|---|---|---|\n")
	for _, p := range parsers.Providers() {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", p.Name, shortList(p.Domains), strings.Join(p.Dialects(), ", "))
	}
	return b.String()
}

// shortList keeps a table narrow enough to be read.
func shortList(names []string) string {
	if len(names) > 3 {
		names = append(slices.Clone(names[:2]), "…")
	}
	return strings.Join(names, ", ")
}

// TestReadme holds the README against the registry. With -update it mends it.
func TestReadme(t *testing.T) {
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	now := string(text)
	for _, name := range slices.Sorted(maps.Keys(generated)) {
		now = replaceMarked(t, now, name, generated[name]())
	}
	if *update && now != string(text) {
		if err := os.WriteFile(readme, []byte(now), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if now != string(text) {
		t.Error("README.md is behind the registry: run  go test ./cmd/wiremeter -update")
	}
	if n := strings.Count(now, "\n"); n > maxReadme {
		t.Errorf("README.md has %d lines, %d at most: move something to docs/", n, maxReadme)
	}
	for prefix := range settings {
		if _, ok := prefixes()[prefix]; !ok {
			t.Errorf("settings speak of the prefix %s, which does not exist", prefix)
		}
	}
}

func replaceMarked(t *testing.T, text, name, by string) string {
	t.Helper()
	begin, end := "<!-- "+name+": made by go test ./cmd/wiremeter -update -->\n", "<!-- /"+name+" -->"
	before, rest, ok := strings.Cut(text, begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("README.md lacks the markers of %s", name)
	}
	return before + begin + by + end + after
}

// link is a Markdown link; its target ends before a title.
var link = regexp.MustCompile(`\]\(([^)\s]+)`)

// TestLinks: every relative link of a page leads to something.
func TestLinks(t *testing.T) {
	for _, page := range pages(t) {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllStringSubmatch(string(text), -1) {
			target, _, _ := strings.Cut(m[1], "#")
			if target == "" || strings.Contains(target, ":") {
				continue
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(page), filepath.FromSlash(target))); err != nil {
				t.Errorf("%s: the link to %s leads nowhere", page, m[1])
			}
		}
	}
}

// pages are the Markdown files of this repository, not those of what npm put
// into it.
func pages(t *testing.T) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
		if d != nil && d.IsDir() && path != top && (d.Name() == "node_modules" || d.Name()[0] == '.') {
			return filepath.SkipDir
		}
		if filepath.Ext(path) == ".md" {
			all = append(all, path)
		}
		return err
	})
	if err != nil || len(all) < 5 {
		t.Fatalf("found the pages %v: %v", all, err)
	}
	return all
}
