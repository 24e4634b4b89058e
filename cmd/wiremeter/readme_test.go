package main

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/wiremeter/wiremeter/capture"
	"github.com/wiremeter/wiremeter/parsers"
)

var update = flag.Bool("update", false, "rewrite the generated parts of the README and of docs/providers.md")

const (
	top       = "../.." // of the repository
	readme    = top + "/README.md"
	providers = top + "/docs/providers.md"

	maxReadme = 150 // lines: it is read whole, or not at all
)

// settings say how an agent is given the base URL of a prefix, %s.
var settings = map[string]string{
	"/anthropic":  "Claude Code: `ANTHROPIC_BASE_URL=%s`",
	"/cursor":     "Cursor's SDK: `CURSOR_BACKEND_URL=%s`",
	"/gemini":     "Gemini CLI with a key: `GOOGLE_GEMINI_BASE_URL=%s`",
	"/codeassist": "Gemini CLI with a Google login: `CODE_ASSIST_ENDPOINT=%s`",
	"/openai":     "Codex: `-c openai_base_url=%s/v1`; others: `%[1]s/v1`",
}

// generated makes the parts of the pages that the registry knows better.
var generated = map[string]map[string]func() string{
	readme:    {"prefixes": func() string { return prefixTable(isSet) }, "providers": providerList, "agents": agentList},
	providers: {"prefixes": func() string { return prefixTable(isAny) }, "providers": providerTable},
}

// isSet: the README shows how an agent is set up.
func isSet(prefix string) bool { return settings[prefix] != "" }

func isAny(string) bool { return true }

func prefixTable(isShown func(prefix string) bool) string {
	var b strings.Builder
	b.WriteString("| below `http://" + defaultListen + "` | stands for | set |\n|---|---|---|\n")
	for _, p := range parsers.BuiltIn().Prefixes() {
		set := ""
		if s, ok := settings[p.Prefix]; ok {
			set = fmt.Sprintf(s, "http://"+defaultListen+p.Prefix)
		}
		if isShown(p.Prefix) {
			fmt.Fprintf(&b, "| `%s` | `%s` | %s |\n", p.Prefix, p.Origin, set)
		}
	}
	return b.String()
}

func providerList() string {
	var names []string
	for _, p := range parsers.BuiltIn().All() {
		names = append(names, p.Name)
	}
	return filled(names) + ".\n"
}

func agentList() string { return filled(capture.Agents()) + ".\n" }

func providerTable() string {
	var b strings.Builder
	b.WriteString("| provider | hosts, with their subdomains | dialects |\n|---|---|---|\n")
	for _, p := range parsers.BuiltIn().All() {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", p.Name, shortList(p.Domains), strings.Join(p.Dialects(), ", "))
	}
	return b.String()
}

// shortList keeps a table narrow enough to be read.
func shortList(names []string) string {
	if len(names) > 12 {
		names = append(slices.Clone(names[:2]), "…")
	}
	return strings.Join(names, ", ")
}

// TestReadme holds the generated pages against the registry. With -update it
// mends them.
func TestReadme(t *testing.T) {
	for page, parts := range generated {
		text := generate(t, page, parts)
		if n := strings.Count(text, "\n"); page == readme && n > maxReadme {
			t.Errorf("README.md has %d lines, %d at most: move something to docs/", n, maxReadme)
		}
	}
	for prefix := range settings {
		if _, ok := prefixes(parsers.BuiltIn())[prefix]; !ok {
			t.Errorf("settings speak of the prefix %s, which does not exist", prefix)
		}
	}
}

func generate(t *testing.T, page string, parts map[string]func() string) string {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	now := string(text)
	for name, part := range parts {
		now = replaceMarked(t, page, now, name, part())
	}
	if now == string(text) {
		return now
	}
	if !*update {
		t.Errorf("%s is behind the registry: run  go test ./cmd/wiremeter -update", page)
	} else if err := os.WriteFile(page, []byte(now), 0o644); err != nil {
		t.Fatal(err)
	}
	return now
}

func replaceMarked(t *testing.T, page, text, name, by string) string {
	t.Helper()
	begin, end := "<!-- "+name+": made by go test ./cmd/wiremeter -update -->\n", "<!-- /"+name+" -->"
	before, rest, ok := strings.Cut(text, begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s lacks the markers of %s", page, name)
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

// TestTheExportNamesItsWords: its page has every dialect and every agent, and what
// becomes of each dialect's counts.
func TestTheExportNamesItsWords(t *testing.T) {
	page, err := os.ReadFile(top + "/docs/export.md")
	if err != nil {
		t.Fatal(err)
	}
	row := func(start string) string {
		_, rest, _ := strings.Cut(string(page), "\n"+start)
		row, _, _ := strings.Cut(rest, "\n")
		return row
	}
	_, counts, _ := strings.Cut(string(page), "\n## Counts\n")
	for _, p := range parsers.BuiltIn().All() {
		for _, d := range p.Dialects() {
			if !strings.Contains(row("| `dialect` |"), "`"+d+"`") || !strings.Contains(counts, "`"+d+"`") {
				t.Errorf("docs/export.md lacks the dialect %s among the fields, or its counts", d)
			}
		}
	}
	for _, agent := range capture.Agents() {
		if !strings.Contains(row("| `agent` |"), "`"+agent+"`") {
			t.Errorf("docs/export.md lacks the agent %s", agent)
		}
	}
}
