package dialect

import (
	"testing"

	"github.com/tidwall/gjson"

	"github.com/wiremeter/wiremeter/usage"
)

func TestMoney(t *testing.T) {
	for said, want := range map[string]int64{
		`0.0123`: 12_300_000, `"0.0123"`: 12_300_000, `1`: 1e9, `0`: 0, `0.0`: 0, `12.5`: 12_500_000_000,
		`0.000000001`: 1, `0.0000000014`: 1, `0.0000000015`: 2, `0.00000000049`: 0,
		`6.5e-03`: 6_500_000, `1.35e-05`: 13_500, `2E+1`: 20e9, `1e-30`: 0,
		`0.1`: 100_000_000, `0.29`: 290_000_000, `0.00023100000000000002`: 231_000, `1000000`: 1e15,

		`-1`: -1, `"-0.1"`: -1, `""`: -1, `"."`: -1, `"1.2.3"`: -1, `"1e"`: -1, `"e5"`: -1, `"NaN"`: -1, `"1 dollar"`: -1, `"1e99"`: -1, `"1e100000000000"`: -1,
		`1000001`: -1, `"00000000000000000000000000000000000000000000000000000000000000001"`: -1, `true`: -1, `null`: -1, `{"x":1}`: -1,
	} {
		got := money(gjson.Parse(said), inDollars)
		if want < 0 && got != nil || want >= 0 && (got == nil || *got != want) {
			t.Errorf("%s dollars: got %v, want %d", said, text(got), want)
		}
	}
}

func TestMoneyInOtherUnits(t *testing.T) {
	for _, tt := range []struct {
		said string
		unit int
		want int64
	}{
		{`1752000`, inTicks, 175_200}, {`5`, inTicks, 1}, {`4`, inTicks, 0},
		{`248325000`, inNanoAIU, 2_483_250}, {`8800049`, inNanoAIU, 88_000}, {`8800050`, inNanoAIU, 88_001}, {`7`, inNanoAIU, 0},
		{`0.25`, inCents, 2_500_000},
	} {
		if got := money(gjson.Parse(tt.said), tt.unit); got == nil || *got != tt.want {
			t.Errorf("%s by %d: got %v, want %d", tt.said, tt.unit, text(got), tt.want)
		}
	}
}

func text(n *int64) any {
	if n == nil {
		return nil
	}
	return *n
}

func FuzzMoney(f *testing.F) {
	for _, s := range []string{"0.0123", "6.5e-03", "1752000", "00.10", "9999999999999999999"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, unit := range []int{inDollars, inCents, inTicks, inNanoAIU} {
			if n := decimal(s, unit); n != nil && (*n < 0 || *n > maxCost+1) {
				t.Fatalf("%q by %d is %d", s, unit, *n)
			}
		}
	})
}

// TestCostWithAnOwnKey: where nobody says what the vendor takes, the fee is no cost.
func TestCostWithAnOwnKey(t *testing.T) {
	for said, want := range map[string]*int64{
		`{"cost":0.5,"is_byok":true,"cost_details":{"upstream_inference_cost":1}}`:  number(1_500_000_000),
		`{"cost":0,"is_byok":true,"cost_details":{"upstream_inference_cost":null}}`: nil,
		`{"cost":0,"is_byok":true}`: nil,
		`{"cost":0.5,"is_byok":false,"cost_details":{"upstream_inference_cost":0.4}}`: number(500_000_000),
	} {
		var c charges
		gjson.Parse(said).ForEach(func(key, v gjson.Result) bool {
			c.see(key.Str, v)
			return true
		})
		var resp usage.Response
		if c.apply(&resp); text(resp.ReportedCost) != text(want) {
			t.Errorf("%s: got %v, want %v", said, text(resp.ReportedCost), text(want))
		}
	}
}

func TestHeaderCost(t *testing.T) {
	if got := HeaderCost(usage.Header{"X-Litellm-Response-Cost": {"2.85e-05"}}); got == nil || *got != 28_500 {
		t.Errorf("got %v", text(got))
	}
	for _, h := range []usage.Header{nil, {"X-Litellm-Response-Cost": {"None"}}} {
		if got := HeaderCost(h); got != nil {
			t.Errorf("%v: got %d", h, *got)
		}
	}
}
