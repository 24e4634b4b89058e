package transcript

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/wiremeter/wiremeter/usage"
)

func lines(t *testing.T, r usage.Record) string {
	t.Helper()
	var b strings.Builder
	for _, e := range events(&r) {
		text, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		b.WriteString(string(text) + "\n")
	}
	return b.String()
}

func TestALineOfEveryCount(t *testing.T) {
	check(t, "the line", lines(t, record("01K0")), `{"parentUuid":null,"isSidechain":false,"type":"assistant","uuid":"01K0","timestamp":"2026-11-24T10:00:00.005Z","sessionId":"s1",`+
		`"cwd":"/src/my_app","gitBranch":"main","version":"2.1.330","requestId":"req_01K0","message":{"id":"msg_01K0","type":"message","role":"assistant","model":"claude-opus-5","content":[],"stop_reason":"end_turn",`+
		`"usage":{"input_tokens":1,"cache_creation_input_tokens":4300,"cache_read_input_tokens":20,"output_tokens":50000,"cache_creation":{"ephemeral_5m_input_tokens":300,"ephemeral_1h_input_tokens":4000}}},`+
		`"wiremeter":{"agent":"claude-code","provider":"anthropic","outcome":"metered"}}`+"\n")
	check(t, "all there is to say", lines(t, with(record("01K0"), func(r *usage.Record) {
		r.SubagentID, r.Purpose, r.ServiceTier, r.Speed, r.Geo, r.WebSearches, r.ReportedCost = "a1", usage.Subagent, "standard", "fast", "us", n(2), n(1_500_000)
	})), `{"parentUuid":null,"isSidechain":true,"agentId":"a1","type":"assistant","uuid":"01K0","timestamp":"2026-11-24T10:00:00.005Z","sessionId":"s1",`+
		`"cwd":"/src/my_app","gitBranch":"main","version":"2.1.330","requestId":"req_01K0","message":{"id":"msg_01K0","type":"message","role":"assistant","model":"claude-opus-5","content":[],"stop_reason":"end_turn",`+
		`"usage":{"input_tokens":1,"cache_creation_input_tokens":4300,"cache_read_input_tokens":20,"output_tokens":50000,"cache_creation":{"ephemeral_5m_input_tokens":300,"ephemeral_1h_input_tokens":4000},`+
		`"service_tier":"standard","speed":"fast","inference_geo":"us","server_tool_use":{"web_search_requests":2}}},"costUSD":0.0015,`+
		`"wiremeter":{"agent":"claude-code","provider":"anthropic","outcome":"metered","purpose":"subagent"}}`+"\n")
}

// TestWhatIsNotKnown is left out, where readers do without it; where they do not
// the line says so.
func TestWhatIsNotKnown(t *testing.T) {
	bare := usage.Record{ID: "01K0", StartedAt: when(0), Outcome: usage.Interrupted, Response: usage.Response{Tokens: usage.Tokens{CacheRead: n(0), CacheWriteOther: n(3)}}}
	check(t, "the line", lines(t, bare), `{"parentUuid":null,"isSidechain":false,"type":"assistant","uuid":"01K0","timestamp":"2026-11-24T10:00:00.005Z","sessionId":"no-session-unknown-2026-11-24","requestId":"01K0",`+
		`"message":{"id":"01K0","type":"message","role":"assistant","content":[],"usage":{"input_tokens":0,"cache_creation_input_tokens":3,"cache_read_input_tokens":0,"output_tokens":0}},`+
		`"wiremeter":{"outcome":"interrupted","made":["message.id","requestId","sessionId"],"unknown":["input_tokens","output_tokens"]}}`+"\n")
}

