package provider

import (
	"slices"

	"github.com/wiremeter/wiremeter/usage"
)

// Alibaba's DashScope (Model Studio) and its coding plan, which lies below it
// (coding.dashscope.aliyuncs.com), and what a Qwen login gives Qwen Code:
// OpenAI's and Anthropic's paths, and DashScope's own.
var alibaba = &Provider{
	Name: "alibaba",
	Domains: []string{
		"dashscope.aliyuncs.com",
		"dashscope-intl.aliyuncs.com",
		"dashscope-us.aliyuncs.com",
		"portal.qwen.ai",
	},
	Prefixes: []Prefix{
		{"/dashscope", "https://dashscope.aliyuncs.com"},
		{"/dashscope-intl", "https://dashscope-intl.aliyuncs.com"},
		{"/dashscope-us", "https://dashscope-us.aliyuncs.com"},
		{"/qwen", "https://portal.qwen.ai"},
	},
	Rules: slices.Concat([]Rule{
		billable("POST", `^/api/v1/services/aigc/(text|multimodal)-generation/generation/?$`, "dashscope"),
		billable("POST", `^/api/v1/services/embeddings/`, "").as(usage.Embed),
		billable("POST", `^/api/v1/services/`, ""),
		billable("POST", `^/api/v1/apps/[^/]+/completion/?$`, ""),
		free("", `^/api/v1/(tasks|uploads|tokenizer)(/|$)`, "tasks"),
	}, chatPaths, responsesPaths, messagesPaths, mediaPaths, adminPaths),
}
