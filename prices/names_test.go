package prices

import (
	"strings"
	"testing"
)

// Names as they are on the wire, and whose price of which model each has; "" is
// none.
var onTheWire = []struct{ provider, model, geo, want string }{
	{"anthropic", "claude-opus-5", "", "anthropic claude-opus-5"},
	{"anthropic", "claude-sonnet-4-5-20250929", "", "anthropic claude-sonnet-4-5"},
	{"anthropic", "claude-3-5-haiku-20241022", "", "anthropic claude-3-5-haiku"},
	{"anthropic", "claude-3-5-sonnet-latest", "", ""},
	{"anthropic", "claude-opus-4-20250514", "", "anthropic claude-opus-4-0"},
	{"anthropic", "claude-opus-4-1-20250805", "", "anthropic claude-opus-4-1"},
	{"anthropic", "claude-opus-9", "", ""},
	{"anthropic", "claude-opus-5-turbo", "", ""},
	{"anthropic", "claude-opus-4-5[1m]", "", ""},

	{"openai", "gpt-5-2025-08-07", "", "openai gpt-5"},
	{"openai", "gpt-5-mini-2025-08-07", "", "openai gpt-5-mini"},
	{"openai", "gpt-5.1-codex-max", "", "openai gpt-5.1"},
	{"openai", "gpt-4o-2024-05-13", "", "openai gpt-4o-2024-05-13"},
	{"openai", "gpt-4o-2024-08-06", "", "openai gpt-4o"},
	{"openai", "gpt-5.6", "", "openai gpt-5.6-sol"},
	{"openai", "gpt-5.9", "", ""},
	{"openai", "text-embedding-3-small", "", "openai text-embedding-3-small"},
	{"openai", "ft:gpt-4o:acme::abc", "", ""},
	{"azure", "gpt-5-mini-2025-08-07", "", "azure gpt-5-mini"},
	{"azure", "gpt-4o-2024-05-13", "", "azure gpt-4o-2024-05-13"},
	{"azure", "our-deployment", "", ""},

	{"gemini", "models/gemini-2.5-pro", "", "gemini gemini-2.5-pro"},
	{"gemini", "gemini-2.5-flash-preview-09-2025", "", "gemini gemini-2.5-flash"},
	{"gemini", "gemini-3-flash-preview", "", "gemini gemini-3-flash-preview"},
	{"vertex", "publishers/google/models/gemini-2.5-pro", "", "vertex gemini-2.5-pro"},
	{"vertex", "projects/p/locations/global/publishers/google/models/gemini-2.5-pro", "", "vertex gemini-2.5-pro"},
	{"vertex", "claude-opus-4-5@20251101", "", "vertex claude-opus-4-5-20251101"},
	{"vertex", "claude-opus-5@default", "", "vertex claude-opus-5"},
	{"vertex", "claude-opus-5@20260901", "", "vertex claude-opus-5"},

	{"bedrock", "us.anthropic.claude-haiku-4-5-20251001-v1:0", "", "bedrock anthropic.claude-haiku-4-5-20251001"},
	{"bedrock", "eu.anthropic.claude-opus-4-6-v1", "", "bedrock anthropic.claude-opus-4-6"},
	{"bedrock", "global.anthropic.claude-opus-4-5-20251101-v1:0", "", "bedrock global.anthropic.claude-opus-4-5"},
	{"bedrock", "anthropic.claude-sonnet-4-5-20250929-v1:0", "", "bedrock anthropic.claude-sonnet-4-5-20250929"},
	{"bedrock", "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-haiku-4-5-20251001-v1:0", "", "bedrock anthropic.claude-haiku-4-5-20251001"},
	{"bedrock", "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abcdefgh", "", ""},
	{"bedrock", "us-gov.anthropic.claude-sonnet-4-5-20250929-v1:0", "", ""},
	{"bedrock", "claude-opus-5", "", "ambiguous: bedrock anthropic.claude-opus-5, bedrock global.anthropic.claude-opus-5"},
	{"bedrock", "claude-opus-5", "us", "bedrock anthropic.claude-opus-5"},
	{"bedrock", "claude-opus-5", "global", "bedrock global.anthropic.claude-opus-5"},
	{"bedrock", "claude-3-5-haiku-20241022", "", "bedrock anthropic.claude-3-5-haiku-20241022"},
	{"bedrock", "claude-haiku-4-5-20251001", "eu", "bedrock anthropic.claude-haiku-4-5-20251001"},
	{"bedrock", "openai.gpt-oss-120b-1:0", "", "bedrock openai.gpt-oss-120b-1"},
	{"bedrock", "amazon.nova-pro-v1:0", "", "bedrock amazon.nova-pro"},
	{"bedrock", "us.amazon.nova-pro-v1:0", "", "bedrock amazon.nova-pro"},

	{"openrouter", "anthropic/claude-sonnet-4.5", "", "openrouter anthropic/claude-sonnet-4.5"},
	{"openrouter", "openai/gpt-5.4", "", "openrouter openai/gpt-5.4"},
	{"openrouter", "deepseek/deepseek-r1:free", "", ""},
	{"openrouter", "anthropic/claude-opus-5:nitro", "", ""},
	{"vercel", "openai/gpt-5-mini", "", "vercel openai/gpt-5-mini"},
	{"vercel", "anthropic/claude-opus-5.5", "", "anthropic claude-opus-5-5"},
	{"opencode", "claude-opus-5-5", "", "anthropic claude-opus-5-5"},
	{"copilot", "claude-sonnet-4.5", "", "anthropic claude-sonnet-4-5"},
	{"copilot", "gpt-5.3-codex", "", "copilot gpt-5.3-codex"},
	{"cursor", "claude-4.5-sonnet", "", "anthropic claude-sonnet-4-5"},
	{"cursor", "claude-4.5-sonnet-thinking", "", "anthropic claude-sonnet-4-5"},
	{"cursor", "gpt-5.1-codex-max-high", "", "openai gpt-5.1"},
	{"cursor", "composer-2.5", "", "cursor composer-2.5"},
	{"cursor", "grok-4.5", "", "cursor grok-4.5"},
	{"cursor", "Sonnet-4.5", "", ""},
	{"acme", "openai/gpt-5", "", "openai gpt-5"},
	{"acme", "anthropic/claude-opus-5", "", "anthropic claude-opus-5"},
	{"acme", "meta-llama/llama-4-maverick", "", ""},
	{"other:llm.example", "claude-opus-5", "", "anthropic claude-opus-5"},
	{"other:llm.example", "kimi-k2", "", ""},
	{"other:llm.example", "gpt-oss-120b", "", ""},
	{"ollama", "gemini-3-pro-preview", "", ""},

	{"groq", "openai/gpt-oss-120b", "", "groq openai/gpt-oss-120b"},
	{"fireworks", "accounts/fireworks/models/kimi-k2p5", "", "fireworks kimi-k2p5"},
	{"fireworks", "accounts/fireworks/routers/kimi-k2p6-fast", "", "fireworks kimi-k2p6-fast"},
	{"xai", "grok-4.5", "", "xai grok-4.5"},
	{"xai", "grok-4.1-fast-reasoning", "", "xai grok-4-1-fast-reasoning"},
	{"mistral", "mistral-large-latest", "", "mistral mistral-large-2512"},
	{"mistral", "codestral-latest", "", "mistral codestral"},
	{"deepseek", "deepseek-v4-flash", "", "deepseek deepseek-v4-flash"},
	{"moonshot", "kimi-k2-thinking", "", "moonshot kimi-k2-thinking"},
	{"zai", "GLM-5", "", "zai glm-5"},
	{"zai", "glm-4.6", "", "zai glm-4.6"},
	{"minimax", "MiniMax-M2", "", "minimax MiniMax-M2"},
	{"cohere", "command-a-03-2025", "", "cohere command-a"},
	{"alibaba", "qwen3.8-max", "", "alibaba qwen3.8-max"},
	{"alibaba", "qwen3-coder-plus", "", ""},
	{"anthropic", "", "", ""},
}

