package public

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/wiremeter/wiremeter/prices"
)

// litellmProviders are those of LiteLLM under our names. vertex_ai stands for all
// that begin so.
var litellmProviders = map[string]string{
	"anthropic": "anthropic", "openai": "openai", "text-completion-openai": "openai", "azure": "azure", "azure_ai": "azure",
	"bedrock": "bedrock", "bedrock_converse": "bedrock", "gemini": "gemini", "vertex_ai": "vertex", "xai": "xai",
	"deepseek": "deepseek", "mistral": "mistral", "codestral": "mistral", "moonshot": "moonshot", "zai": "zai", "dashscope": "alibaba",
	"minimax": "minimax", "groq": "groq", "together_ai": "together", "fireworks_ai": "fireworks", "cerebras": "cerebras",
	"cohere": "cohere", "cohere_chat": "cohere", "openrouter": "openrouter", "github_copilot": "copilot", "vercel_ai_gateway": "vercel",
}

// litellmModes are the kinds of models that are billed by tokens of text.
var litellmModes = map[string]bool{"chat": true, "completion": true, "responses": true, "embedding": true}

// sample stands in LiteLLM's table as its own documentation.
const sample = "sample_spec"

func isLiteLLM(top map[string]json.RawMessage) bool {
	for _, value := range top {
		var entry struct {
			Provider string `json:"litellm_provider"`
		}
		if json.Unmarshal(value, &entry) == nil && entry.Provider != "" {
			return true
		}
	}
	return false
}

// readEntry reads one model of LiteLLM's.
func readEntry(name string, value json.RawMessage, b *builder) {
	var entry map[string]any
	if name == sample {
		return
	}
	if err := json.Unmarshal(value, &entry); err != nil {
		b.skip(noPrice)
		return
	}
	theirs, _ := entry["litellm_provider"].(string)
	if strings.HasPrefix(theirs, "vertex_ai") {
		theirs = "vertex_ai"
	}
	provider := litellmProviders[theirs]
	if provider == "" {
		b.skip(noProvider)
		return
	}
	if mode, _ := entry["mode"].(string); !litellmModes[mode] {
		b.skip(noPrice)
		return
	}
	e := litellmEntry{provider, modelName(theirs, name), make(map[string]*prices.Line)}
	if reason := e.read(entry); reason != "" {
		b.skip(reason)
		return
	}
	b.add(e.finish())
}

// modelName takes from a key what LiteLLM puts before the provider's own name.
func modelName(theirs, key string) string {
	rest, _ := strings.CutPrefix(key, strings.TrimSuffix(theirs, "_converse")+"/")
	return rest
}

// litellmEntry is a model whose fields are being read.
type litellmEntry struct {
	provider, model string
	lines           map[string]*prices.Line // by condition
}

// priceFields are the fields of prices for a token, without what they may end in.
var priceFields = map[string]prices.Count{
	"input_cost_per_token":            prices.Input,
	"output_cost_per_token":           prices.Output,
	"cache_read_input_token_cost":     prices.CacheRead,
	"cache_creation_input_token_cost": prices.CacheWriteOther,
}

// field cuts a name such as cache_creation_input_token_cost_above_1hr_above_200k_tokens_priority.
var field = regexp.MustCompile(`^(.+?)(_above_1hr)?(?:_above_(\d+)k_tokens)?(?:_(priority|flex|batches))?$`)

var tiers = map[string]string{"": "", "priority": "priority", "flex": "flex", "batches": "batch"}

// read returns why the model must be left out, or "".
func (e *litellmEntry) read(entry map[string]any) string {
	for _, name := range slices.Sorted(maps.Keys(entry)) {
		if strings.Contains(name, "off_peak") || name == "tiered_pricing" || name == "output_cost_per_reasoning_token" && entry[name] != entry["output_cost_per_token"] {
			return notSaid
		}
		m := field.FindStringSubmatch(name)
		value, isNumber := entry[name].(float64)
		count, isPrice := priceFields[m[1]]
		if !isNumber || !isPrice {
			continue
		}
		if reason := e.set(m, count, value); reason != "" {
			return reason
		}
	}
	base := e.lines["-"]
	if base == nil || base.Rates[prices.Input] <= 0 {
		return noPrice
	}
	if isCloud := e.provider == "azure" || e.provider == "bedrock"; isCloud && strings.Contains(e.model, "/") {
		return notSaid // a region's price
	}
	e.readSearch(entry)
	e.readFactors(entry)
	return ""
}

func (e *litellmEntry) set(m []string, count prices.Count, value float64) string {
	price, ok := perMillion(value)
	if !ok {
		return noPrice
	}
	when := prices.Condition{Tier: tiers[m[4]]}
	if m[3] != "" {
		size, err := strconv.ParseInt(m[3], 10, 64)
		if when.From, ok = atSize(e.provider, size*1000); err != nil || !ok {
			return noSize
		}
	}
	rates := &e.line(when).Rates
	if m[2] != "" {
		count = prices.CacheWrite1h
	}
	rates[count] = price
	if count == prices.CacheWriteOther && isClaude(e.model) {
		rates[prices.CacheWrite5m] = price
	}
	return ""
}

func (e *litellmEntry) line(when prices.Condition) *prices.Line {
	l := e.lines[when.String()]
	if l == nil {
		l = &prices.Line{Provider: e.provider, Model: e.model, When: when, Rates: prices.NoRates()}
		e.lines[when.String()] = l
	}
	return l
}

// readSearch takes the price of a search of the middle size, which all tables
// name as the one.
func (e *litellmEntry) readSearch(entry map[string]any) {
	sizes, _ := entry["search_context_cost_per_query"].(map[string]any)
	dollars, isNumber := sizes["search_context_size_medium"].(float64)
	if price, ok := perMillion(dollars); isNumber && ok {
		for _, l := range e.lines {
			l.Rates[prices.WebSearch] = price
		}
	}
}

// readFactors: a place, or the fast speed, multiplies.
func (e *litellmEntry) readFactors(entry map[string]any) {
	specific, _ := entry["provider_specific_entry"].(map[string]any)
	for name, value := range specific {
		by, isNumber := value.(float64)
		factor, err := prices.ParseFactor(strconv.FormatFloat(by, 'f', -1, 64))
		when := prices.Condition{Geo: name}
		if name == "fast" {
			when = prices.Condition{Speed: name}
		}
		if isNumber && err == nil && (name == "us" || name == "fast") {
			e.line(when).Factor = factor
		}
	}
}

// finish makes a tier that states the same part of the ordinary input and output,
// and nothing else, a factor: it holds for the cache, too.
func (e *litellmEntry) finish() (all []prices.Line) {
	base := e.lines["-"].Rates
	for _, l := range e.lines {
		r := l.Rates
		in, out := r[prices.Input], r[prices.Output]
		if l.When.Tier != "" && l.When.From == 0 && r[prices.CacheRead] < 0 && in*2 == base[prices.Input] && out*2 == base[prices.Output] {
			l.Rates, l.Factor = prices.NoRates(), 500_000
		}
		all = append(all, *l)
	}
	slices.SortFunc(all, order)
	return all
}
