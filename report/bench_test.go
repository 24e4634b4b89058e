package report

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/wiremeter/wiremeter/prices"
	"github.com/wiremeter/wiremeter/store/sqlite"
	"github.com/wiremeter/wiremeter/usage"
)

var (
	benchRecords = flag.Int("records", 200_000, "how many records the database of a benchmark has")
	benchFile    = flag.String("database", "", "keep the database of a benchmark in this file, and use it where it is there")
)

// office is forty sessions at a time, of fifty people in five teams.
type office struct {
	random   *rand.Rand
	at       time.Time
	step     time.Duration
	sessions [40]work
	made     int
}

// work is a session under way.
type work struct {
	usage.Attribution
	model, provider  string
	left, leftOfTurn int
	prompt           int64 // so far
}

func (o *office) next() usage.Record {
	o.made++
	o.at = o.at.Add(o.step)
	w := &o.sessions[o.random.IntN(len(o.sessions))]
	if w.left--; w.left < 0 {
		*w = o.session()
	}
	if w.leftOfTurn--; w.leftOfTurn < 0 {
		w.TurnID, w.leftOfTurn = o.uuid(), o.random.IntN(16)
	}
	r := usage.Record{
		ID: fmt.Sprintf("01M87R2ZC4577Y%012d", o.made), StartedAt: o.at, Outcome: usage.Metered, Front: usage.Forward, Provider: w.provider, Dialect: "messages",
		Host: "api.example", Path: "/v1/messages", Status: 200, Streamed: true, Transport: usage.HTTP1, Kind: usage.Model, Attribution: w.Attribution,
		ModelRequested: w.model, Response: usage.Response{Model: w.model, Raw: []byte(`{"input_tokens":12,"output_tokens":210}`)},
		TTFT: time.Duration(o.random.IntN(3000)) * time.Millisecond, Duration: time.Duration(o.random.IntN(20000)) * time.Millisecond, RequestBytes: 80_000, ResponseBytes: 14_000, ParserVersion: 1,
	}
	count := func(n int) *int64 { return new(o.random.Int64N(int64(n))) }
	r.Tokens = usage.Tokens{Input: count(3000), CacheRead: new(w.prompt), CacheWrite5m: count(3000), CacheWrite1h: new(int64(0)), Output: count(2000)}
	if w.prompt += *r.Tokens.CacheWrite5m; w.prompt > 180_000 {
		w.prompt = 20_000 // made shorter
	}
	switch o.random.IntN(20) {
	case 0:
		r.Outcome, r.Reason, r.Tokens = usage.Failed, "overloaded_error", usage.Tokens{}
	case 1, 2, 3:
		r.Purpose, r.SubagentID = usage.Subagent, "a1"
	case 4:
		r.Purpose, r.Model = usage.Title, "claude-haiku-4-5"
	}
	return r
}

func (o *office) session() work {
	user := o.random.IntN(50)
	project := o.random.IntN(30)
	w := work{left: 60 + o.random.IntN(120)}
	w.Agent, w.AgentVersion, w.model, w.provider = "claude-code", "2.1.330", "claude-opus-5", "anthropic"
	if o.random.IntN(3) == 0 {
		w.Agent, w.AgentVersion, w.model, w.provider = "codex", "0.99.0", "gpt-5.6", "openai"
	}
	w.SessionID, w.Purpose = o.uuid(), usage.Main
	w.User, w.Team, w.Machine = fmt.Sprintf("user%02d", user), fmt.Sprintf("team%d", user%5), fmt.Sprintf("laptop-%02d", user)
	w.Project, w.Repository, w.Branch = fmt.Sprintf("project%02d", project), fmt.Sprintf("git.example/x/project%02d", project), oneOf(o.random, "main", "fix", "next")
	w.Plan = usage.PayPerUse
	return w
}

func (o *office) uuid() string {
	return fmt.Sprintf("%08x-0000-4000-8000-%012x", o.random.Uint32(), o.random.Uint64N(1<<48))
}

func oneOf[T any](r *rand.Rand, all ...T) T { return all[r.IntN(len(all))] }

// benched is a database of one record in a second and a half.
func benched(b *testing.B) *sqlite.Reader {
	b.Helper()
	path := *benchFile
	if path == "" {
		path = filepath.Join(b.TempDir(), "w.db")
	}
	if _, err := os.Stat(path); err != nil {
		fill(b, path)
	}
	r, err := sqlite.OpenReader(path) // brings it up to date
	if err != nil {
		b.Fatal(err)
	}
	began := time.Now()
	if err := sqlite.RollUp(b.Context(), path, 0, nil); err != nil {
		b.Fatal(err)
	}
	b.Logf("added up in %v", time.Since(began).Round(time.Millisecond))
	b.Cleanup(func() {
		if err := r.Close(); err != nil {
			b.Error(err)
		}
	})
	return r
}

func fill(b *testing.B, path string) {
	b.Helper()
	d, err := sqlite.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	o := &office{random: rand.New(rand.NewPCG(1, 2)), at: at("2026-05-25T00:00:00Z"), step: 1500 * time.Millisecond} // ten million are half a year
	var batch []usage.Record
	for i := range *benchRecords {
		if batch = append(batch, o.next()); len(batch) == 10_000 || i == *benchRecords-1 {
			if err := d.Store(b.Context(), batch, nil); err != nil {
				b.Fatal(err)
			}
			batch = batch[:0]
		}
	}
	if err := d.Close(); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkReports asks what people ask. docs/performance.md has what came out for
// ten million records: -records 10000000 -database FILE.
func BenchmarkReports(b *testing.B) {
	r := benched(b)
	book := prices.NewBook(prices.EmbeddedTable())
	for _, bench := range []struct {
		name string
		q    Query
	}{
		{"day and model", Query{By: []string{"day", "model"}}},
		{"month", Query{By: []string{"month"}}},
		{"session", Query{By: []string{"session"}, Sort: "cost", Limit: 10}},
		{"turn", Query{By: []string{"turn"}, Limit: 10}},
		{"user and project with models", Query{By: []string{"user", "project"}, Breakdown: true}},
		{"agent and outcome with turns", Query{By: []string{"agent", "outcome"}, CountsSessions: true, CountsTurns: true}},
		{"one user by week", Query{By: []string{"week"}, Where: map[string][]string{"user": {"user07"}}}},
		{"the last day by hour", Query{By: []string{"hour"}, Since: at("2026-11-20T00:07:00Z")}},
		{"a window that cuts slots", Query{By: []string{"agent"}, Since: at("2026-06-20T00:07:00Z"), Until: at("2026-10-20T11:07:13Z")}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			bench.q.Location, bench.q.Prices = time.UTC, book
			for b.Loop() {
				if _, err := Ask(b.Context(), r, bench.q); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("values of session", func(b *testing.B) {
		for b.Loop() {
			if _, err := Values(b.Context(), r, "session"); err != nil {
				b.Fatal(err)
			}
		}
	})
}
