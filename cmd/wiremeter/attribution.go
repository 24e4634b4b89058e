package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/wiremeter/wiremeter/capture"
	"github.com/wiremeter/wiremeter/place"
	"github.com/wiremeter/wiremeter/usage"
)

// attribution is the table [attribution] of config.toml: who asks, where nothing
// else tells.
type attribution struct {
	Projects   map[string]labelText `toml:"projects"` // by directory
	Teams      map[string]labelText `toml:"teams"`    // by user
	From       []origin             `toml:"from"`
	Pseudonyms bool                 `toml:"pseudonyms"`
}

// origin is a capture.Origin, as the file writes it.
type origin struct {
	Source   source    `toml:"source"`
	Listener listener  `toml:"listener"`
	User     labelText `toml:"user"`
	Team     labelText `toml:"team"`
	Project  labelText `toml:"project"`
}

// labelText is a label's value. Like the other types here it is read by itself,
// so that an error has its line.
type labelText struct{ string }

// UnmarshalText is encoding's.
func (l *labelText) UnmarshalText(text []byte) error {
	_, value, err := capture.ParseLabel(string(usage.ByTeam) + "=" + string(text))
	if err != nil {
		return fmt.Errorf("%q: expected a name, of letters, digits, spaces and . _ - @ / + : alone", text)
	}
	l.string = value
	return nil
}

type source struct{ netip.Prefix }

// UnmarshalText is encoding's.
func (s *source) UnmarshalText(text []byte) error {
	if a, err := netip.ParseAddr(string(text)); err == nil {
		s.Prefix = netip.PrefixFrom(a, a.BitLen())
		return nil
	}
	p, err := netip.ParsePrefix(string(text))
	if err != nil {
		return fmt.Errorf("%q: expected an address or a network, such as 192.0.2.7 or 192.0.2.0/24", text)
	}
	s.Prefix = p.Masked()
	return nil
}

type listener struct{ netip.AddrPort }

// UnmarshalText is encoding's. An address without a port is all of them.
func (l *listener) UnmarshalText(text []byte) error {
	host, port, err := net.SplitHostPort(string(text))
	if err != nil {
		host, port = string(text), "0"
	}
	a, err := netip.ParseAddr(strings.Trim(host, "[]"))
	n, err2 := strconv.ParseUint(port, 10, 16)
	if err != nil || err2 != nil {
		return fmt.Errorf("%q: expected an address of this machine, such as 192.0.2.1 or 192.0.2.1:4719", text)
	}
	l.AddrPort = netip.AddrPortFrom(a, uint16(n))
	return nil
}

// check says what stands in the table that cannot be; text is the file's.
func (a attribution) check(text string) error {
	for _, dir := range slices.Sorted(maps.Keys(a.Projects)) {
		if !filepath.IsAbs(inHome(dir)) {
			return fmt.Errorf("%s[attribution.projects] %q: expected an absolute path, or one that begins with ~/", rowOf(text, dir, 0), dir)
		}
	}
	for i, o := range a.From {
		missing := ""
		switch {
		case !o.Source.IsValid() && !o.Listener.IsValid():
			missing = "source or listener, to tell which requests are meant"
		case o.User.string+o.Team.string+o.Project.string == "":
			missing = "user, team or project, to tell whose the requests are"
		}
		if missing != "" {
			return fmt.Errorf("%s[[attribution.from]]: expected %s", rowOf(text, "[[attribution.from]]", i), missing)
		}
	}
	return nil
}

// rowOf is where the nth of these words stands, as errors begin; "": nowhere, for
// the file may write it otherwise.
func rowOf(text, words string, nth int) string {
	row := 0
	for line := range strings.Lines(text) {
		row++
		if !strings.Contains(line, words) {
			continue
		}
		if nth == 0 {
			return fmt.Sprintf("line %d: ", row)
		}
		nth--
	}
	return ""
}

// inHome puts the home folder in the place of ~.
func inHome(path string) string {
	rest, ok := strings.CutPrefix(path, "~")
	if !ok || rest != "" && rest[0] != '/' && rest[0] != os.PathSeparator {
		return path
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return path
	}
	return filepath.Join(home, rest)
}

// readRules puts together what the configuration says of who asks.
func (h *house) readRules() (capture.Rules, error) {
	a := h.config.Attribution
	r := capture.Rules{Projects: make(map[string]string), Teams: make(map[string]string)}
	if a.Pseudonyms {
		var err error
		if r.Secret, err = openSecret(h.path(secretFile)); err != nil {
			return r, err
		}
	}
	for dir, project := range a.Projects {
		r.Projects[filepath.Clean(inHome(dir))] = project.string
	}
	for user, team := range a.Teams {
		r.Teams[user], r.Teams[r.Pseudonym(user)] = team.string, team.string
	}
	for _, o := range a.From {
		r.From = append(r.From, capture.Origin{Source: o.Source.Prefix, Listener: o.Listener.AddrPort, Labels: map[usage.Dimension]string{
			usage.ByUser: o.User.string, usage.ByTeam: o.Team.string, usage.ByProject: o.Project.string,
		}})
	}
	return r, nil
}

// here is where this process works, as far as it may be kept.
func (h *house) here() place.Place {
	p := capture.CleanPlace(place.Here())
	p.User, p.Machine = h.rules.Pseudonym(p.User), h.rules.Pseudonym(p.Machine)
	return p
}

// around is what this machine knows of an agent that works in dir, as this user.
func (h *house) around(dir string) place.Answer {
	p := place.Here()
	w := place.Answer{Process: place.Process{User: p.User}, Machine: p.Machine}
	if dir != "" {
		w.Here = place.Look(dir)
	}
	return w
}

const (
	secretFile = "pseudonyms.key"
	secretSize = 32
)

// openSecret reads the key that pseudonyms are made with, and makes it at first
// use. Who has it can tell whether a pseudonym is that of a name.
func openSecret(path string) ([]byte, error) {
	secret, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return makeSecret(path)
	}
	if err != nil {
		return nil, fmt.Errorf("read the key of pseudonyms: %w", err)
	}
	if len(secret) != secretSize {
		return nil, fmt.Errorf("%s: expected %d bytes, found %d; with another key every name gets a new pseudonym", path, secretSize, len(secret))
	}
	return secret, nil
}

// makeSecret leaves the key that another process makes at the same time.
func makeSecret(path string) ([]byte, error) {
	secret := make([]byte, secretSize)
	rand.Read(secret) //nolint:errcheck // it never fails
	temporary := path + "-" + rand.Text()
	if err := os.WriteFile(temporary, secret, 0o600); err != nil {
		return nil, fmt.Errorf("make the key of pseudonyms: %w", err)
	}
	err := os.Link(temporary, path)
	if err := os.Remove(temporary); err != nil {
		return nil, fmt.Errorf("make the key of pseudonyms: %w", err)
	}
	if errors.Is(err, fs.ErrExist) {
		return openSecret(path)
	}
	if err != nil {
		return nil, fmt.Errorf("make the key of pseudonyms: %w", err)
	}
	return secret, nil
}
