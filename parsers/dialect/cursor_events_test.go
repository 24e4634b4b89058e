package dialect

import (
	"reflect"
	"strings"
	"testing"

	"github.com/wiremeter/wiremeter/usage"
)

func TestReadCursorEvents(t *testing.T) {
	want := []CursorEvent{{
		At: 1785146400123, Model: "claude-4.5-sonnet", Kind: "included_in_pro", ConversationID: "11111111-1111-4111-8111-111111111111",
		Tokens: usage.Tokens{Input: number(12), Output: number(340), CacheWriteOther: number(5000), CacheRead: number(40000)}, Cost: number(42_500_000),
	}}
	answer := hexes(t)["E"]
	if got := ReadCursorEvents(answer); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
	for at := range len(answer) {
		if got := ReadCursorEvents(answer[:at]); got != nil {
			t.Errorf("cut at %d: got %+v", at, got)
		}
	}
	said := `{"totalUsageEventsCount":1,"usageEventsDisplay":[{"timestamp":"1785146400123","model":"claude-4.5-sonnet","kind":"USAGE_EVENT_KIND_INCLUDED_IN_PRO",
"tokenUsage":{"inputTokens":12,"outputTokens":340,"cacheWriteTokens":5000,"cacheReadTokens":40000,"totalCents":4.25},"userEmail":"ada@example.com","conversationId":"11111111-1111-4111-8111-111111111111"}]}`
	if got := ReadCursorEvents([]byte(said)); !reflect.DeepEqual(got, want) {
		t.Errorf("of JSON: got %+v", got)
	}
	bare := ReadCursorEvents([]byte(strings.ReplaceAll(`{"usageEventsDisplay":[{"model":"a b","timestamp":"x","kind":5,"tokenUsage":{"inputTokens":-1,"totalCents":-1}},1]}`, "\n", "")))
	if !reflect.DeepEqual(bare, []CursorEvent{{}, {}}) {
		t.Errorf("got %+v", bare)
	}
	if got := chargeOf(12); got != "12" {
		t.Errorf("got %q", got)
	}
}

func FuzzCursorEvents(f *testing.F) {
	f.Add(hexes(f)["E"])
	f.Add([]byte(`{"usageEventsDisplay":[{"timestamp":"1785146400123","tokenUsage":{"inputTokens":12,"totalCents":4.25}}]}`))
	f.Fuzz(func(t *testing.T, answer []byte) {
		for _, e := range ReadCursorEvents(answer) {
			if e.At < 0 || e.Cost != nil && *e.Cost < 0 {
				t.Errorf("got %+v", e)
			}
		}
	})
}
