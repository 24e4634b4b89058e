package sqlite

import (
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"time"

	"github.com/wiremeter/wiremeter/usage"
)

// field is one place in a record, as a column: Value reads it for writing a
// row, Scan fills it from one.
type field interface {
	driver.Valuer
	sql.Scanner
}

// columns are those of the table exchanges, in the order in which this program
// writes and reads them.
var columns = []struct {
	name string
	of   func(*usage.Record) field
}{
	{"id", func(r *usage.Record) field { return word[string]{&r.ID} }},
	{"started_at", func(r *usage.Record) field { return instant{&r.StartedAt} }},
	{"outcome", func(r *usage.Record) field { return word[usage.Outcome]{&r.Outcome} }},
	{"reason", func(r *usage.Record) field { return word[string]{&r.Reason} }},
	{"front", func(r *usage.Record) field { return word[usage.Front]{&r.Front} }},
	{"provider", func(r *usage.Record) field { return word[string]{&r.Provider} }},
	{"dialect", func(r *usage.Record) field { return word[string]{&r.Dialect} }},
	{"host", func(r *usage.Record) field { return word[string]{&r.Host} }},
	{"path", func(r *usage.Record) field { return word[string]{&r.Path} }},
	{"status", func(r *usage.Record) field { return number{&r.Status} }},
	{"streamed", func(r *usage.Record) field { return flag{&r.Streamed} }},
	{"transport", func(r *usage.Record) field { return word[usage.Transport]{&r.Transport} }},
	{"kind", func(r *usage.Record) field { return word[usage.Kind]{&r.Kind} }},
	{"run", func(r *usage.Record) field { return word[string]{&r.Run} }},
	{"agent", func(r *usage.Record) field { return word[string]{&r.Agent} }},
	{"agent_version", func(r *usage.Record) field { return word[string]{&r.AgentVersion} }},
	{"user_agent", func(r *usage.Record) field { return word[string]{&r.UserAgent} }},
	{"session_id", func(r *usage.Record) field { return word[string]{&r.SessionID} }},
	{"model_requested", func(r *usage.Record) field { return word[string]{&r.ModelRequested} }},
	{"model", func(r *usage.Record) field { return word[string]{&r.Model} }},
	{"response_id", func(r *usage.Record) field { return word[string]{&r.Response.ID} }},
	{"request_id", func(r *usage.Record) field { return word[string]{&r.RequestID} }},
	{"input", func(r *usage.Record) field { return count{&r.Tokens.Input} }},
	{"cache_read", func(r *usage.Record) field { return count{&r.Tokens.CacheRead} }},
	{"cache_write_5m", func(r *usage.Record) field { return count{&r.Tokens.CacheWrite5m} }},
	{"cache_write_1h", func(r *usage.Record) field { return count{&r.Tokens.CacheWrite1h} }},
	{"cache_write_other", func(r *usage.Record) field { return count{&r.Tokens.CacheWriteOther} }},
	{"output", func(r *usage.Record) field { return count{&r.Tokens.Output} }},
	{"reasoning", func(r *usage.Record) field { return count{&r.Tokens.Reasoning} }},
	{"service_tier", func(r *usage.Record) field { return word[string]{&r.ServiceTier} }},
	{"stop_reason", func(r *usage.Record) field { return word[string]{&r.StopReason} }},
	{"ttft_ms", func(r *usage.Record) field { return span{&r.TTFT, true} }},
	{"duration_ms", func(r *usage.Record) field { return span{&r.Duration, false} }},
	{"request_bytes", func(r *usage.Record) field { return size{&r.RequestBytes} }},
	{"response_bytes", func(r *usage.Record) field { return size{&r.ResponseBytes} }},
	{"usage_raw", func(r *usage.Record) field { return raw{&r.Raw} }},
	{"parts", func(r *usage.Record) field { return object[[]usage.Part]{&r.Parts} }},
	{"is_doubtful", func(r *usage.Record) field { return flag{&r.IsDoubtful} }},
	{"parser_version", func(r *usage.Record) field { return number{&r.ParserVersion} }},
	{"group_id", func(r *usage.Record) field { return word[string]{&r.GroupID} }},
	{"rule", func(r *usage.Record) field { return word[usage.Rule]{&r.Rule} }},
	{"reported_cost", func(r *usage.Record) field { return count{&r.ReportedCost} }},
	{"speed", func(r *usage.Record) field { return word[string]{&r.Speed} }},
	{"geo", func(r *usage.Record) field { return word[string]{&r.Geo} }},
	{"web_searches", func(r *usage.Record) field { return count{&r.WebSearches} }},
	{"hop", func(r *usage.Record) field { return word[usage.Hop]{&r.Hop} }},
	{"purpose", func(r *usage.Record) field { return word[usage.Purpose]{&r.Purpose} }},
	{"parent_session_id", func(r *usage.Record) field { return word[string]{&r.ParentSessionID} }},
	{"subagent_id", func(r *usage.Record) field { return word[string]{&r.SubagentID} }},
	{"turn_id", func(r *usage.Record) field { return word[string]{&r.TurnID} }},
	{"user", func(r *usage.Record) field { return word[string]{&r.User} }},
	{"team", func(r *usage.Record) field { return word[string]{&r.Team} }},
	{"project", func(r *usage.Record) field { return word[string]{&r.Project} }},
	{"repository", func(r *usage.Record) field { return word[string]{&r.Repository} }},
	{"branch", func(r *usage.Record) field { return word[string]{&r.Branch} }},
	{"commit_hash", func(r *usage.Record) field { return word[string]{&r.Commit} }},
	{"dir", func(r *usage.Record) field { return word[string]{&r.Dir} }},
	{"machine", func(r *usage.Record) field { return word[string]{&r.Machine} }},
	{"plan", func(r *usage.Record) field { return word[usage.Plan]{&r.Plan} }},
	{"sources", func(r *usage.Record) field { return object[map[usage.Dimension]usage.Source]{&r.Sources} }},
	{"conflicts", func(r *usage.Record) field { return object[[]usage.Dimension]{&r.Conflicts} }},
	{"retries", func(r *usage.Record) field { return count{&r.Retries} }},
}

