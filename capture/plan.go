package capture

import (
	"encoding/base64"
	"encoding/json"
	"strings"

	"github.com/wiremeter/wiremeter/parsers"
	"github.com/wiremeter/wiremeter/usage"
)

// tariff is where requests are paid for in one way.
type tariff struct {
	provider string
	host     string // the end of its name; empty: any
	path     string // the beginning; empty: any
	plan     usage.Plan
}

// tariffs are told by where a request goes, the most telling first. What is not
// here is not known: a server of one's own costs nothing.
var tariffs = []tariff{
	{"openai", "chatgpt.com", "", usage.Subscription},
	{"copilot", "", "", usage.Subscription},
	{"cursor", "", "", usage.Subscription},
	{"gemini", "cloudcode-pa.googleapis.com", "", usage.Subscription},
	{"moonshot", "api.kimi.com", "", usage.Subscription},
	{"zai", "", "/api/coding/", usage.Subscription},
	{"alibaba", "coding.dashscope.aliyuncs.com", "", usage.Subscription},
	{"alibaba", "coding-intl.dashscope.aliyuncs.com", "", usage.Subscription},
	{"alibaba", "qwen.ai", "", usage.Subscription},
	{"augment", "", "", usage.Subscription},
	{"factory", "", "", usage.Subscription},
	{"junie", "", "", usage.Subscription},
	{"kiro", "", "", usage.Subscription},
	{"warp", "", "", usage.Subscription},
	{"windsurf", "", "", usage.Subscription},
	{"zed", "", "", usage.Subscription},
	{"alibaba", "", "", usage.PayPerUse},
	{"xai", "cli-chat-proxy.grok.com", "", usage.Subscription},
	{"azure", "", "", usage.PayPerUse},
	{"bedrock", "", "", usage.PayPerUse},
	{"vertex", "", "", usage.PayPerUse},
	{"cerebras", "", "", usage.PayPerUse},
	{"cline", "", "", usage.PayPerUse},
	{"cohere", "", "", usage.PayPerUse},
	{"deepseek", "", "", usage.PayPerUse},
	{"fireworks", "", "", usage.PayPerUse},
	{"gemini", "", "", usage.PayPerUse},
	{"groq", "", "", usage.PayPerUse},
	{"kilo", "", "", usage.PayPerUse},
	{"mistral", "", "", usage.PayPerUse},
	{"moonshot", "", "", usage.PayPerUse},
	{"openai", "", "", usage.PayPerUse},
	{"openrouter", "", "", usage.PayPerUse},
	{"perplexity", "", "", usage.PayPerUse},
	{"together", "", "", usage.PayPerUse},
	{"vercel", "", "", usage.PayPerUse},
	{"xai", "", "", usage.PayPerUse},
}

// planOf tells how a request is paid for: with Anthropic by the kind of its
// credential, of which nothing is kept; elsewhere by where it goes.
func planOf(r parsers.Route, x usage.Exchange) usage.Plan {
	if r.Provider == "anthropic" {
		return anthropicPlan(x.Header)
	}
	for _, t := range tariffs {
		if t.provider == r.Provider && strings.HasSuffix(x.Host, t.host) && strings.HasPrefix(x.Path, t.path) {
			return t.plan
		}
	}
	return ""
}

func anthropicPlan(h usage.Header) usage.Plan {
	token := bearer(h)
	switch {
	case h.First("X-Api-Key") != "", strings.HasPrefix(token, "sk-ant-api"):
		return usage.PayPerUse
	case strings.HasPrefix(token, "sk-ant-oat"), strings.Contains(strings.Join(h["Anthropic-Beta"], ","), "oauth-"):
		return usage.Subscription
	}
	return ""
}

func bearer(h usage.Header) string {
	kind, token, _ := strings.Cut(h.First("Authorization"), " ")
	if !strings.EqualFold(kind, "bearer") {
		return ""
	}
	return token
}

// maxToken bounds the token that is taken apart: those of ChatGPT have about
// 2 KiB.
const maxToken = 16 << 10

// userOf is the address of who is logged in with ChatGPT, from the token that
// Codex sends. Nothing else of it is kept, nor is it verified: OpenAI does so.
func userOf(x usage.Exchange) string {
	if !strings.HasSuffix(x.Host, "chatgpt.com") {
		return ""
	}
	token := bearer(x.Header)
	parts := strings.Split(token[:min(len(token), maxToken)], ".")
	if len(parts) != 3 {
		return ""
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil {
		return ""
	}
	var claims struct {
		Profile struct{ Email string } `json:"https://api.openai.com/profile"`
		Email   string
	}
	if json.Unmarshal(payload, &claims) != nil {
		return ""
	}
	for _, address := range []string{claims.Profile.Email, claims.Email} {
		if user, host, ok := strings.Cut(address, "@"); ok && user != "" && host != "" {
			return label(name(address))
		}
	}
	return ""
}
