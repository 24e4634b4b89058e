package dialect

// What providers state of money, in dollars or in units of their own, as
// decimals of any length. It is read digit by digit and rounded to the nearest
// nano-dollar, so that no binary fraction comes in between.

import (
	"strconv"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/wiremeter/wiremeter/usage"
)

// The units in which providers state a cost: the power of ten that makes
// nano-dollars of them.
const (
	inDollars = 9
	inCents   = 7
	inTicks   = -1 // xAI's: 1e10 are a dollar
	inNanoAIU = -2 // Copilot's: 1e9 are a credit, and that is a cent
)

const (
	maxCost       = 1e15 // nano-dollars: a million dollars for one response is a mistake
	maxCostDigits = 64
)

// money returns an amount, a number or a string of one, in nano-dollars; nil
// where there is none.
func money(r gjson.Result, unit int) *int64 {
	switch r.Type {
	case gjson.Number:
		return decimal(r.Raw, unit)
	case gjson.String:
		return decimal(r.Str, unit)
	}
	return nil
}

// decimal returns s times ten to the power of shift, rounded; nil where s is no
// decimal, negative or beyond maxCost.
func decimal(s string, shift int) *int64 {
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		exponent, err := strconv.Atoi(s[i+1:])
		if err != nil || exponent < -maxCostDigits || exponent > maxCostDigits {
			return nil
		}
		s, shift = s[:i], shift+exponent
	}
	whole, fraction, _ := strings.Cut(s, ".")
	digits, point := whole+fraction, len(whole)+shift
	if whole == "" || len(digits) > maxCostDigits || strings.ContainsFunc(digits, func(c rune) bool { return c < '0' || c > '9' }) {
		return nil
	}
	var n int64
	for i := range point {
		if n *= 10; i < len(digits) {
			n += int64(digits[i] - '0')
		}
		if n > maxCost {
			return nil
		}
	}
	if point >= 0 && point < len(digits) && digits[point] >= '5' {
		n++
	}
	return &n
}

// charges are what a usage object says beside its counts. Where the agent's
// owner has a key of his own with the vendor, OpenRouter's cost is its fee
// alone, and what the vendor takes stands among the details.
type charges struct {
	cost, upstream *int64
	isOwnKey       bool
	searches       *int64
	tier           string
}

// see takes a member of the usage object. Vercel's market_cost is the same
// amount at the vendor's prices: it is not added.
func (c *charges) see(name string, v gjson.Result) {
	switch name {
	case "cost":
		c.cost = money(v, inDollars)
		if v.IsObject() { // Perplexity
			c.cost = money(last(v, "total_cost"), inDollars)
		}
	case "cost_in_usd_ticks": // xAI
		c.cost = money(v, inTicks)
	case "is_byok":
		c.isOwnKey = v.Type == gjson.True
	case "cost_details":
		c.upstream = money(last(v, "upstream_inference_cost"), inDollars)
	case "server_tool_use", "server_tool_use_details": // Anthropic, OpenRouter
		c.searches = count(last(v, "web_search_requests"))
	case "server_side_tool_usage_details": // xAI
		c.searches = count(last(v, "web_search_calls"))
	case "num_search_queries": // Perplexity
		c.searches = count(v)
	case "service_tier": // Anthropic, Mistral
		c.tier = word(v)
	case "extra_properties": // Vertex
		c.tier = word(last(last(v, "google"), "traffic_type"))
	}
}

// later applies a later statement, which leaves out what it does not repeat.
func (c charges) later(d charges) charges {
	if d.cost != nil {
		c.cost, c.upstream, c.isOwnKey = d.cost, d.upstream, d.isOwnKey
	}
	if d.searches != nil {
		c.searches = d.searches
	}
	keepLast(&c.tier, d.tier)
	return c
}

// apply puts into the response what was said.
func (c charges) apply(resp *usage.Response) {
	switch {
	case c.cost == nil, c.isOwnKey && c.upstream == nil: // the fee alone is not what it costs
	case c.isOwnKey:
		resp.ReportedCost = number(*c.cost + *c.upstream)
	default:
		resp.ReportedCost = c.cost
	}
	if c.searches != nil {
		resp.WebSearches = c.searches
	}
	keepLast(&resp.ServiceTier, c.tier)
}

// HeaderCost returns what a LiteLLM says in its header that a response cost, in
// nano-dollars; nil where it does not. Of a stream it cannot know so early.
func HeaderCost(h usage.Header) *int64 { return decimal(h.First("X-Litellm-Response-Cost"), inDollars) }

// speed names what is priced apart.
func speed(s string) string {
	if s == "standard" {
		return ""
	}
	return s
}

// geo names where a response was computed where that is priced apart.
func geo(s string) string {
	if s == "global" || s == "not_available" {
		return ""
	}
	return s
}
