package provider

import "slices"

// JetBrains' Junie, through JetBrains' gateway: vendors in their own dialects, a
// header naming the model.
var junie = &Provider{
	Name:     "junie",
	Domains:  []string{"ingrazzio-cloud-prod.labs.jb.gg"},
	Prefixes: []Prefix{{"/junie", "https://ingrazzio-cloud-prod.labs.jb.gg"}},
	Rules: slices.Concat([]Rule{
		free("", `^/auth(/|$)`, "account"), // /auth/test shows the balance
		billable("POST", `/models/(?P<model>[^/:]+):(generateContent|streamGenerateContent)$`, "generate"),
	}, chatPaths, responsesPaths, messagesPaths, adminPaths),
}
