package usage

// Tokens are the counts of one response, as its provider stated them.
//
// Every count is in tokens; nil means that the provider did not say, and is
// never the same as 0. The counts do not overlap: Input, CacheRead, the three
// cache writes and Output add up to everything that was processed. Reasoning
// alone is a part of another count (Output).
type Tokens struct {
	Input           *int64 `json:"input"` // neither read from nor written to a cache
	CacheRead       *int64 `json:"cache_read"`
	CacheWrite5m    *int64 `json:"cache_write_5m"`
	CacheWrite1h    *int64 `json:"cache_write_1h"`
	CacheWriteOther *int64 `json:"cache_write_other"` // lifetime not stated, or neither five minutes nor one hour
	Output          *int64 `json:"output"`            // reasoning included
	Reasoning       *int64 `json:"reasoning"`         // the part of Output spent on reasoning
}

// IsZero reports whether no count is known.
func (t Tokens) IsZero() bool { return t == Tokens{} }

// Response is what a provider's response says of itself. Strings are empty
// and Raw is nil where it said nothing.
type Response struct {
	ID           string // the response or message id
	Model        string // the model that served
	Tokens       Tokens
	ServiceTier  string
	StopReason   string
	Kind         Kind   // only where the response itself tells (compact); else ""
	Speed        string // where it is priced apart ("fast"); "" is the ordinary
	Geo          string // where it was computed, if that is priced apart ("us"; of Claude on Bedrock "global", or a geography, or a region)
	WebSearches  *int64 // searches made by the provider, billed each; nil: not said
	ReportedCost *int64 // what the provider says it costs, in nano-dollars (1e-9 USD); nil: not said
	Error        string // the provider's error type, when the response carries an error
	Raw          []byte // the provider's usage object, verbatim JSON, without content
	Parts        []Part
	IsPending    bool // a background response that is not finished: its usage comes with a later GET
	IsDoubtful   bool // the counts contradict the provider's own total; see Raw
	Rule         Rule // how the counts were read where that was a choice; else ""
}

// Rule names a reading of counts whose provider does not say how to read them,
// or said only some.
type Rule string

const (
	Inclusive     Rule = "inclusive"      // the input included what was cached
	Exclusive     Rule = "exclusive"      // it cannot have, since it is less, or has not by the names of the counts
	Hook          Rule = "hook"           // the counts are those shown to a hook of the user's
	HookInclusive Rule = "hook_inclusive" // both
	HookExclusive Rule = "hook_exclusive"
	LowerBound    Rule = "lower_bound" // the output is what was announced until the cut: the least that it can have been
)

// Unbilled is the role of parts that are kept and not added up: what a model had
// used when it declined, and another took its place. Nobody says that this is
// billed.
const Unbilled = "fallback_declined"

// Part is usage that a response reports beside its own counts, billed in
// addition: a compaction, an advisor model, a declined fallback hop.
type Part struct {
	Role   string `json:"role"`
	Model  string `json:"model,omitempty"`
	Tokens Tokens `json:"tokens"`
}
