package main

import (
	"slices"
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
