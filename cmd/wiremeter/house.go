package main

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"

	"github.com/wiremeter/wiremeter/capture"
	"github.com/wiremeter/wiremeter/parsers"
)

// defaultListen is the one documented address. It is fixed because agents that
// outlive a run keep it in their environment.
const defaultListen = "127.0.0.1:4719"

// house is the folder with everything of wiremeter's: the database, the
// authority, the certificate bundle and the configuration.
type house struct {
	dir       string
	config    config
	providers *parsers.Providers // nil: the built-in ones
	rules     capture.Rules
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
	if h.config, err = readConfig(h.path(configFile)); err != nil {
		return nil, err
	}
	h.providers, err = h.config.providers()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", h.path(configFile), err)
	}
	if h.rules, err = h.readRules(); err != nil {
		return nil, fmt.Errorf("%s: %w", h.path(configFile), err)
	}
	return h, nil
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

// known are the providers: the built-in ones and the configuration's own.
func (h *house) known() *parsers.Providers { return cmp.Or(h.providers, parsers.BuiltIn()) }

// runs is the folder with word of where runs were started.
func (h *house) runs() string { return h.path("runs") }

func (h *house) path(name string) string { return filepath.Join(h.dir, name) }
func (h *house) database() string        { return h.path("wiremeter.db") }
func (h *house) authority() string       { return h.path("ca") }
