package dialect

import (
	"strings"

	"github.com/tidwall/gjson"

	"github.com/wiremeter/wiremeter/usage"
)

// Asker is what a request says of who asks, and where. Empty means unsaid.
type Asker struct {
	Agent      string // by the first words that its model reads
	ParentID   string // the session that started this one
	SubagentID string
	TurnID     string // the agent's id of the user's prompt
	AccountID  string // of the login
	Purpose    usage.Purpose
	Dir        string // the working directory, as it is told to the model
	Root       string // of the repository
	Remote     string // the git remote's URL as it stands, with credentials if it has any
	Commit     string
}

// readMetadata takes what Claude Code, Kimi Code and Qwen Code (with DashScope)
// put into a request.
func readMetadata(q *Request, v gjson.Result) {
	session, account := userOf(last(v, "user_id"))
	keepLast(&q.SessionID, session)
	keepLast(&q.AccountID, account)
	keepLast(&q.SessionID, word(last(v, "sessionId")))
	if prompt := word(last(v, "promptId")); prompt != "" {
		q.TurnID = prompt
		q.SubagentID, q.Purpose = qwenPurpose(prompt)
	}
}

// userOf takes apart the user id that Claude Code makes up: JSON in a string; in
// older versions words joined by underscores. Kimi Code's is the session.
func userOf(id gjson.Result) (session, account string) {
	if gjson.Valid(id.Str) {
		o := gjson.Parse(id.Str)
		return word(last(o, "session_id")), word(last(o, "account_uuid"))
	}
	w := word(id)
	if strings.HasPrefix(w, "session_") {
		return w, ""
	}
	user, session, ok := strings.Cut(w, "_session_")
	if !ok {
		return "", ""
	}
	_, account, _ = strings.Cut(user, "_account_")
	return session, account
}

// qwenPurpose reads SESSION########N and SESSION#SUBAGENT#N; a sub-agent that is
// not the user's begins with "managed-".
func qwenPurpose(prompt string) (subagent string, _ usage.Purpose) {
	_, rest, ok := strings.Cut(prompt, "#")
	name, _, isSubagent := strings.Cut(rest, "#")
	switch {
	case !ok:
		return "", ""
	case !isSubagent, name == "":
		return "", usage.Main
	case strings.HasPrefix(name, "managed-"):
		return name, usage.Auxiliary
	}
	return name, usage.Subagent
}

// readClientMetadata takes Codex's word of a turn, which stands in its header
// too.
func readClientMetadata(q *Request, v gjson.Result) {
	q.addTurn(last(v, "x-codex-turn-metadata").Str)
	keepFirst(&q.SessionID, word(last(v, "session_id")))
	keepFirst(&q.TurnID, word(last(v, "turn_id")))
}

// ReadCodexTurn reads the X-Codex-Turn-Metadata of a request: JSON, as seen with
// Codex 0.169. What is none says nothing.
func ReadCodexTurn(text string) Request {
	var q Request
	q.addTurn(text)
	return q
}

func (q *Request) addTurn(text string) {
	if !gjson.Valid(text) {
		return
	}
	var kind, thread, agent string
	words := map[string]*string{
		"session_id": &q.SessionID, "thread_id": &thread, "turn_id": &q.TurnID, "request_kind": &kind, "agent_name": &agent,
		"parent_thread_id": &q.ParentID,
	}
	gjson.Parse(text).ForEach(func(key, v gjson.Result) bool {
		if to, ok := words[key.Str]; ok {
			keepLast(to, word(v))
		}
		if key.Str == "workspaces" {
			q.addWorkspaces(v)
		}
		return true
	})
	isChild := thread != "" && q.SessionID != "" && thread != q.SessionID || agent != "" && agent != "/root"
	if isChild {
		q.SubagentID = thread
	}
	keepLast((*string)(&q.Purpose), string(codexPurpose(kind, isChild)))
}

// codexPurpose: of a request kind that is not known nothing is said.
func codexPurpose(kind string, isChild bool) usage.Purpose {
	switch {
	case strings.HasPrefix(kind, "compact"):
		return usage.Compaction
	case kind == "prewarm":
		return usage.Warmup
	case kind == "turn" && isChild:
		return usage.Subagent
	case kind == "turn":
		return usage.Main
	case kind == "":
		return ""
	}
	return usage.Auxiliary
}

func copilotPurpose(interaction string) usage.Purpose {
	switch interaction {
	case "":
		return ""
	case "conversation-user", "conversation-agent":
		return usage.Main
	case "conversation-subagent":
		return usage.Subagent
	}
	return usage.Auxiliary
}

// addWorkspaces reads the repository that the agent works in. With several
// nobody says which is meant.
func (q *Request) addWorkspaces(all gjson.Result) {
	var found, n = gjson.Result{}, 0
	all.ForEach(func(root, v gjson.Result) bool {
		q.Root, found = strings.Clone(root.Str), v
		n++
		return true
	})
	if n != 1 {
		q.Root = ""
		return
	}
	q.Commit = word(last(found, "latest_git_commit_hash"))
	remotes := last(found, "associated_remote_urls")
	q.Remote = word(last(remotes, "origin"))
	remotes.ForEach(func(_, url gjson.Result) bool {
		keepFirst(&q.Remote, word(url))
		return true
	})
}
