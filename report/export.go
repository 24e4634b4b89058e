package report

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/wiremeter/wiremeter/prices"
	"github.com/wiremeter/wiremeter/store/sqlite"
	"github.com/wiremeter/wiremeter/usage"
)

// SchemaVersion is the version of the export's contract, docs/export.md.
const SchemaVersion = 1

// Export writes the records that q chooses as lines of JSON, oldest first, as
// they were when it began. It needs the memory of one record. Of q it heeds the
// filters, the time and the prices. Its error may be a DimensionError.
func Export(ctx context.Context, w io.Writer, r *sqlite.Reader, q Query) error {
	filter, err := q.Filter()
	if err != nil {
		return err
	}
	b := bufio.NewWriterSize(w, 64<<10)
	for record, err := range r.Records(ctx, filter) {
		if err != nil {
			return err
		}
		if err := WriteRecord(b, &record, q.Prices); err != nil {
			return err
		}
	}
	return b.Flush()
}

// WriteRecord writes one record as Export does. Without a book only what the
// provider itself said of the cost is known.
func WriteRecord(w io.Writer, r *usage.Record, book *prices.Book) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	if err := e.Encode(line(r, book)); err != nil {
		return fmt.Errorf("write record %s: %w", r.ID, err)
	}
	return nil
}

// millis is RFC 3339 with milliseconds.
const millis = "2006-01-02T15:04:05.000Z07:00"

// line is a record under the names of the contract, in its order.
func line(r *usage.Record, book *prices.Book) object {
	t := r.Tokens
	c := costOf(r, orNone(book))
	return object{
		{"schema_version", SchemaVersion},
		{"id", r.ID},
		{"started_at", r.StartedAt.UTC().Format(millis)},
		{"outcome", r.Outcome},
		{"reason", known(r.Reason)},
		{"front", known(r.Front)},
		{"provider", known(r.Provider)},
		{"dialect", known(r.Dialect)},
		{"host", known(r.Host)},
		{"path", known(r.Path)},
		{"status", positive(int64(r.Status))},
		{"streamed", r.Streamed},
		{"transport", known(r.Transport)},
		{"agent", known(r.Agent)},
		{"agent_version", known(r.AgentVersion)},
		{"user_agent", known(r.UserAgent)},
		{"session_id", known(r.SessionID)},
		{"model_requested", known(r.ModelRequested)},
		{"model", known(r.Model)},
		{"response_id", known(r.Response.ID)},
		{"request_id", known(r.RequestID)},
		{"input", t.Input},
		{"cache_read", t.CacheRead},
		{"cache_write_5m", t.CacheWrite5m},
		{"cache_write_1h", t.CacheWrite1h},
		{"cache_write_other", t.CacheWriteOther},
		{"output", t.Output},
		{"reasoning", t.Reasoning},
		{"service_tier", known(r.ServiceTier)},
		{"stop_reason", known(r.StopReason)},
		{"ttft_ms", positive(r.TTFT.Milliseconds())},
		{"duration_ms", r.Duration.Milliseconds()},
		{"request_bytes", r.RequestBytes},
		{"response_bytes", r.ResponseBytes},
		{"kind", known(r.Kind)},
		{"usage_raw", verbatim(r.Raw)},
		{"run", known(r.Run)},
		{"parts", r.Parts},
		{"is_doubtful", r.IsDoubtful},
		{"parser_version", positive(int64(r.ParserVersion))},
		{"group_id", known(r.GroupID)},
		{"rule", known(r.Rule)},
		{"reported_cost", r.ReportedCost},
		{"speed", known(r.Speed)},
		{"geo", known(r.Geo)},
		{"web_searches", r.WebSearches},
		{"hop", known(r.Hop)},
		{"purpose", known(r.Purpose)},
		{"parent_session_id", known(r.ParentSessionID)},
		{"subagent_id", known(r.SubagentID)},
		{"turn_id", known(r.TurnID)},
		{"user", known(r.User)},
		{"team", known(r.Team)},
		{"project", known(r.Project)},
		{"repository", known(r.Repository)},
		{"branch", known(r.Branch)},
		{"commit", known(r.Commit)},
		{"dir", known(r.Dir)},
		{"machine", known(r.Machine)},
		{"plan", known(r.Plan)},
		{"sources", r.Sources},
		{"conflicts", r.Conflicts},
		{"retries", r.Retries},
		{"cost", c.amount},
		{"cost_source", known(c.source)},
		{"cost_reason", known(c.reason)},
		{"cost_at_least", c.isAtLeast},
	}
}

// recordCost is what one record cost with its parts.
type recordCost struct {
	amount    *int64 // in nano-dollars; nil: not known of all that it is made of
	source    prices.Source
	reason    prices.Reason // why it is not
	isAtLeast bool
}

func costOf(r *usage.Record, book *prices.Book) (c recordCost) {
	var total prices.Amount
	for _, item := range prices.Items(r) {
		switch part := book.Cost(item); {
		case part.IsPriced():
			total = total.Plus(part.Amount)
			c.source = cmp.Or(c.source, part.Source)
			c.isAtLeast = c.isAtLeast || part.IsLowerBound
		case part.Reason != prices.NoCounts:
			return recordCost{reason: part.Reason}
		}
	}
	if c.source == "" {
		return recordCost{reason: prices.NoCounts}
	}
	c.amount = new(total.Nano())
	return c
}

func positive(n int64) *int64 {
	if n <= 0 {
		return nil
	}
	return &n
}

// verbatim is the JSON itself. What is no JSON is kept all the same, as a
// string: it is the provider's word.
func verbatim(raw []byte) any {
	switch {
	case len(raw) == 0:
		return nil
	case utf8.Valid(raw) && json.Valid(raw):
		return json.RawMessage(raw)
	}
	return string(raw)
}