func TestWhichRecordsHaveLines(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*usage.Record)
		lines  int
	}{
		"metered":                     {func(*usage.Record) {}, 1},
		"interrupted, with counts":    {func(r *usage.Record) { r.Outcome = usage.Interrupted }, 1},
		"failed, with counts":         {func(r *usage.Record) { r.Outcome = usage.Failed }, 1},
		"no usage":                    {func(r *usage.Record) { r.Outcome, r.Tokens = usage.NoUsage, usage.Tokens{} }, 0},
		"nothing but a part of a sum": {func(r *usage.Record) { r.Tokens = usage.Tokens{Reasoning: n(1)} }, 0},
		"prewarm":                     {func(r *usage.Record) { r.Kind = usage.Prewarm }, 0},
		"on the way to a gateway":     {func(r *usage.Record) { r.Hop = usage.Gateway }, 0},
	} {
		if got := strings.Count(lines(t, with(record("x"), test.change)), "\n"); got != test.lines {
			t.Errorf("%s: %d lines, want %d", name, got, test.lines)
		}
	}
}

// TestPartsAreLinesOfTheirOwn: they are billed in addition, but for those that a
// model had used when it declined.
func TestPartsAreLinesOfTheirOwn(t *testing.T) {
	r := with(record("x"), func(r *usage.Record) {
		r.Parts = []usage.Part{
			{Role: usage.Unbilled, Model: "a", Tokens: usage.Tokens{Input: n(1)}}, {Role: "advisor", Model: "b", Tokens: usage.Tokens{Input: n(2), Output: n(3)}},
			{Role: "compaction", Tokens: usage.Tokens{Output: n(4)}}, {Role: "empty"},
		}
	})
	var got []string
	for _, e := range events(&r) {
		got = append(got, strings.Join([]string{e.UUID, e.Message.ID, e.RequestID, e.Message.Model, e.Origin.Role, strings.Join(e.Origin.Unknown, ",")}, " "))
	}
	check(t, "the lines", strings.Join(got, "\n"), "x msg_x req_x claude-opus-5  \nx-part2 msg_x-part2 req_x b advisor \nx-part3 msg_x-part3 req_x claude-opus-5 compaction input_tokens")
}

func TestPlaces(t *testing.T) {
	long := strings.Repeat("abcdefghij", 12)
	for name, test := range map[string]struct {
		change func(*usage.Record)
		want   string
	}{
		"as Claude Code has it":   {func(r *usage.Record) { r.Dir = "/srv/a.b_c d/ä日x+Y" }, "-srv-a-b-c-d---x-Y/s1.jsonl"},
		"beyond the first plane":  {func(r *usage.Record) { r.Dir = "/😀" }, "---/s1.jsonl"},
		"Windows":                 {func(r *usage.Record) { r.Dir = `C:\src\app` }, "C--src-app/s1.jsonl"},
		"a long directory":        {func(r *usage.Record) { r.Dir = "/tmp/long-" + long + "/second-" + long }, "-tmp-long-" + long + "-second-abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijab-bptf90/s1.jsonl"},
		"a repository":            {func(r *usage.Record) { r.Dir, r.Repository = "", "git.example/ada/engine" }, "git-example-ada-engine/s1.jsonl"},
		"a project":               {func(r *usage.Record) { r.Dir, r.Project = "", "engine" }, "engine/s1.jsonl"},
		"nothing":                 {func(r *usage.Record) { r.Dir = "" }, "unknown/s1.jsonl"},
		"a run":                   {func(r *usage.Record) { r.SessionID, r.Run = "", "run-abcdefghij" }, "-src-my-app/run-abcdefghij.jsonl"},
		"no session":              {func(r *usage.Record) { r.SessionID = "" }, "-src-my-app/no-session-claude-code-2026-11-24.jsonl"},
		"no agent":                {func(r *usage.Record) { r.SessionID, r.Agent = "", "" }, "-src-my-app/no-session-anthropic-2026-11-24.jsonl"},
		"a session that is a way": {func(r *usage.Record) { r.SessionID = "../../.bashrc" }, "-src-my-app/-.-..-.bashrc.jsonl"},
		"a session without end":   {func(r *usage.Record) { r.SessionID = strings.Repeat("x", 256) }, "-src-my-app/" + strings.Repeat("x", 200) + ".jsonl"},
	} {
		r := with(record("x"), test.change)
		check(t, name, place(&r, events(&r)[0].SessionID), test.want)
	}
}
