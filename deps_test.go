package wiremeter_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/wiremeter/wiremeter/"

// arrows says for each package what it may import besides the standard
// library. A name without a dot is a room of this house, and all below it with
// a trailing "/...". "-name" forbids a package of the standard library.
const arrows = `
usage:              -net/http -os -database/sql
certs:              -database/sql
proxy:              usage github.com/elazarl/goproxy github.com/rs/zerolog golang.org/x/net -database/sql
parsers:            usage parsers/... github.com/tidwall/gjson -os -net -net/http -time -log -context -sync -database/sql
parsers/framing:    github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream -os -net -net/http -time -log -context -sync -database/sql
parsers/coding:     github.com/klauspost/compress github.com/andybalholm/brotli -os -net -net/http -time -log -context -sync -database/sql
parsers/dialect:    usage parsers/framing github.com/tidwall/gjson google.golang.org/protobuf/encoding/protowire -os -net -net/http -time -log -context -sync -database/sql
parsers/provider:   usage -os -net -net/http -time -log -context -sync -database/sql
place:              usage -net/http -database/sql
capture:            usage parsers parsers/coding place github.com/rs/zerolog github.com/oklog/ulid -net/http -os -database/sql
store:              usage github.com/rs/zerolog -net/http -database/sql
store/sums:         usage -net/http -os -database/sql
store/sqlite:       usage store/sums github.com/mattn/go-sqlite3 -net/http
reconcile:          usage store/sqlite -net/http
transcript:         usage store/sqlite -net/http -database/sql
report:             usage prices store/... github.com/mattn/go-runewidth -net/http -database/sql
prices:             usage -net -net/http -os -database/sql
prices/public:      prices -net -net/http -os -database/sql
scripted:           usage github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream github.com/coder/websocket github.com/klauspost/compress github.com/andybalholm/brotli google.golang.org/protobuf/encoding/protowire -database/sql
bench:              certs parsers proxy scripted capture store store/sqlite usage github.com/coder/websocket github.com/elazarl/goproxy github.com/rs/zerolog
cmd/wiremeter:      capture certs parsers place prices prices/public proxy reconcile report scripted store store/sqlite transcript usage github.com/rs/zerolog github.com/spf13/cobra github.com/pelletier/go-toml github.com/spf13/pflag golang.org/x/net golang.org/x/sys golang.org/x/term github.com/schollz/progressbar/v3 -database/sql
`

// doors are the libraries that come into the house in one place.
var doors = map[string]string{
	"github.com/aws/aws-sdk-go-v2":    "parsers/framing scripted",
	"github.com/elazarl/goproxy":      "proxy bench",
	"github.com/tidwall/gjson":        "parsers parsers/dialect",
	"google.golang.org/protobuf":      "parsers/dialect scripted",
	"github.com/mattn/go-sqlite3":     "store/sqlite",
	"github.com/mattn/go-runewidth":   "report",
	"github.com/schollz/progressbar":  "cmd/wiremeter",
	"github.com/spf13/cobra":          "cmd/wiremeter",
	"github.com/pelletier/go-toml/v2": "cmd/wiremeter",
}

type listed struct {
	ImportPath string
	Imports    []string
}

func TestArrows(t *testing.T) {
	rules := make(map[string][]string)
	for line := range strings.Lines(arrows) {
		name, rest, ok := strings.Cut(strings.TrimSpace(line), ":")
		if ok {
			rules[name] = strings.Fields(rest)
		}
	}
	seen := make(map[string]bool)
	for _, p := range list(t) {
		room := strings.TrimPrefix(p.ImportPath, module)
		rule, ok := rules[room]
		if !ok {
			t.Errorf("package %s stands in no rule: add its line to arrows", room)
			continue
		}
		seen[room] = true
		for _, imported := range p.Imports {
			if !permits(rule, imported) {
				t.Errorf("%s must not import %s", room, imported)
			}
			checkDoor(t, room, imported)
		}
	}
	for room := range rules {
		if !seen[room] {
			t.Errorf("arrows has a rule for %s, which does not exist", room)
		}
	}
}

func permits(rule []string, imported string) bool {
	if local, ok := strings.CutPrefix(imported, module); ok {
		return slices.ContainsFunc(rule, func(r string) bool {
			above, all := strings.CutSuffix(r, "/...")
			return r == local || all && (local == above || strings.HasPrefix(local, above+"/"))
		})
	}
	if first, _, _ := strings.Cut(imported, "/"); !strings.Contains(first, ".") {
		return !slices.Contains(rule, "-"+imported)
	}
	return slices.ContainsFunc(rule, func(r string) bool { return imported == r || strings.HasPrefix(imported, r+"/") })
}

func checkDoor(t *testing.T, room, imported string) {
	t.Helper()
	for library, rooms := range doors {
		if imported == library || strings.HasPrefix(imported, library+"/") {
			if !slices.Contains(strings.Fields(rooms), room) {
				t.Errorf("%s imports %s, whose door is %s", room, library, rooms)
			}
		}
	}
}

func list(t *testing.T) []listed {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []listed
	d := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p listed
		err := d.Decode(&p)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		if len(p.Imports) > 0 {
			all = append(all, p)
		}
	}
}
