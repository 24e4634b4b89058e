package parsers

import (
	"strings"
	"testing"

	"github.com/wiremeter/wiremeter/usage"
)

// said is what an agent's request says in its text, as seen on the wire.
var said = map[string]struct {
	agent, text string // who asks by the head; of the JSON
	want        Request
}{
	"claude-code": {"claude-code", `"# Environment\nYou have been invoked in the following environment: \n - Primary working directory: /home/ada/engine\n - Is a git repository: true"`,
		asker("", "", "/home/ada/engine")},
	"claude-code, older":    {"claude-code", `"<env>\nWorking directory: /home/ada/engine\nIs directory a git repo: No"`, asker("", "", "/home/ada/engine")},
	"claude-code, by words": {"", `"You are a Claude agent, built on Anthropic's Claude Agent SDK."},{"text":"\n - Primary working directory: /w\n - Is"`, asker("claude-code", usage.Main, "/w")},
	"codex":                 {"codex", `"<environment_context>\n  <cwd>/home/ada/engine</cwd>\n  <shell>bash</shell>"`, asker("", "", "/home/ada/engine")},
	"gemini-cli":            {"gemini-cli", `"temporary directory is: /home/ada/.gemini/tmp/x\n- **Workspace Directories:**\n  - /home/ada/engine\n- **Directory Structure"`, asker("", "", "/home/ada/engine")},
	"gemini-cli's router":   {"gemini-cli", `"\nYou are a specialized Task Routing AI. Your sole function"`, asker("", usage.Router, "")},
	"gemini-cli's words":    {"gemini-cli", `"You are Gemini CLI, an autonomous CLI agent"`, asker("gemini-cli", usage.Main, "")},
	"copilot-cli":           {"copilot-cli", `"* Current working directory: /home/ada/engine\n* Git repository root"`, asker("", "", "/home/ada/engine")},
	"opencode":              {"opencode", `"You are OpenCode, the best coding agent on the planet.\n<env>\n  Working directory: /home/ada/engine\n  Is"`, asker("opencode", usage.Main, "/home/ada/engine")},
	"opencode's title":      {"opencode", `"You are a title generator. You output ONLY a thread title."`, asker("", usage.Title, "")},
	"kilo, speaking as opencode": {"opencode", `"You are Kilo, a highly skilled software engineer"},"<environment_details>\nWorking directory: /home/ada/engine\nWorkspace root folder: /"`,
		asker("kilo", usage.Main, "/home/ada/engine")},
	"opencode, dressed as Claude Code": {"opencode", `"You are Claude Code, Anthropic's official CLI for Claude."},{"text":"<env>\n  Working directory: /w\n  Workspace"`, asker("", "", "/w")},
	"continue":                         {"", `"You are an agent in the Continue CLI. Given\n<env>\nWorking directory: /home/ada/engine\nIs directory a git repo"`, asker("continue", usage.Main, "/home/ada/engine")},
	"qwen-code":                        {"qwen-code", `"I'm currently working in the directory: /home/ada/engine\nHere is"`, asker("", "", "/home/ada/engine")},
	"kimi-code":                        {"kimi-code", "\"The current working directory is `/home/ada/engine`. This\"", asker("", "", "/home/ada/engine")},
	"pi":                               {"", `"You are an expert coding assistant operating inside pi, a coding\n<cwd>\n/home/ada/engine\n</cwd>"`, asker("pi", usage.Main, "/home/ada/engine")},
	"droid":                            {"droid", `"% pwd\n/home/ada/engine\n% ls"`, asker("", "", "/home/ada/engine")},
	"cline":                            {"", `"You are Cline, a highly skilled\n4. Working Directory: /home/ada/engine\n</env>"`, asker("cline", usage.Main, "/home/ada/engine")},
	"cline in an editor":               {"cline", `"# Current Working Directory (/home/ada/my engine) Files\nx"`, asker("", "", "/home/ada/my engine")},
	"an agent without a mark":          {"goose", `"<env>\nWorking directory: /home/ada/engine\nIs directory a git repo"`, asker("", "", "/home/ada/engine")},
	"auggie":                           {"auggie", `{"ide_state_node":{"workspace_folders":[{"repository_root":"/home/ada/engine"}]}}`, asker("", "", "/home/ada/engine")},
	"grok":                             {"grok", `"Workspace Path: /home/ada/engine\nToday's date"`, asker("", "", "/home/ada/engine")},
	"grok's title":                     {"grok", `"You are tasked with generating the session title"`, asker("", usage.Title, "")},
	"windows":                          {"claude-code", `"\n - Primary working directory: C:\\Users\\ada\\engine\n - Is"`, asker("", "", `C:\Users\ada\engine`)},
	"not ASCII":                        {"claude-code", `"\n - Primary working directory: /home/\u00e4da/engine\n - Is"`, asker("", "", "/home/äda/engine")},
	"no path":                          {"claude-code", `"\n - Primary working directory: unknown\n - Primary working directory: /w\n - Is"`, asker("", "", "/w")},
	"no end of a path":                 {"claude-code", `"\n - Primary working directory: /` + strings.Repeat("x", 3000) + `\n"`, asker("", "", "")},
	"a user's words":                   {"", `"Working directory: /home/ada/secret\n"`, asker("", "", "")},
	"a user's, before the agent's":     {"claude-code", `"Working directory: /srv/x\nPrimary working directory: /srv/y\n"},{"text":"\n - Primary working directory: /w\n - Is"`, asker("", "", "/w")},
	"a user's, for a title":            {"opencode", `"You are a title generator. You"},{"text":"<env>\n  Working directory: /srv/x\n  Is"`, asker("", usage.Title, "")},
	"a user's, for opencode":           {"opencode", `"Working directory: /srv/x\nand Workspace Path: /srv/y"`, asker("", "", "")},
	"a user's, for continue":           {"", `"Working directory: /srv/x\n"},{"text":"You are an agent in the Continue CLI."`, asker("continue", usage.Main, "")},
	"words of a user's":                {"", `"he said: You are Droid"`, asker("", "", "")},
}