func TestNamesOnTheWire(t *testing.T) {
	for _, c := range onTheWire {
		r, isKnown := EmbeddedTable().find(Item{Provider: c.provider, Model: c.model, Geo: c.geo})
		got := ""
		switch {
		case isKnown && r.model == nil:
			got = "ambiguous: " + strings.Join(r.Choices, ", ")
		case isKnown:
			got = r.Provider + " " + r.Model
		}
		if got != c.want {
			t.Errorf("%s %s (%s): %q, want %q %v", c.provider, c.model, c.geo, got, c.want, r.Steps)
		}
	}
}

func TestADateIsNotGuessed(t *testing.T) {
	line := "\t-\t-\t-\t-\t1\t-\t-\t-\t-\t1\t-\ttest\t2026-01-01\n"
	table := tableOf(t, Embedded, "p\tm-2026-01-01"+line+"p\tm-2026-02-02"+line+"p\tn-20260101"+line)
	for model, want := range map[string]string{
		"m": "", "m-2026-01-01": "m-2026-01-01", "m-2026-03-03": "none", "n": "n-20260101", "n-20260202": "none", "N-20260101": "n-20260101",
	} {
		r, isKnown := table.index.at("p", model, "")
		if !isKnown {
			r.Model = "none"
		}
		if r.Model != want {
			t.Errorf("%s: %q, want %q", model, r.Model, want)
		}
	}
}

