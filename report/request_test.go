package report

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/wiremeter/wiremeter/prices"
	"github.com/wiremeter/wiremeter/usage"
)

func pricedRequest(t *testing.T, r *usage.Record) (text string, parsed map[string]any) {
	t.Helper()
	q := NewRequest(r, prices.NewBook(prices.EmbeddedTable()))
	var asText, asJSON bytes.Buffer
	if err := q.WriteText(&asText); err != nil {
		t.Fatal(err)
	}
	if err := q.WriteJSON(&asJSON); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(asJSON.Bytes(), &parsed); err != nil {
		t.Fatalf("%v: %s", err, &asJSON)
	}
	return asText.String(), parsed["cost"].(map[string]any)
}

func opus() *usage.Record {
	r := &usage.Record{ID: "x", Provider: "anthropic", Outcome: usage.Metered, StartedAt: time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC)}
	r.Model = "claude-opus-5"
	r.Tokens = usage.Tokens{Input: new(int64(1000)), Output: new(int64(100))}
	return r
}

func TestARequestIsPricedByTheTables(t *testing.T) {
	r := opus()
	r.Geo, r.Plan = "us", usage.Subscription
	text, cost := pricedRequest(t, r)
	// (1000×5000 + 100×25000) × 1.1
	if cost["nanodollars"] != 8_250_000.0 || cost["source"] != "embedded" || cost["is_owed"] != false {
		t.Errorf("%v", cost)
	}
	for _, want := range []string{
		"cost  $0.00825 by wiremeter's list prices (API-equivalent, not money owed: a subscription's login)\n",
		"x1.1 for geo=us: platform.claude.com/docs", "input   1,000          5.5   0.0055", "sum                         0.00825",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("lacks %q:\n%s", want, text)
		}
	}
}

func TestWhatTheProviderStatesDecides(t *testing.T) {
	r := opus()
	r.ReportedCost, r.Plan = new(int64(7_000_000)), usage.PayPerUse
	text, cost := pricedRequest(t, r)
	if cost["nanodollars"] != 7_000_000.0 || cost["source"] != "provider" || cost["is_owed"] != true {
		t.Errorf("%v", cost)
	}
	if !strings.HasPrefix(text, "cost  $0.00700 as the provider says\n") || !strings.Contains(text, "sum                         0.0075") {
		t.Error(text)
	}
}

func TestPartsAreAdded(t *testing.T) {
	r := opus()
	r.Parts = []usage.Part{{Role: "advisor", Model: "claude-haiku-4-5", Tokens: usage.Tokens{Input: new(int64(1000)), Output: new(int64(0))}}}
	if text, cost := pricedRequest(t, r); cost["nanodollars"] != 8_500_000.0 || !strings.Contains(text, "\npart: claude-haiku-4-5  anthropic claude-haiku-4-5 (") {
		t.Errorf("%v\n%s", cost, text)
	}
	r.Parts[0].Model = "claude-toy"
	if text, cost := pricedRequest(t, r); cost["nanodollars"] != nil || cost["reason"] != "unknown_model" || !strings.Contains(text, "\npart: claude-toy  unpriced: ") {
		t.Errorf("%v\n%s", cost, text)
	}
}

func TestARequestWithoutAPrice(t *testing.T) {
	r := opus()
	r.Model = "claude-\x1btoy"
	text, cost := pricedRequest(t, r)
	if cost["nanodollars"] != nil || cost["reason"] != "unknown_model" || cost["is_owed"] != nil {
		t.Errorf("%v", cost)
	}
	if !strings.HasPrefix(text, "cost  unknown: no table has a price of it\n") || strings.Contains(text, "\x1b") {
		t.Error(text)
	}
	r.Tokens = usage.Tokens{}
	if text, cost := pricedRequest(t, r); cost["reason"] != "no_counts" {
		t.Errorf("%v\n%s", cost, text)
	}
}