func asker(agent string, p usage.Purpose, dir string) Request {
	var q Request
	q.Agent, q.Purpose, q.Dir = agent, p, dir
	return q
}

// TestMarks: what stands in the text is found wherever the pieces are cut.
func TestMarks(t *testing.T) {
	filler := strings.Repeat(`{"role":"user","content":"Find the directory: it is a \"directory\" of pi"},`, 100)
	for name, c := range said {
		body := `{"messages":[` + filler + `{"content":[{"text":` + c.text + `}]},` + filler + `{}]}`
		for _, size := range []int{len(body), 1, 7, 1000, 4096} {
			r := NewRequestReader(c.agent)
			for rest := body; rest != ""; {
				n := min(size, len(rest))
				r.Write([]byte(rest[:n]))
				rest = rest[n:]
			}
			if got, _ := r.Close(); got != c.want {
				t.Errorf("%s, in pieces of %d: got %+v, want %+v", name, size, got.Asker, c.want.Asker)
			}
		}
	}
}

// TestMarksAreBounded: after the first megabyte nothing is looked for.
func TestMarksAreBounded(t *testing.T) {
	r := NewRequestReader("claude-code")
	for range 2 << 10 {
		r.Write([]byte(strings.Repeat("x", 1<<10)))
		if len(r.marks.held) > 8<<10 {
			t.Fatalf("%d bytes are held", len(r.marks.held))
		}
	}
	r.Write([]byte(`\n - Primary working directory: /late\n - Is`))
	if q, _ := r.Close(); q.Dir != "" {
		t.Errorf("got %q", q.Dir)
	}
}

// BenchmarkRequestReader is what a large request costs to read, in the pieces in
// which it passes.
func BenchmarkRequestReader(b *testing.B) {
	turn := `{"role":"user","content":[{"type":"tool_result","content":"func (d *directory) open() { // the directory: \"it\" is working\n\treturn d.path\n}\n You are here"}]},`
	body := []byte(`{"model":"m","messages":[` + strings.Repeat(turn, 2<<20/len(turn)) + `{}]}`)
	for _, agent := range []string{"", "claude-code", "opencode"} {
		b.Run("agent "+agent, func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				r := NewRequestReader(agent)
				for rest := body; len(rest) > 0; rest = rest[min(len(rest), 32<<10):] {
					r.Write(rest[:min(len(rest), 32<<10)])
				}
				r.Close()
			}
		})
	}
}

// TestEveryMarkIsLookedFor: what is looked for first is a part of each.
func TestEveryMarkIsLookedFor(t *testing.T) {
	for _, mark := range anyDirMarks {
		if !hasMark([]byte("k k, work, working; " + mark.before)) {
			t.Errorf("%q would not be found", mark)
		}
	}
	if hasMark([]byte("we are working in the workspace; cwd, pwd")) {
		t.Error("there is no mark")
	}
}