// word: "" is NULL.
type word[S ~string] struct{ p *S }

func (f word[S]) Value() (driver.Value, error) {
	if *f.p == "" {
		return nil, nil
	}
	return string(*f.p), nil
}

func (f word[S]) Scan(v any) error {
	var n sql.NullString
	err := n.Scan(v)
	*f.p = S(n.String)
	return err
}

// number: 0 is NULL.
type number struct{ p *int }

func (f number) Value() (driver.Value, error) {
	if *f.p == 0 {
		return nil, nil
	}
	return int64(*f.p), nil
}

func (f number) Scan(v any) error {
	var n sql.NullInt64
	err := n.Scan(v)
	*f.p = int(n.Int64)
	return err
}

// count: nil is NULL; 0 is 0.
type count struct{ p **int64 }

func (f count) Value() (driver.Value, error) {
	if *f.p == nil {
		return nil, nil
	}
	return **f.p, nil
}

func (f count) Scan(v any) error {
	var n sql.NullInt64
	err := n.Scan(v)
	*f.p = nil
	if n.Valid {
		*f.p = &n.Int64
	}
	return err
}

// size is never NULL.
type size struct{ p *int64 }

func (f size) Value() (driver.Value, error) { return *f.p, nil }
func (f size) Scan(v any) error             { return scanInt(v, f.p) }

type flag struct{ p *bool }

func (f flag) Value() (driver.Value, error) {
	if *f.p {
		return int64(1), nil
	}
	return int64(0), nil
}

func (f flag) Scan(v any) error {
	var n int64
	err := scanInt(v, &n)
	*f.p = n != 0
	return err
}

// instant is in milliseconds since 1970 UTC.
type instant struct{ p *time.Time }

func (f instant) Value() (driver.Value, error) { return f.p.UnixMilli(), nil }

func (f instant) Scan(v any) error {
	var n int64
	err := scanInt(v, &n)
	*f.p = time.UnixMilli(n).UTC()
	return err
}

// span is in milliseconds, rounded up: what is known does not become 0, which
// is NULL where a span can be unknown.
type span struct {
	p         *time.Duration
	isNulling bool
}

func (f span) Value() (driver.Value, error) {
	if *f.p == 0 && f.isNulling {
		return nil, nil
	}
	return int64((*f.p + time.Millisecond - 1) / time.Millisecond), nil
}

func (f span) Scan(v any) error {
	var n sql.NullInt64
	err := n.Scan(v)
	*f.p = time.Duration(n.Int64) * time.Millisecond
	return err
}

// raw is text: nil is NULL.
type raw struct{ p *[]byte }

func (f raw) Value() (driver.Value, error) {
	if len(*f.p) == 0 {
		return nil, nil
	}
	return string(*f.p), nil
}

func (f raw) Scan(v any) error {
	var n sql.NullString
	err := n.Scan(v)
	*f.p = nil
	if n.Valid {
		*f.p = []byte(n.String)
	}
	return err
}

// object is JSON: nil is NULL.
type object[T []usage.Part | []usage.Dimension | map[usage.Dimension]usage.Source] struct{ p *T }

func (f object[T]) Value() (driver.Value, error) {
	if len(*f.p) == 0 {
		return nil, nil
	}
	text, err := json.Marshal(*f.p)
	return string(text), err
}

func (f object[T]) Scan(v any) error {
	var text []byte
	*f.p = nil
	if err := (raw{&text}).Scan(v); err != nil || text == nil {
		return err
	}
	return json.Unmarshal(text, f.p)
}

func scanInt(v any, p *int64) error {
	n, ok := v.(int64)
	if !ok {
		return fmt.Errorf("expected an integer, got %T", v)
	}
	*p = n
	return nil
}
