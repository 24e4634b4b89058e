package parsers

import (
	"bytes"
	"maps"
	"slices"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/wiremeter/wiremeter/usage"
)

// dirMark is what stands around the working directory in what an agent writes for
// its model, as JSON. A user may write the words before it, too: where they are
// such as people write, what stands behind it must fit as well.
type dirMark struct{ before, behind string }

// dirMarks are those of each agent: what is more telling comes first. An agent
// that is not here, and is told by something else, may use any of them.
var dirMarks = map[string][]dirMark{
	"auggie":      {{`"repository_root":"`, ""}},
	"claude-code": {{`\n - Primary working directory: `, `\n - `}, {`<env>\nWorking directory: `, `\nIs directory`}},
	"codex":       {{`<cwd>`, "<"}},
	"copilot-cli": {{`* Current working directory: `, `\n* `}},
	"gemini-cli":  {{`Workspace Directories:**\n  - `, ""}, {`working in the directory: `, `\n`}},
	"qwen-code":   {{`working in the directory: `, `\nHere`}, {`Workspace Directories:**\n  - `, ""}},
	"opencode":    {{`<env>\n  Working directory: `, `\n  `}},
	"kilo":        {{`\nWorking directory: `, `\nWorkspace root folder`}, {`\n  Working directory: `, `\n  Workspace root folder`}},
	"continue":    {{`<env>\nWorking directory: `, `\nIs directory`}},
	"crush":       {{`<env>\nWorking directory: `, `\nIs directory`}},
	"kimi-code":   {{"current working directory is `", ""}},
	"pi":          {{`<cwd>\n`, `\n</cwd>`}, {`\nCurrent working directory: `, ""}},
	"droid":       {{`% pwd\n`, `\n`}},
	"cline":       {{`. Working Directory: `, `\n`}, {`# Current Working Directory (`, `) Files`}},
	"grok":        {{`Workspace Path: `, `\nToday's date`}},
	"roo":         {{`# Current Workspace Directory (`, `) Files`}, {`# Current Working Directory (`, `) Files`}},
}

var anyDirMarks = func() (all []dirMark) {
	for _, agent := range slices.Sorted(maps.Keys(dirMarks)) {
		for _, m := range dirMarks[agent] {
			if !slices.Contains(all, m) {
				all = append(all, m)
			}
		}
	}
	return all
}()

// opening is how the text begins that an agent gives its model.
type opening struct {
	text    string
	agent   string // empty: several say so
	purpose usage.Purpose
}

const youAre = `You are `

// openings, without the youAre before each. Those of titles, routers and
// summaries are the same in the forks of opencode and of Gemini CLI.
var openings = []opening{
	{`Claude Code`, "claude-code", usage.Main},
	{`a Claude agent, built on Anthropic's Claude Agent SDK`, "claude-code", usage.Main},
	{`Codex`, "codex", usage.Main},
	{`the GitHub Copilot CLI`, "copilot-cli", usage.Main},
	{`Gemini CLI`, "gemini-cli", usage.Main},
	{`Qwen Code`, "qwen-code", usage.Main},
	{`OpenCode`, "opencode", usage.Main},
	{`opencode`, "opencode", usage.Main},
	{`Kilo`, "kilo", usage.Main},
	{`Cline`, "cline", usage.Main},
	{`Roo`, "roo", usage.Main},
	{`an agent in the Continue CLI`, "continue", usage.Main},
	{`an expert coding assistant operating inside pi`, "pi", usage.Main},
	{`Kimi Code CLI`, "kimi-code", usage.Main},
	{`Droid`, "droid", usage.Main},
	{`Crush`, "crush", usage.Main},
	{`a title generator`, "", usage.Title},
	{`tasked with generating the session title`, "", usage.Title},
	{`a specialized Task Routing AI`, "", usage.Router},
	{`the component that summarizes internal chat history`, "", usage.Compaction},
	{`a helpful AI assistant tasked with summarizing conversations`, "", usage.Compaction},
}

// forks speak as another does in the head of a request.
var forks = map[string]string{"kilo": "opencode"}

// Bounds of what is looked at. Agents say where they are in the first message or
// the system prompt, before all that follows from it.
const (
	maxMarked  = 1 << 20 // bytes of a request
	maxPathRaw = 1 << 10 // of a path, as it stands
	longest    = 96      // no mark, and no opening, is longer
)

// marks finds in the text of a request what agents write there for their model:
// the working directory, and the first words. It reads the bytes of the JSON as
// they come, and keeps a path of them and who says so. Its zero value finds
// nothing.
type marks struct {
	agent string // by the head; empty: unknown
	left  int    // bytes that are still looked at
	held  []byte // the end of what was looked at: something may begin there

	dirs    []dirMark // that are looked for
	paths   []string  // what stands in each
	opening opening   // that was found
}

func newMarks(agent string) marks {
	m := marks{agent: agent, left: maxMarked, dirs: anyDirMarks}
	if known, ok := dirMarks[agent]; ok {
		m.dirs = known
	}
	for fork, of := range forks {
		if of == agent {
			m.dirs = slices.Concat(m.dirs, dirMarks[fork])
		}
	}
	m.paths = make([]string, len(m.dirs))
	return m
}

