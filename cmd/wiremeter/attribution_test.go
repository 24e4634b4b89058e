package main

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wiremeter/wiremeter/usage"
)

// configured opens a house with this configuration.
func configured(t *testing.T, text string) (*house, error) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, configFile), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return openHouse(dir)
}

func TestAttributionErrors(t *testing.T) {
	const name = "expected a name, of letters, digits, spaces and . _ - @ / + : alone"
	for text, want := range map[string]string{
		"[attribution]\npseudonym = true":                                                    `line 2: unknown setting "attribution.pseudonym" (known in [attribution]: [projects], [teams], [[from]], pseudonyms)`,
		"[attribution]\npseudonyms = 1":                                                      "line 2: attribution.pseudonyms: expected true or false",
		"[attribution.teams]\nada = 'a,b'":                                                   `line 2, column 7: toml: "a,b": ` + name,
		"[attribution.teams]\nada = ['a']":                                                   "line 2: attribution.teams.ada: expected a string",
		"[attribution.projects]\n'/w' = 'x'\n'work' = 'x'":                                   `line 3: [attribution.projects] "work": expected an absolute path, or one that begins with ~/`,
		"[[attribution.from]]\nsource = 'x'\nteam = 'a'":                                     `line 2, column 10: toml: "x": expected an address or a network, such as 192.0.2.7 or 192.0.2.0/24`,
		"[[attribution.from]]\nlistener = 'x:y'\nteam = 'a'":                                 `line 2, column 12: toml: "x:y": expected an address of this machine, such as 192.0.2.1 or 192.0.2.1:4719`,
		"[[attribution.from]]\nsource = '::1'\nteam = 'a'\n[[attribution.from]]\nteam = 'a'": "line 4: [[attribution.from]]: expected source or listener, to tell which requests are meant",
		"[[attribution.from]]\nsource = '10.0.0.0/8'":                                        "line 1: [[attribution.from]]: expected user, team or project, to tell whose the requests are",
		"[[attribution.from]]\nsorce = '10.0.0.0/8'":                                         `line 2: unknown setting "attribution.from.sorce" (known in [[attribution.from]]: source, listener, user, team, project)`,
	} {
		_, err := configured(t, text)
		if err == nil {
			t.Errorf("%q: no error", text)
			continue
		}
		file, got, _ := strings.Cut(err.Error(), ": ")
		if got != want || filepath.Base(file) != configFile {
			t.Errorf("%q:\n got %s\nwant %s", text, err, want)
		}
	}
}

func TestAttributionIsRead(t *testing.T) {
	t.Setenv("HOME", "/home/ada")
	h, err := configured(t, `
[attribution]
pseudonyms = true

[attribution.projects]
"~/work/motor/" = "Motor"

[attribution.teams]
ada = "engines"

[[attribution.from]]
source = "192.0.2.7/24"
listener = "[::1]:4719"
user = "guest"
`)
	if err != nil {
		t.Fatal(err)
	}
	r := h.rules
	if r.Projects["/home/ada/work/motor"] != "Motor" || r.Teams["ada"] != "engines" || r.Teams[r.Pseudonym("ada")] != "engines" {
		t.Errorf("got %+v", r)
	}
	if o := r.From[0]; o.Source != netip.MustParsePrefix("192.0.2.0/24") || o.Listener != netip.MustParseAddrPort("[::1]:4719") || o.Labels[usage.ByUser] != "guest" {
		t.Errorf("got %+v", o)
	}
	if p := h.here(); p.User != r.Pseudonym(p.User) || p.Machine != r.Pseudonym(p.Machine) || p.User == "" {
		t.Errorf("a run would leave word of %+v", p)
	}
	again, err := openHouse(h.dir)
	if err != nil || again.rules.Pseudonym("ada") != r.Pseudonym("ada") {
		t.Errorf("another key: %v", err)
	}
	if info, err := os.Stat(h.path(secretFile)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if err := os.WriteFile(h.path(secretFile), []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := openHouse(h.dir); err == nil || !strings.Contains(err.Error(), "expected 32 bytes, found 5") {
		t.Errorf("a broken key: %v", err)
	}
}
