package provider

import "slices"

// Hugging Face's router to other providers: /v1 chooses one, /{provider}/v1
// names it. Paths that only one of them has are not read.
var huggingface = &Provider{
	Name:     "huggingface",
	Domains:  []string{"router.huggingface.co"},
	Prefixes: []Prefix{{"/huggingface", "https://router.huggingface.co"}},
	Rules: slices.Concat([]Rule{
		free("", `^/v1/models(/|$)`, "models"),
	}, chatPaths, responsesPaths, []Rule{
		billable("POST", `^/[^/]+/`, ""),
	}),
}
