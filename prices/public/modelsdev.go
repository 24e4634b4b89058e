package public

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/wiremeter/wiremeter/prices"
)

// modelsDevProviders are those of models.dev under our names.
var modelsDevProviders = map[string]string{
	"anthropic": "anthropic", "openai": "openai", "google": "gemini", "google-vertex": "vertex", "google-vertex-anthropic": "vertex",
	"amazon-bedrock": "bedrock", "azure": "azure", "xai": "xai", "deepseek": "deepseek", "mistral": "mistral", "moonshotai": "moonshot",
	"zai": "zai", "alibaba": "alibaba", "minimax": "minimax", "groq": "groq", "togetherai": "together", "fireworks-ai": "fireworks",
	"cerebras": "cerebras", "cohere": "cohere", "openrouter": "openrouter", "github-copilot": "copilot", "vercel": "vercel",
	"opencode": "opencode", "huggingface": "huggingface",
}

// rates are in dollars for a million tokens.
type rates struct {
	Input      *float64 `json:"input"`
	Output     *float64 `json:"output"`
	Reasoning  *float64 `json:"reasoning"`
	CacheRead  *float64 `json:"cache_read"`
	CacheWrite *float64 `json:"cache_write"`
}

// modelsDevModel is one model of models.dev.
type modelsDevModel struct {
	Cost *struct {
		rates
		Over200k *rates `json:"context_over_200k"`
		Tiers    []struct {
			rates
			Tier struct {
				Type string `json:"type"`
				Size int64  `json:"size"`
			} `json:"tier"`
		} `json:"tiers"`
	} `json:"cost"`
	Experimental struct {
		Modes struct {
			Fast struct {
				Cost *rates `json:"cost"`
			} `json:"fast"`
		} `json:"modes"`
	} `json:"experimental"`
}

func isModelsDev(top map[string]json.RawMessage) bool {
	for _, value := range top {
		var provider struct {
			Models map[string]json.RawMessage `json:"models"`
		}
		if json.Unmarshal(value, &provider) == nil && provider.Models != nil {
			return true
		}
	}
	return false
}

// readProvider reads the models of one provider.
func readProvider(id string, value json.RawMessage, b *builder) {
	var provider struct {
		Models map[string]json.RawMessage `json:"models"`
	}
	if json.Unmarshal(value, &provider) != nil {
		return
	}
	ours := modelsDevProviders[id]
	for _, name := range slices.Sorted(maps.Keys(provider.Models)) {
		if ours == "" {
			b.skip(noProvider)
			continue
		}
		var m modelsDevModel
		if err := json.Unmarshal(provider.Models[name], &m); err != nil || m.Cost == nil || m.Cost.Input == nil || *m.Cost.Input <= 0 {
			b.skip(noPrice)
			continue
		}
		lines, reason := m.lines(ours, name)
		if reason != "" {
			b.skip(reason)
			continue
		}
		b.add(lines)
	}
}

// lines are the model's, or the reason for which it has none.
func (m *modelsDevModel) lines(provider, model string) (all []prices.Line, reason string) {
	if r := m.Cost.Reasoning; r != nil && (m.Cost.Output == nil || *r != *m.Cost.Output) {
		return nil, notSaid
	}
	add := func(when prices.Condition, r rates) {
		rates, ok := r.of(model)
		if !ok && reason == "" {
			reason = noPrice
		}
		all = append(all, prices.Line{Provider: provider, Model: model, When: when, Rates: rates})
	}
	above := func(size int64, r rates) {
		from, ok := atSize(provider, size)
		if !ok {
			reason = noSize
		}
		add(prices.Condition{From: from}, r)
	}
	add(prices.Condition{}, m.Cost.rates)
	for _, t := range m.Cost.Tiers {
		if t.Tier.Type != "context" {
			return nil, notSaid
		}
		above(t.Tier.Size, t.rates)
	}
	if o := m.Cost.Over200k; o != nil && !slices.ContainsFunc(all, func(l prices.Line) bool { return l.When.From > 0 }) {
		above(200_000, *o)
	}
	if f := m.Experimental.Modes.Fast.Cost; f != nil {
		add(prices.Condition{Speed: "fast"}, *f)
	}
	slices.SortFunc(all, order)
	return all, reason
}

// of turns them into ours; ok is false where one is no price. A cache that costs
// nothing is one whose price nobody looked up.
func (r rates) of(model string) (all prices.Rates, ok bool) {
	all, ok = prices.NoRates(), true
	set := func(dollars *float64, counts ...prices.Count) {
		if dollars == nil {
			return
		}
		price, isPrice := perMillion(*dollars / 1e6)
		ok = ok && isPrice
		for _, c := range counts {
			if price > 0 || c == prices.Output {
				all[c] = price
			}
		}
	}
	set(r.Input, prices.Input)
	set(r.Output, prices.Output)
	set(r.CacheRead, prices.CacheRead)
	set(r.CacheWrite, prices.CacheWriteOther)
	if isClaude(model) {
		all[prices.CacheWrite5m] = all[prices.CacheWriteOther]
	}
	return all, ok
}
