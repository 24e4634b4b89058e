package provider

import (
	"os"
	"strings"
	"testing"

	"github.com/wiremeter/wiremeter/usage"
)

// TestAddingAProvider: the table that docs/adding-a-provider.md shows is the
// one here, and works as the page says. The table and its registry are of this
// test alone: whoever follows the page to the letter has another acme beside it.
func TestAddingAProvider(t *testing.T) {
	// Paths as Acme's API reference of June 2026 lists them.
	var acme = &Provider{
		Name:     "acme",
		Domains:  []string{"api.acme.example"},
		Prefixes: []Prefix{{"/acme", "https://api.acme.example"}},
		Rules: []Rule{
			free("POST", `/chat/completions/dry-run/?$`, "count_tokens"),

			billable("POST", `/chat/completions/?$`, "chat"),
			billable("POST", `/embeddings/?$`, "chat").as(usage.Embed),
			billable("POST", `^/v1/videos/?$`, ""), // no dialect reads these

			free("", `/models(/|$)`, "models"),
		},
	}

	page, err := os.ReadFile("../../docs/adding-a-provider.md")
	if err != nil {
		t.Fatal(err)
	}
	_, shown, _ := strings.Cut(string(page), "```go\npackage provider\n\nimport \"github.com/wiremeter/wiremeter/usage\"\n")
	shown, _, ok := strings.Cut(shown, "```")
	source, err := os.ReadFile("adding_test.go")
	if err != nil {
		t.Fatal(err)
	}
	if !ok || !strings.Contains(unindented(source), shown) {
		t.Errorf("the page shows another table than this test compiles:\n%s", shown)
	}

	r := newRegistry([]*Provider{acme})
	p := r.ByHost("api.acme.example")
	if p != acme {
		t.Fatalf("the host belongs to %v", p)
	}
	for _, tt := range []struct {
		method, path string
		want         Route
	}{
		{"POST", "/v1/chat/completions", Route{Provider: "acme", Dialect: "chat", Class: Billable, Kind: usage.Model}},
		{"POST", "/v1/embeddings", Route{Provider: "acme", Dialect: "chat", Class: Billable, Kind: usage.Embed}},
		{"POST", "/v1/videos", Route{Provider: "acme", Class: Billable, Kind: usage.Model}},
		{"POST", "/v1/chat/completions/dry-run", Route{Provider: "acme", Reason: "count_tokens"}},
		{"GET", "/v1/models", Route{Provider: "acme", Reason: "models"}},
		{"POST", "/v1/keys", Route{Provider: "acme", Reason: "other"}},
	} {
		if got := p.Route(tt.method, tt.path); got != tt.want {
			t.Errorf("%s %s: got %+v, want %+v", tt.method, tt.path, got, tt.want)
		}
	}
}

// unindented takes one tab from each line.
func unindented(source []byte) string { return strings.ReplaceAll(string(source), "\n\t", "\n") }
