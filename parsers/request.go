package parsers

// Request is what the body of a request says of itself. Empty and false mean
// unsaid.
type Request struct {
	Model        string
	IsStream     bool
	IsBackground bool   // the response will be fetched later
	IsPrewarm    bool   // nothing is to be generated: a cache is to be filled
	SessionID    string // the agent's, where it puts it into the body
	CacheTTL     string // "5m" or "1h": the one lifetime that the request asks for
}
