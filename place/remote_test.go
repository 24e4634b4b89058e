package place

import "testing"

func TestRemotesInOneSpelling(t *testing.T) {
	for text, want := range map[string]string{
		"https://github.com/ada/engine.git":           "github.com/ada/engine",
		"https://ada:secret@GitHub.com/ada/engine":    "github.com/ada/engine",
		"https://token@git.example:8443/ada/engine/":  "git.example/ada/engine",
		"git@github.com:ada/engine.git":               "github.com/ada/engine",
		"github.com:ada/engine":                       "github.com/ada/engine",
		"ssh://git@git.example:2222/ada/engine.git":   "git.example/ada/engine",
		"git://git.example/engine":                    "git.example/engine",
		"https://dev.azure.com/org/p/_git/engine":     "dev.azure.com/org/p/_git/engine",
		"https://git.example/a/../../ada/engine.git":  "git.example/ada/engine",
		"https://git.example/ada/engine?token=secret": "git.example/ada/engine",
		"https://git.example/ada/engine#secret":       "git.example/ada/engine",
		"git@git.example:ada/engine?token=secret":     "",
		"git@git.example:ada/x:secret@y":              "",
		"/srv/git/engine.git":                         "",
		"../engine":                                   "",
		"file:///srv/git/engine.git":                  "",
		`C:\git\engine`:                               "",
		"C:/git/engine":                               "",
		"https://git.example":                         "",
		"https://git.example/a b":                     "",
		"no words, please: they are not a remote":     "",
		"":               "",
		"https://[::1/x": "",
	} {
		if got := Remote(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