// write takes the next bytes.
func (m *marks) write(p []byte) {
	p = p[:min(len(p), m.left)]
	m.left -= len(p)
	if len(p) == 0 || m.isDone() {
		return
	}
	const seam = maxPathRaw + longest
	if len(m.held) > 0 {
		m.held = append(m.held, p[:min(len(p), seam)]...)
		rest := m.look(m.held)
		if len(p) < seam {
			m.held = append(m.held[:0], m.held[rest:]...)
			return
		}
	}
	m.held = append(m.held[:0], p[m.look(p):]...)
}

// isDone reports whether nothing more can be found that would count.
func (m *marks) isDone() bool {
	return m.agent != "" && m.paths[0] != "" && (m.opening.text != "" || saysPurpose[m.agent])
}

// saysPurpose are the agents whose head says what they want.
var saysPurpose = map[string]bool{"claude-code": true, "codex": true, "copilot-cli": true}

// look searches b and returns from where on it must be looked at again, with
// what follows.
func (m *marks) look(b []byte) (rest int) {
	rest = max(0, len(b)-longest)
	if hasMark(b) {
		for i, mark := range m.dirs {
			if m.paths[i] == "" {
				rest = min(rest, m.lookForPath(i, b, mark))
			}
		}
	}
	if m.opening.text == "" && !saysPurpose[m.agent] {
		m.lookForOpening(b)
	}
	return max(rest, len(b)-maxPathRaw-longest)
}

// behindWork is what follows the rare letter of those marks that speak of work.
var behindWork = [][]byte{[]byte("ing directory"), []byte("ing Directory"), []byte("ing in the directory"), []byte("space Director"), []byte("space Path")}

// hasMark reports whether a mark may stand in b. It looks for what is rare in each.
func hasMark(b []byte) bool {
	for at := 0; ; {
		n := bytes.IndexByte(b[at:], 'k')
		if n < 0 {
			return bytes.Contains(b, []byte("<cwd>")) || bytes.Contains(b, []byte("% pwd")) || bytes.Contains(b, []byte("y_root"))
		}
		at += n + 1
		if !bytes.HasSuffix(b[:at], []byte("ork")) {
			continue
		}
		for _, s := range behindWork {
			if bytes.HasPrefix(b[at:], s) {
				return true
			}
		}
	}
}

func (m *marks) lookForPath(i int, b []byte, mark dirMark) (rest int) {
	needle := []byte(mark.before)
	for at := 0; ; {
		n := bytes.Index(b[at:], needle)
		if n < 0 {
			return len(b)
		}
		begin := at + n
		at = begin + len(needle)
		path, isWhole := pathIn(b[at:], mark)
		if !isWhole {
			return begin
		}
		if path != "" {
			m.paths[i] = path
			return len(b)
		}
	}
}

// pathIn returns the absolute path that b begins with, and whether it ends in
// there. Behind a mark that opens something it ends where that closes.
func pathIn(b []byte, mark dirMark) (path string, isWhole bool) {
	end := byte('<')
	switch mark.before[len(mark.before)-1] {
	case '(':
		end = ')'
	case '`':
		end = '`'
	}
	n := 0
	for ; n < len(b) && b[n] != '"' && b[n] != end && b[n] >= ' '; n++ {
		if b[n] != '\\' {
			continue
		}
		if n+1 == len(b) {
			return "", false
		}
		if !strings.ContainsRune(`\/u`, rune(b[n+1])) {
			break
		}
		n++
	}
	switch {
	case n > maxPathRaw:
		return "", true
	case len(b)-n < max(1, len(mark.behind)):
		return "", false
	case !bytes.HasPrefix(b[n:], []byte(mark.behind)):
		return "", true
	}
	path = strings.TrimRight(gjson.Parse(`"`+string(b[:n])+`"`).Str, " ")
	if !isAbsolute(path) {
		return "", true
	}
	return path, true
}

// isAbsolute knows the paths of all systems, since the agent may run on another.
func isAbsolute(path string) bool {
	isDrive := len(path) > 2 && path[1] == ':' && (path[2] == '\\' || path[2] == '/')
	return isDrive || strings.HasPrefix(path, "/") || strings.HasPrefix(path, `\\`)
}

// lookForOpening takes the first words that mean something, at the beginning of
// a string or of a line.
func (m *marks) lookForOpening(b []byte) {
	for at := 0; ; {
		n := bytes.Index(b[at:], []byte(youAre))
		if n < 0 {
			return
		}
		begin := at + n
		at = begin + len(youAre)
		if !bytes.HasSuffix(b[:begin], []byte(`"`)) && !bytes.HasSuffix(b[:begin], []byte(`\n`)) {
			continue
		}
		for _, o := range openings {
			if bytes.HasPrefix(b[at:], []byte(o.text)) && (m.agent == "" || o.agent == "" || o.agent == m.agent || forks[o.agent] == m.agent) {
				m.opening = o
				return
			}
		}
	}
}

// fill adds what was found. A directory is only believed of an agent that is
// known, and not where a title is asked for: there stands what a user wrote.
func (m *marks) fill(q *Request) {
	q.Agent = m.opening.agent
	if q.Purpose == "" {
		q.Purpose = m.opening.purpose
	}
	agent := m.agent
	if agent == "" || forks[q.Agent] == agent {
		agent = q.Agent
	}
	if agent == "" || q.Purpose == usage.Title {
		return
	}
	of, ok := dirMarks[agent]
	if !ok {
		of = m.dirs
	}
	for _, mark := range of {
		if i := slices.Index(m.dirs, mark); i >= 0 && m.paths[i] != "" {
			q.Dir = m.paths[i]
			return
		}
	}
}