func TestAGeographyOfBedrockThatHasAPriceOfItsOwn(t *testing.T) {
	line := func(model, input string) string {
		return "bedrock\t" + model + "\t-\t-\t-\t-\t" + input + "\t-\t-\t-\t-\t1\t-\ttest\t2026-01-01\n"
	}
	table := tableOf(t, Embedded, line("anthropic.toy-20260101-v1:0", "3")+line("us.anthropic.toy-20260101-v1:0", "3.3")+line("anthropic.only", "1")+
		line("ours", "1")+"bedrock\tanthropic.alias-1\t=\tours\nbedrock\tglobal.anthropic.alias-1\t=\tours\n")
	for _, c := range []struct{ model, geo, want string }{
		{"toy-20260101", "us", "us.anthropic.toy-20260101-v1:0"},
		{"toy-20260101", "eu", "anthropic.toy-20260101-v1:0"},
		{"toy-20260101", "eu-central-1", "anthropic.toy-20260101-v1:0"},
		{"toy-20260101", "global", "none"},
		{"toy-20260101", "us-gov", "none"},
		{"toy-20260101", "", ""},
		{"us.anthropic.toy-20260101-v1:0", "us", "us.anthropic.toy-20260101-v1:0"},
		{"eu.anthropic.toy-20260101-v1:0", "eu", "anthropic.toy-20260101-v1:0"},
		{"only", "", "anthropic.only"},
		{"alias-1", "", "ours"},
		{"alias-1", "global", "ours"},
	} {
		r, isKnown := table.index.at("bedrock", c.model, c.geo)
		if !isKnown {
			r.Model = "none"
		}
		if r.Model != c.want {
			t.Errorf("%s in %q: %q, want %q", c.model, c.geo, r.Model, c.want)
		}
	}
}

func BenchmarkCost(b *testing.B) {
	book := NewBook(EmbeddedTable())
	for _, model := range []string{"claude-opus-5", "claude-opus-5-20260901", "claude-unknown"} {
		b.Run(model, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				book.Cost(Item{Provider: "anthropic", Model: model, Tokens: tokens(1000, 1000, 10, 10, 100)})
			}
		})
	}
}
