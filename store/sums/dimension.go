package sums

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/wiremeter/wiremeter/usage"
)

// dimension is a word of a line.
type dimension struct {
	name string
	from []string // the columns of a record that it is made of
	of   func(*usage.Record) string
}

// dimensions are in the order of a line's words.
var dimensions = [dimensionCount]dimension{
	{"agent", nil, func(r *usage.Record) string { return r.Agent }},
	{"agent_version", nil, func(r *usage.Record) string { return r.AgentVersion }},
	{modelName, []string{"model", "model_requested"}, func(r *usage.Record) string { return modelOf(r) }},
	{"provider", nil, func(r *usage.Record) string { return r.Provider }},
	{"host", nil, func(r *usage.Record) string { return r.Host }},
	{"outcome", nil, func(r *usage.Record) string { return string(r.Outcome) }},
	{"reason", nil, func(r *usage.Record) string { return r.Reason }},
	{"kind", nil, func(r *usage.Record) string { return string(r.Kind) }},
	{"front", nil, func(r *usage.Record) string { return string(r.Front) }},
	{"hop", nil, func(r *usage.Record) string { return string(r.Hop) }},
	{"run", nil, func(r *usage.Record) string { return r.Run }},
	{"session_id", nil, func(r *usage.Record) string { return r.SessionID }},
	{"parent_session_id", nil, func(r *usage.Record) string { return r.ParentSessionID }},
	{"subagent_id", nil, func(r *usage.Record) string { return r.SubagentID }},
	{"turn_id", nil, func(r *usage.Record) string { return r.TurnID }},
	{"purpose", nil, func(r *usage.Record) string { return string(r.Purpose) }},
	{"user", nil, func(r *usage.Record) string { return r.User }},
	{"team", nil, func(r *usage.Record) string { return r.Team }},
	{"project", nil, func(r *usage.Record) string { return r.Project }},
	{"repository", nil, func(r *usage.Record) string { return r.Repository }},
	{"branch", nil, func(r *usage.Record) string { return r.Branch }},
	{"commit_hash", nil, func(r *usage.Record) string { return r.Commit }},
	{"dir", nil, func(r *usage.Record) string { return r.Dir }},
	{"machine", nil, func(r *usage.Record) string { return r.Machine }},
	{"plan", nil, func(r *usage.Record) string { return string(r.Plan) }},
	{"service_tier", nil, func(r *usage.Record) string { return r.ServiceTier }},
	{"speed", nil, func(r *usage.Record) string { return r.Speed }},
	{"geo", nil, func(r *usage.Record) string { return r.Geo }},
	{Band, tokenColumns, func(r *usage.Record) string { return bandOf(r.Tokens) }},
	{Known, append(slices.Clone(tokenColumns), "web_searches"), func(r *usage.Record) string { return knownOf(r.Tokens, r.WebSearches) }},
	{IsPartial, []string{"outcome", "rule"}, func(r *usage.Record) string { return truth(isPartial(r)) }},
	{IsReported, []string{"reported_cost"}, func(r *usage.Record) string { return truth(r.ReportedCost != nil) }},
}

// Dimensions that no column of a record holds. Lines that are alike in them cost
// what one with the sum of their counts would.
const (
	Band       = "band"        // usage.PromptBand of the line's own tokens, in decimal
	Known      = "known"       // which counts of tokens and searches are known: a letter each
	IsPartial  = "is_partial"  // "true" where the counts may be those until a cut
	IsReported = "is_reported" // "true" where the provider said what the record costs, also on lines of its parts

	modelName = "model" // that served, else that was asked for; a part's own where it has one
)

var tokenColumns = []string{"input", "cache_read", "cache_write_5m", "cache_write_1h", "cache_write_other", "output", "reasoning"}

// Dimensions lists what lines can be grouped and chosen by.
func Dimensions() (names []string) {
	for _, d := range dimensions {
		names = append(names, d.name)
	}
	return names
}

// indexOf is the place of a dimension in a line's words.
func indexOf(name string) (int, error) {
	at := slices.IndexFunc(dimensions[:], func(d dimension) bool { return d.name == name })
	if at < 0 {
		return 0, fmt.Errorf("group by %q: expected one of %s", name, strings.Join(Dimensions(), ", "))
	}
	return at, nil
}

func mustIndex(name string) int {
	at, err := indexOf(name)
	if err != nil {
		panic(err)
	}
	return at
}

func (d dimension) columns() []string {
	if d.from == nil {
		return []string{d.name}
	}
	return d.from
}

func modelOf(r *usage.Record) string {
	if r.Model == "" {
		return r.ModelRequested
	}
	return r.Model
}

// bandOf takes what is unknown for nothing, as a price does.
func bandOf(t usage.Tokens) string {
	var prompt int64
	for _, n := range []*int64{t.Input, t.CacheRead, t.CacheWrite5m, t.CacheWrite1h, t.CacheWriteOther} {
		if n != nil {
			prompt += *n
		}
	}
	return strconv.FormatInt(usage.PromptBand(prompt), 10)
}

func knownOf(t usage.Tokens, webSearches *int64) string {
	letters := make([]byte, 0, 8)
	for i, n := range []*int64{t.Input, t.CacheRead, t.CacheWrite5m, t.CacheWrite1h, t.CacheWriteOther, t.Output, t.Reasoning, webSearches} {
		if n != nil {
			letters = append(letters, "ir51wons"[i])
		}
	}
	return string(letters)
}

func isPartial(r *usage.Record) bool {
	return r.Outcome != usage.Metered || r.Rule == usage.LowerBound
}

func truth(is bool) string {
	if is {
		return "true"
	}
	return ""
}

// Columns are those of a record that lines with these dimensions, and all
// measures, are made of.
func Columns(names []string) ([]string, error) {
	all := slices.Clone(measureColumns)
	for _, name := range append([]string{"kind", "hop", "session_id", "turn_id"}, names...) {
		d, err := indexOf(name)
		if err != nil {
			return nil, err
		}
		for _, c := range dimensions[d].columns() {
			if !slices.Contains(all, c) {
				all = append(all, c)
			}
		}
	}
	return all, nil
}

// IsOfRecord reports whether a dimension is a column of a record, and the same for
// its parts.
func IsOfRecord(name string) bool {
	d, err := indexOf(name)
	return err == nil && dimensions[d].from == nil
}
