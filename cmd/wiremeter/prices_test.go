package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/wiremeter/wiremeter/parsers"
	"github.com/wiremeter/wiremeter/prices"
)

// A price of a provider that records never name would never be asked for.
func TestPricesAreOfProvidersThatThereAre(t *testing.T) {
	known := parsers.BuiltIn().Names()
	for _, p := range prices.NewBook(prices.EmbeddedTable()).Providers() {
		if !slices.Contains(known, p) {
			t.Errorf("the embedded table has prices of %s, which is no provider here", p)
		}
	}
}

func TestPricesFromAURL(t *testing.T) {
	answers := map[string]string{
		"/api.json": `{"openai": {"models": {"toy-gpt": {"cost": {"input": 1.25, "output": 10}}}}}`,
		"/page":     "<html>",
		"/huge":     strings.Repeat(" ", maxTable+1),
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if text, ok := answers[r.URL.Path]; ok {
			fmt.Fprint(w, text)
			return
		}
		http.NotFound(w, r)
	}))
	defer server.Close()
	home := t.TempDir()
	update := func(path string) (code int, said string) {
		var both bytes.Buffer
		code = run(t.Context(), []string{"--home", home, "prices", "update", "--from", server.URL + path}, nil, &both, &both)
		return code, both.String()
	}
	if code, said := update("/api.json"); code != 0 || said != "1 price of 1 model, in the format of models.dev\n" {
		t.Fatalf("%d: %s", code, said)
	}
	before, err := os.ReadFile(filepath.Join(home, refreshedFile))
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"/page": "expected a JSON object", "/huge": "expected a table of at most 67108864 bytes", "/nothing": "expected a table, got 404 Not Found",
	} {
		if code, said := update(path); code != 1 || !strings.Contains(said, want) {
			t.Errorf("%s: %d: %s", path, code, said)
		}
	}
	if after, err := os.ReadFile(filepath.Join(home, refreshedFile)); err != nil || !bytes.Equal(before, after) {
		t.Errorf("the table is now %q, %v", after, err)
	}
}
