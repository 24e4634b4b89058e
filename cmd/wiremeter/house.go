package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// defaultListen is the one documented address. It is fixed because agents that
// outlive a run keep it in their environment.
const defaultListen = "127.0.0.1:4719"

// house is the folder with everything of wiremeter's: the database, the
// authority, the certificate bundle and the configuration.
type house struct {
	dir    string
	config config
}

const configFile = "config.toml"

// config is config.toml; flags win over it. What it does not set is empty.
type config struct {
	Listen        string   `toml:"listen"`
	UpstreamProxy string   `toml:"upstream_proxy"`
	UpstreamCA    string   `toml:"upstream_ca"`
	ConnectTo     []string `toml:"connect_to"`
}

// openHouse makes the folder at first use. An empty dir means the default.
func openHouse(dir string) (*house, error) {
	if dir == "" {
		var err error
		if dir, err = defaultHome(); err != nil {
			return nil, err
		}
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("--home %s: %w", dir, err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make wiremeter's folder (--home): %w", err)
	}
	h := &house{dir: dir}
	return h, h.readConfig()
}

func defaultHome() (string, error) {
	if dir := os.Getenv("WIREMETER_HOME"); dir != "" {
		return dir, nil
	}
	if data := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(data) {
		return filepath.Join(data, "wiremeter"), nil
	}
	user, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("find a folder for wiremeter's data: %w; name one with --home DIR", err)
	}
	return filepath.Join(user, ".local", "share", "wiremeter"), nil
}

func (h *house) readConfig() error {
	path := h.path(configFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the configuration: %w", err)
	}
	d := toml.NewDecoder(bytes.NewReader(text)).DisallowUnknownFields()
	if err := d.Decode(&h.config); err != nil {
		return fmt.Errorf("%s: %s", path, tomlError(err))
	}
	return nil
}

// tomlError says where in the file the error is.
func tomlError(err error) string {
	if strict, ok := errors.AsType[*toml.StrictMissingError](err); ok {
		first := strict.Errors[0]
		row, _ := first.Position()
		return fmt.Sprintf("line %d: unknown setting %q (known: listen, upstream_proxy, upstream_ca, connect_to)", row, strings.Join(first.Key(), "."))
	}
	if decode, ok := errors.AsType[*toml.DecodeError](err); ok {
		row, column := decode.Position()
		if want := wantedType(decode); want != "" {
			return fmt.Sprintf("line %d: %s: expected %s", row, decode.Key()[0], want)
		}
		return fmt.Sprintf("line %d, column %d: %v", row, column, decode)
	}
	return err.Error()
}

// wantedType is what the setting takes, if the error is that the file gives it
// something else. The library's own words are of Go's types.
func wantedType(err *toml.DecodeError) string {
	if len(err.Key()) == 0 || !strings.Contains(err.Error(), "cannot ") {
		return ""
	}
	if strings.EqualFold(err.Key()[0], "connect_to") {
		return "a list of strings"
	}
	return "a string"
}

// said names a setting of config.toml, for an error about its value.
func (h *house) said(setting string) string { return h.path(configFile) + ": " + setting + ":" }

// listenAddr is where to serve, and the name of who said so: the flag, the
// configuration, or nobody.
func (h *house) listenAddr(flag string) (addr, said string) {
	if flag == "" && h.config.Listen != "" {
		return h.config.Listen, h.said("listen")
	}
	return cmp.Or(flag, defaultListen), "--listen"
}

func (h *house) path(name string) string { return filepath.Join(h.dir, name) }
func (h *house) database() string        { return h.path("wiremeter.db") }
func (h *house) authority() string       { return h.path("ca") }
