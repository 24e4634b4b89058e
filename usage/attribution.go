package usage

// Attribution says who asked, and where from. Each field is empty where
// unknown.
type Attribution struct {
	Run          string // the run's name, from the proxy credentials
	Agent        string
	AgentVersion string
	UserAgent    string

	SessionID       string
	ParentSessionID string  // the session that started this one
	SubagentID      string  // which of the session's sub-agents; empty: the main one, or unknown
	TurnID          string  // the agent's id of the user's prompt, the same in all requests that it led to
	Purpose         Purpose // what the agent asked for

	User       string // a name or an address; a pseudonym where the configuration asks for one
	Team       string
	Project    string
	Repository string // host and path of the git remote, without scheme and credentials
	Branch     string
	Commit     string // in hexadecimal
	Dir        string // the working directory
	Machine    string // the host's name
	Plan       Plan   // how it is paid for

	Sources   map[Dimension]Source // who told each dimension that is known
	Conflicts []Dimension          // those of which a weaker source said something else, in the order of Dimensions
}

// Dimension names a field of an Attribution that a report can group by.
type Dimension string

const (
	ByAgent      Dimension = "agent"
	BySession    Dimension = "session"
	ByUser       Dimension = "user"
	ByTeam       Dimension = "team"
	ByProject    Dimension = "project"
	ByRepository Dimension = "repository"
	ByBranch     Dimension = "branch"
	ByCommit     Dimension = "commit"
	ByDir        Dimension = "dir"
	ByMachine    Dimension = "machine"
)

// Source is the rung of the ladder on which a dimension was told, the strongest
// first.
type Source string

const (
	FromLabel   Source = "label"   // said by hand in the proxy credentials
	FromWire    Source = "wire"    // the agent itself, in the request
	FromSession Source = "session" // another request of the same session or connection
	FromRun     Source = "run"     // what `wiremeter run` saw where it started
	FromProcess Source = "process" // the process at the other end of the connection
	FromRule    Source = "rule"    // the configuration
)

// Purpose is what an agent wants of a request, as it says itself.
type Purpose string

const (
	Main       Purpose = "main"       // the user's turn
	Subagent   Purpose = "subagent"   // a sub-agent's
	Title      Purpose = "title"      // a name for the session
	Compaction Purpose = "compaction" // the conversation made shorter
	Router     Purpose = "router"     // which model is to answer
	Warmup     Purpose = "warmup"     // a cache filled ahead
	Auxiliary  Purpose = "auxiliary"  // another side call
)

// Plan tells whether a request costs its own money.
type Plan string

const (
	PayPerUse    Plan = "api"          // a key: each token is billed
	Subscription Plan = "subscription" // a login: the cost is what the same would have cost with a key
)
