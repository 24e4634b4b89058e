package transcript

import (
	"cmp"
	"fmt"
	"regexp"
	"time"

	"github.com/wiremeter/wiremeter/usage"
)

// event is one line, as Claude Code 2.1 writes it for an answer of the model's.
type event struct {
	ParentUUID  *string `json:"parentUuid"` // none is known
	IsSidechain bool    `json:"isSidechain"`
	AgentID     string  `json:"agentId,omitempty"`
	Type        string  `json:"type"`
	UUID        string  `json:"uuid"`
	Timestamp   string  `json:"timestamp"`
	SessionID   string  `json:"sessionId"`
	CWD         string  `json:"cwd,omitempty"`
	GitBranch   string  `json:"gitBranch,omitempty"`
	Version     string  `json:"version,omitempty"`
	RequestID   string  `json:"requestId"`
	Message     message `json:"message"`

	CostUSD *float64 `json:"costUSD,omitempty"`
	Origin  origin   `json:"wiremeter"`
}

type message struct {
	ID         string     `json:"id"`
	Type       string     `json:"type"`
	Role       string     `json:"role"`
	Model      string     `json:"model,omitempty"`
	Content    []struct{} `json:"content"` // none
	StopReason string     `json:"stop_reason,omitempty"`
	Usage      counts     `json:"usage"`
}

// counts: readers take Input and Output for given, so they are 0 where they are
// not known, which the origin tells.
type counts struct {
	Input      int64       `json:"input_tokens"`
	CacheWrite *int64      `json:"cache_creation_input_tokens,omitempty"`
	CacheRead  *int64      `json:"cache_read_input_tokens,omitempty"`
	Output     int64       `json:"output_tokens"`
	Lifetimes  *lifetimes  `json:"cache_creation,omitempty"`
	Tier       string      `json:"service_tier,omitempty"`
	Speed      string      `json:"speed,omitempty"`
	Geo        string      `json:"inference_geo,omitempty"`
	ServerTool *serverTool `json:"server_tool_use,omitempty"`
}

type lifetimes struct {
	Minutes5 *int64 `json:"ephemeral_5m_input_tokens,omitempty"`
	Hour1    *int64 `json:"ephemeral_1h_input_tokens,omitempty"`
}

type serverTool struct {
	WebSearches int64 `json:"web_search_requests"`
}

// origin says what Claude Code's lines have no place for.
type origin struct {
	Agent    string        `json:"agent,omitempty"`
	Provider string        `json:"provider,omitempty"`
	Outcome  usage.Outcome `json:"outcome"`
	Purpose  usage.Purpose `json:"purpose,omitempty"`
	Role     string        `json:"role,omitempty"`    // of a part of the response
	Made     []string      `json:"made,omitempty"`    // ids that are ours, since nobody stated one
	Unknown  []string      `json:"unknown,omitempty"` // counts that are not known, and stand as 0
}

const millis = "2006-01-02T15:04:05.000Z"

// events are the lines of a record: its own, and one for each part of the
// response that is billed beside it. One of which no count is known has none, nor
// has one that is in no total.
func events(r *usage.Record) (all []event) {
	if r.Kind == usage.Prewarm || r.Hop == usage.Gateway {
		return nil
	}
	if e := newEvent(r); e.take(r.Tokens) {
		e.Message.StopReason, e.Message.Usage.Tier = r.StopReason, r.ServiceTier
		e.Message.Usage.Speed, e.Message.Usage.Geo = r.Speed, r.Geo
		if r.WebSearches != nil {
			e.Message.Usage.ServerTool = &serverTool{*r.WebSearches}
		}
		if r.ReportedCost != nil {
			e.CostUSD = new(float64)
			*e.CostUSD = float64(*r.ReportedCost) / 1e9
		}
		all = append(all, e)
	}
	for i, p := range r.Parts {
		e := newEvent(r)
		if p.Role == usage.Unbilled || !e.take(p.Tokens) {
			continue
		}
		suffix := fmt.Sprintf("-part%d", i+1)
		e.UUID, e.Message.ID = e.UUID+suffix, e.Message.ID+suffix
		e.Message.Model, e.Origin.Role = cmp.Or(p.Model, e.Message.Model), p.Role
		all = append(all, e)
	}
	return all
}

// version is the form that readers take for one.
var version = regexp.MustCompile(`^\d+\.\d+\.\d+`)

func newEvent(r *usage.Record) event {
	e := event{
		IsSidechain: r.SubagentID != "" || r.Purpose == usage.Subagent, AgentID: r.SubagentID,
		Type: "assistant", UUID: r.ID, Timestamp: r.StartedAt.UTC().Format(millis),
		CWD: r.Dir, GitBranch: r.Branch,
		Message: message{Type: "message", Role: "assistant", Model: cmp.Or(r.Model, r.ModelRequested), Content: []struct{}{}},
		Origin:  origin{Agent: r.Agent, Provider: r.Provider, Outcome: r.Outcome, Purpose: r.Purpose},
	}
	if version.MatchString(r.AgentVersion) {
		e.Version = r.AgentVersion
	}
	for _, id := range []struct {
		name      string
		to        *string
		said, own string
	}{
		{"message.id", &e.Message.ID, r.Response.ID, r.ID},
		{"requestId", &e.RequestID, r.RequestID, r.ID},
		{"sessionId", &e.SessionID, r.SessionID, sessionOf(r)},
	} {
		if *id.to = id.said; id.said == "" {
			*id.to = id.own
			e.Origin.Made = append(e.Origin.Made, id.name)
		}
	}
	return e
}

// sessionOf stands in for a session that the agent does not name: the run, or all
// that the agent asked on a day.
func sessionOf(r *usage.Record) string {
	if r.Run != "" {
		return r.Run
	}
	return "no-session-" + cmp.Or(r.Agent, r.Provider, "unknown") + "-" + r.StartedAt.UTC().Format(time.DateOnly)
}

// take fills in the counts, and reports whether any is known.
func (e *event) take(t usage.Tokens) bool {
	u := &e.Message.Usage
	for _, c := range []struct {
		name string
		from *int64
		to   *int64
	}{{"input_tokens", t.Input, &u.Input}, {"output_tokens", t.Output, &u.Output}} {
		if c.from == nil {
			e.Origin.Unknown = append(e.Origin.Unknown, c.name)
			continue
		}
		*c.to = *c.from
	}
	u.CacheRead = t.CacheRead
	for _, write := range []*int64{t.CacheWrite5m, t.CacheWrite1h, t.CacheWriteOther} {
		if write == nil {
			continue
		}
		if u.CacheWrite == nil {
			u.CacheWrite = new(int64)
		}
		*u.CacheWrite += *write
	}
	if t.CacheWrite5m != nil || t.CacheWrite1h != nil {
		u.Lifetimes = &lifetimes{t.CacheWrite5m, t.CacheWrite1h}
	}
	return t.Input != nil || t.Output != nil || t.CacheRead != nil || u.CacheWrite != nil
}
