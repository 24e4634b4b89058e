package provider

import "slices"

// Cline's gateway, in OpenRouter's dialect, as Cline 3.0 asks it.
var cline = &Provider{
	Name:     "cline",
	Domains:  []string{"api.cline.bot"},
	Prefixes: []Prefix{{"/cline", "https://api.cline.bot"}},
	Rules: slices.Concat([]Rule{
		free("", `^/(api/)?v1/(users|organizations|auth|generation)(/|$)`, "account"),
	}, chatPaths, responsesPaths, messagesPaths, adminPaths),
}
