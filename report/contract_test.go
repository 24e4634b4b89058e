package report

import (
	"bytes"
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wiremeter/wiremeter/prices"
	"github.com/wiremeter/wiremeter/usage"
)

const contract = "../docs/export.md"

// documented is a row of the contract's table of fields.
type documented struct{ name, kind string }

var (
	fieldRow = regexp.MustCompile("(?m)^\\| `(\\w+)` \\| (\\w+)( or null)? \\|")
	example  = regexp.MustCompile("(?s)<!-- example -->\n```json\n(.*?)\n```")
)

func readContract(t *testing.T) (text string, fields []documented, nullable map[string]bool) {
	t.Helper()
	page, err := os.ReadFile(contract)
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(page), "\n## Fields\n")
	table, _, _ = strings.Cut(table, "\n## ")
	nullable = make(map[string]bool)
	for _, m := range fieldRow.FindAllStringSubmatch(table, -1) {
		fields = append(fields, documented{m[1], m[2]})
		nullable[m[1]] = m[3] != ""
	}
	return string(page), fields, nullable
}

// TestContract: the documented fields are those of the export, in its order,
// of its types, and null just where the page says so.
func TestContract(t *testing.T) {
	page, fields, nullable := readContract(t)
	full, empty := line(fullRecord(), nil), line(&usage.Record{}, nil)
	if names := namesOf(full); !slices.Equal(names, namesOfFields(fields)) {
		t.Fatalf("the export has the fields\n%s\nand the page\n%s", names, namesOfFields(fields))
	}
	for i, f := range fields {
		if f.name == "cost_reason" { // there is one just where there is no cost
			full[i], empty[i] = empty[i], full[i]
		}
		if got := kindOf(t, full[i].value); got != f.kind {
			t.Errorf("%s is %s, the page says %s", f.name, got, f.kind)
		}
		if got := kindOf(t, empty[i].value) == "null"; got != nullable[f.name] {
			t.Errorf("%s is null where it is unknown: %v, the page says %v", f.name, got, nullable[f.name])
		}
	}
	for _, word := range words() {
		if !strings.Contains(page, "`"+word+"`") {
			t.Errorf("the page does not speak of %q", word)
		}
	}
}

// TestContractExample: the example is a line such as the export writes, and its
// counts add up to what the page says.
func TestContractExample(t *testing.T) {
	page, fields, nullable := readContract(t)
	m := example.FindStringSubmatch(page)
	if m == nil {
		t.Fatal("the page has no example")
	}
	d := json.NewDecoder(strings.NewReader(m[1]))
	if _, err := d.Token(); err != nil {
		t.Fatal(err)
	}
	for _, f := range fields {
		var value json.RawMessage
		name, err := d.Token()
		if err == nil {
			err = d.Decode(&value)
		}
		if err != nil || name != f.name {
			t.Fatalf("found %v where %s should stand: %v", name, f.name, err)
		}
		if got := kindOf(t, value); got != f.kind && (got != "null" || !nullable[f.name]) {
			t.Errorf("%s is %s, the page says %s", f.name, got, f.kind)
		}
	}
	if d.More() {
		t.Error("the example has fields beyond the table")
	}
	var tokens usage.Tokens
	if err := json.Unmarshal([]byte(m[1]), &tokens); err != nil {
		t.Fatal(err)
	}
	all := *Row{Tokens: tokens}.All()
	if want := strings.ReplaceAll(thousands(all), ",", "") + " tokens were processed"; !strings.Contains(page, want) {
		t.Errorf("the page does not say that %s", want)
	}
}

