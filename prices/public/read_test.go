package public

import (
	"bytes"
	"maps"
	"os"
	"strings"
	"testing"

	"github.com/wiremeter/wiremeter/prices"
)

const head = "# provider\tmodel\twhen\tfrom\tuntil\tfactor\tinput\tcache_read\tcache_write_5m\tcache_write_1h\tcache_write_other\toutput\tweb_search\torigin\tchecked\n"

func read(t *testing.T, file string) *Table {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	table, err := Read(text, "2026-11-25")
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// full is the table as text, with spaces for tabs and without its last two columns,
// which are the same in all lines.
func full(t *testing.T, table *Table) string {
	t.Helper()
	var b bytes.Buffer
	if err := prices.Write(&b, table.Lines); err != nil {
		t.Fatal(err)
	}
	text, _ := strings.CutPrefix(b.String(), head)
	return strings.ReplaceAll(strings.ReplaceAll(text, "\t"+table.Format+"\t2026-11-25", ""), "\t", " ")
}

func TestLiteLLM(t *testing.T) {
	table := read(t, "testdata/litellm.json")
	want := `
anthropic claude-toy-1 - - - - 3 0.3 3.75 6 3.75 15 10000
anthropic claude-toy-1 geo=us - - 1.1 - - - - - - -
anthropic claude-toy-1 prompt>=200001 - - - 6 0.6 7.5 12 7.5 22.5 10000
anthropic claude-toy-1 speed=fast - - 6 - - - - - - -
bedrock us.anthropic.claude-toy-1-v1:0 - - - - 3.3 - 4.125 - 4.125 16.5 -
openai toy-embed - - - - 0.0375 - - - - - -
openai toy-gpt - - - - 1.25 0.125 - - - 10 -
openai toy-gpt tier=batch - - 0.5 - - - - - - -
openai toy-gpt tier=flex - - - 0.625 0.0625 - - - 5 -
openai toy-gpt tier=priority - - - 2.5 0.25 - - - 20 -
openai toy-gpt tier=priority,prompt>=272001 - - - 5 - - - - 30 -
vertex toy-gem - - - - 0.1 - - - - 0.4 -
xai toy-grok - - - - 2 - - - - 6 -
xai toy-grok prompt>=200000 - - - 4 - - - - 12 -
`
	if got := full(t, table); "\n"+got != want {
		t.Errorf("read as\n%s", got)
	}
	skipped := map[string]int{noProvider: 1, noPrice: 2, notSaid: 2, noSize: 1, contrary: 2}
	if table.Format != "litellm" || !maps.Equal(table.Skipped, skipped) {
		t.Errorf("%s, skipped %v", table.Format, table.Skipped)
	}
}

func TestModelsDev(t *testing.T) {
	table := read(t, "testdata/modelsdev.json")
	want := `
anthropic claude-toy-1 - - - - 3 0.3 3.75 - 3.75 15 -
anthropic claude-toy-1 prompt>=200001 - - - 6 0.6 7.5 - 7.5 22.5 -
anthropic claude-toy-1 speed=fast - - - 18 1.8 22.5 - 22.5 90 -
openai toy-gpt - - - - 1.25 0.125 - - - 10 -
openai toy-gpt prompt>=272001 - - - 2.5 0.25 - - - 15 -
xai toy-grok - - - - 2 - - - - 6 -
xai toy-grok prompt>=200000 - - - 4 - - - - 12 -
`
	if got := full(t, table); "\n"+got != want {
		t.Errorf("read as\n%s", got)
	}
	skipped := map[string]int{noProvider: 2, noPrice: 2, notSaid: 1, noSize: 1}
	if table.Format != "models.dev" || !maps.Equal(table.Skipped, skipped) {
		t.Errorf("%s, skipped %v", table.Format, table.Skipped)
	}
}

// A table that was read can be written, read again, and priced with.
func TestRoundTrip(t *testing.T) {
	for _, file := range []string{"testdata/litellm.json", "testdata/modelsdev.json"} {
		table := read(t, file)
		var b bytes.Buffer
		if err := prices.Write(&b, table.Lines); err != nil {
			t.Fatal(err)
		}
		lines, _, err := prices.Parse(file, &b)
		if err != nil {
			t.Fatal(err)
		}
		made, err := prices.NewTable(prices.Refreshed, lines, nil)
		if err != nil {
			t.Fatal(err)
		}
		item := prices.Item{Provider: "openai", Model: "toy-gpt-2026-01-31"}
		item.Tokens.Input, item.Tokens.CacheRead, item.Tokens.Output = new(int64(1000)), new(int64(2000)), new(int64(300))
		// 1000×1250 + 2000×125 + 300×10000
		if c := prices.NewBook(made).Cost(item); c.Amount.Nano() != 4_500_000 || c.Source != prices.Refreshed {
			t.Errorf("%s: %d, %s %s", file, c.Amount.Nano(), c.Reason, c.Detail)
		}
	}
}

func TestWhatIsNoTable(t *testing.T) {
	for text, want := range map[string]string{
		"":                    "expected a JSON object: unexpected end of JSON input",
		"<html>":              "expected a JSON object: invalid character '<' looking for beginning of value",
		"[]":                  "expected a JSON object: json: cannot unmarshal array into Go value of type map[string]json.RawMessage",
		`{"a":1}`:             "expected a table in the format of LiteLLM or of models.dev",
		`{"a":{"models":{}}}`: "no model in it has a price",
		`{"a":{"litellm_provider":"openai","mode":"chat","input_cost_per_token":-1}}`: "no model in it has a price",
		`{"a":{"litellm_provider":"openai","mode":"chat","input_cost_per_token":2}}`:  "no model in it has a price",
	} {
		if table, err := Read([]byte(text), ""); err == nil || err.Error() != want {
			t.Errorf("%s: %v, %v", text, table, err)
		}
	}
}
