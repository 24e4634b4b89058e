package provider

import "slices"

// MiniMax, international and Chinese: OpenAI's and Anthropic's paths, and its
// own name for chat.
var minimax = &Provider{
	Name:    "minimax",
	Domains: []string{"api.minimax.io", "api.minimaxi.com"},
	Prefixes: []Prefix{
		{"/minimax", "https://api.minimax.io"},
		{"/minimax-cn", "https://api.minimaxi.com"},
	},
	Rules: slices.Concat([]Rule{
		billable("POST", `^/v1/text/chatcompletion_v2/?$`, "chat"),
		billable("POST", `^/v1/(t2a_v2|t2a_async_v2|video_generation|image_generation|music_generation)/?$`, ""),
	}, chatPaths, messagesPaths, adminPaths),
}
