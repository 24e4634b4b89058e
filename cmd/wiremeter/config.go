package main

import (
	"bytes"
	"encoding"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"reflect"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"github.com/wiremeter/wiremeter/parsers"
)

const configFile = "config.toml"

// config is config.toml; flags win over it. What it does not set is empty. A
// nested struct is a table, a slice of structs an array of tables: errors take
// what is known, and what each setting expects, from here.
type config struct {
	Listen        string   `toml:"listen"`
	UpstreamProxy string   `toml:"upstream_proxy"`
	UpstreamCA    string   `toml:"upstream_ca"`
	ConnectTo     []string `toml:"connect_to"`

	Attribution attribution `toml:"attribution"`

	Providers []customProvider `toml:"provider"`
	Prices    priceConfig      `toml:"prices"`
}

// customProvider is a parsers.Custom, as the file writes it.
type customProvider struct {
	Name   string            `toml:"name"`
	Hosts  []string          `toml:"hosts"`
	Prefix string            `toml:"prefix"`
	Origin string            `toml:"origin"`
	Paths  map[string]string `toml:"paths"`
}

// providers are the built-in ones and the file's.
func (c config) providers() (*parsers.Providers, error) {
	var more []parsers.Custom
	for _, p := range c.Providers {
		more = append(more, parsers.Custom(p))
	}
	all, err := parsers.WithCustom(more)
	if err != nil {
		return nil, fmt.Errorf("[[provider]] %w", err)
	}
	return all, nil
}

// readConfig returns what the file says; one that does not exist says nothing.
func readConfig(path string) (config, error) {
	var c config
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return c, nil
	}
	if err != nil {
		return c, fmt.Errorf("read the configuration: %w", err)
	}
	if err := decodeConfig(text, &c); err != nil {
		return c, fmt.Errorf("%s: %w", path, err)
	}
	if err := c.Attribution.check(string(text)); err != nil {
		return c, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

// decodeConfig fills the struct that into points to. An error says the line,
// the setting and what was expected.
func decodeConfig(text []byte, into any) error {
	err := toml.NewDecoder(bytes.NewReader(text)).DisallowUnknownFields().Decode(into)
	if strict, ok := errors.AsType[*toml.StrictMissingError](err); ok {
		first := strict.Errors[0]
		row, _ := first.Position()
		return fmt.Errorf("line %d: unknown setting %q (known%s)", row, strings.Join(first.Key(), "."), known(reflect.TypeOf(into), first.Key()))
	}
	if decode, ok := errors.AsType[*toml.DecodeError](err); ok {
		row, column := decode.Position()
		if want := wanted(reflect.TypeOf(into), decode); want != "" {
			return fmt.Errorf("line %d: %s: expected %s", row, strings.Join(decode.Key(), "."), want)
		}
		return fmt.Errorf("line %d, column %d: %w", row, column, decode)
	}
	return err
}

// known lists the settings of the innermost known table on the way to key.
func known(t reflect.Type, key []string) string {
	in := ""
	for i, name := range key[:len(key)-1] {
		inner, ok := setting(t, name)
		if !ok {
			break
		}
		t, in = inner, " in "+header(inner, strings.Join(key[:i+1], "."))
	}
	var names []string
	for f := range table(t).Fields() {
		names = append(names, header(f.Type, f.Tag.Get("toml")))
	}
	return in + ": " + strings.Join(names, ", ")
}

// wanted is what the setting takes, if the error is that the file gives it
// something else. The library's own words are of Go's types.
func wanted(t reflect.Type, err *toml.DecodeError) string {
	if len(err.Key()) == 0 || !strings.Contains(err.Error(), "cannot ") {
		return ""
	}
	for _, name := range err.Key() {
		inner, ok := setting(t, name)
		if !ok {
			return ""
		}
		t = inner
	}
	return expected(t, strings.Join(err.Key(), "."))
}

// setting returns the type of a table's setting. TOML's names may be written
// in any case here, as the library takes them.
func setting(t reflect.Type, name string) (reflect.Type, bool) {
	t = table(t)
	if t.Kind() == reflect.Map {
		return t.Elem(), true
	}
	if t.Kind() != reflect.Struct {
		return nil, false
	}
	for f := range t.Fields() {
		if strings.EqualFold(f.Tag.Get("toml"), name) {
			return f.Type, true
		}
	}
	return nil, false
}

// table takes pointers and slices off a type.
func table(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	return t
}

// header is how the file writes a setting's name: a table's in brackets.
func header(t reflect.Type, name string) string {
	switch {
	case isText(table(t)), table(t).Kind() != reflect.Struct && table(t).Kind() != reflect.Map:
		return name
	case t.Kind() == reflect.Slice:
		return "[[" + name + "]]"
	}
	return "[" + name + "]"
}

// isText reports whether a setting is a string that is read by its own type.
func isText(t reflect.Type) bool {
	return reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
}

// values are types that the file writes as one value of another kind.
var values = map[reflect.Type]string{
	reflect.TypeFor[toml.LocalDate](): "a day such as 2026-01-31, without quotes",
}

// expected says in words what a setting of this type takes.
func expected(t reflect.Type, name string) string {
	if words := values[t]; words != "" {
		return words
	}
	if isText(t) {
		return "a string"
	}
	switch t.Kind() {
	case reflect.Pointer:
		return expected(t.Elem(), name)
	case reflect.Slice:
		if table(t).Kind() == reflect.Struct {
			return "tables under " + header(t, name)
		}
		return "a list of " + plural[t.Elem().Kind()]
	case reflect.Struct, reflect.Map:
		return "a table, " + header(t, name)
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "a string"
	case reflect.Float64:
		return "a number"
	}
	return "a whole number"
}

var plural = map[reflect.Kind]string{reflect.String: "strings", reflect.Int: "whole numbers", reflect.Float64: "numbers"}