// words are those that stand in records by the contract.
func words() []string {
	all := []string{
		string(usage.Forward), string(usage.Reverse), string(usage.FromHook), string(usage.HTTP1), string(usage.HTTP2), string(usage.WebSocket),
		string(usage.Model), string(usage.Prewarm), string(usage.Compact), string(usage.Embed), string(usage.Completion), string(usage.Image), string(usage.Audio),
		string(usage.AgentGone), string(usage.Stopped), string(usage.UpstreamUnreachable), string(usage.UpstreamCertificate),
		string(usage.UpstreamCut), string(usage.Misdirected),
		string(usage.Inclusive), string(usage.Exclusive), string(usage.Hook), string(usage.LowerBound),
		string(usage.Gateway), string(usage.Main), string(usage.Subagent), string(usage.Title), string(usage.Compaction),
		string(usage.Router), string(usage.Warmup), string(usage.Auxiliary), string(usage.PayPerUse), string(usage.Subscription),
		string(prices.ByProvider), string(prices.ByCompany), string(prices.Refreshed), string(prices.Embedded),
		string(prices.NoCounts), string(prices.UnknownModel), string(prices.AmbiguousName), string(prices.NotThen),
		string(prices.NoCondition), string(prices.NoPriceOf), string(prices.ImpossiblyBig),
		string(usage.FromLabel), string(usage.FromWire), string(usage.FromSession), string(usage.FromRun), string(usage.FromProcess), string(usage.FromRule),
	}
	for _, o := range usage.Outcomes {
		if o != usage.NotBillable && o != usage.Tunnelled && o != usage.Lost { // tallied only
			all = append(all, string(o))
		}
	}
	return all
}

// fullRecord has something in every field.
func fullRecord() *usage.Record {
	n := int64(1)
	tokens := usage.Tokens{Input: &n, CacheRead: &n, CacheWrite5m: &n, CacheWrite1h: &n, CacheWriteOther: &n, Output: &n, Reasoning: &n}
	return &usage.Record{
		ID: "x", StartedAt: time.UnixMilli(1), Outcome: usage.Metered, Reason: "x",
		Front: usage.Forward, Provider: "x", Dialect: "x", Host: "x", Path: "/", Status: 200, Streamed: true,
		Transport: usage.HTTP1, Kind: usage.Model,
		Attribution: usage.Attribution{
			Run: "x", Agent: "x", AgentVersion: "x", UserAgent: "x", SessionID: "x",
			ParentSessionID: "x", SubagentID: "x", TurnID: "x", Purpose: usage.Main,
			User: "x", Team: "x", Project: "x", Repository: "x", Branch: "x", Commit: "x", Dir: "x", Machine: "x",
			Plan: usage.PayPerUse, Sources: map[usage.Dimension]usage.Source{usage.ByUser: usage.FromRun}, Conflicts: []usage.Dimension{usage.ByUser},
		},
		Hop: usage.Gateway, Retries: &n,
		ModelRequested: "x", RequestID: "x", GroupID: "x",
		Response: usage.Response{
			ID: "x", Model: "x", Tokens: tokens, ServiceTier: "x", StopReason: "x", Raw: []byte("{}"),
			Parts: []usage.Part{{Role: "x", Tokens: tokens}}, IsDoubtful: true, Rule: usage.Inclusive,
			Speed: "x", Geo: "x", WebSearches: &n, ReportedCost: &n,
		},
		TTFT: time.Second, Duration: time.Second, RequestBytes: 1, ResponseBytes: 1, ParserVersion: 1,
	}
}

func namesOf(o object) (names []string) {
	for _, m := range o {
		names = append(names, m.name)
	}
	return names
}

func namesOfFields(fields []documented) (names []string) {
	for _, f := range fields {
		names = append(names, f.name)
	}
	return names
}

// kindOf is the JSON type of a value, as the page names it.
func kindOf(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	switch c := text[0]; {
	case c == '"':
		return "string"
	case c == '{':
		return "object"
	case c == '[':
		return "array"
	case c == 't', c == 'f':
		return "boolean"
	case c == 'n':
		return "null"
	case bytes.ContainsAny(text, ".eE"):
		return "number"
	}
	return "integer"
}
