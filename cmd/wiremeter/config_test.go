package main

import "testing"

// tables has every kind of setting that a configuration may hold.
type tables struct {
	Name   string   `toml:"name"`
	List   []string `toml:"list"`
	Number int      `toml:"number"`
	Rate   *float64 `toml:"rate"`
	IsOn   bool     `toml:"is_on"`
	Inner  struct {
		Names map[string]string `toml:"names"`
		Deep  struct {
			Word string `toml:"word"`
		} `toml:"deep"`
	} `toml:"inner"`
	Rows []struct {
		Host  string   `toml:"host"`
		Paths []string `toml:"paths"`
	} `toml:"row"`
}

func TestDecodeConfig(t *testing.T) {
	top := "name, list, number, rate, is_on, [inner], [[row]]"
	for text, want := range map[string]string{
		"nam = 'x'":                              `line 1: unknown setting "nam" (known: ` + top + `)`,
		"[inne]\nx = 1":                          `line 1: unknown setting "inne" (known: ` + top + `)`,
		"[inner]\n\ndep = 1":                     `line 3: unknown setting "inner.dep" (known in [inner]: [names], [deep])`,
		"inner.deep.wrd = 'x'":                   `line 1: unknown setting "inner.deep.wrd" (known in [inner.deep]: word)`,
		"[[row]]\nhost = 'x'\n[[row]]\nhots = 1": `line 4: unknown setting "row.hots" (known in [[row]]: host, paths)`,
		"name = 1":                               "line 1: name: expected a string",
		"list = 'x'":                             "line 1: list: expected a list of strings",
		"list = [1]":                             "line 1: list: expected a list of strings",
		"number = 'x'":                           "line 1: number: expected a whole number",
		"number = 99999999999999999999":          "line 1, column 10: toml: decimal number is too large to fit in a 64-bit signed integer",
		"rate = 'x'":                             "line 1: rate: expected a number",
		"is_on = 'yes'":                          "line 1: is_on: expected true or false",
		"inner = 'x'":                            "line 1: inner: expected a table, [inner]",
		"[inner]\nnames = ['x']":                 "line 2: inner.names: expected a table, [inner.names]",
		"[inner.names]\nx = 1":                   "line 2: inner.names.x: expected a string",
		"[[inner]]\nnames = 1":                   "line 1: inner: expected a table, [inner]",
		"row = 'x'":                              "line 1: row: expected tables under [[row]]",
		"[[row]]\npaths = 'x'":                   "line 2: row.paths: expected a list of strings",
		"[[row]]\nhost = ['x']":                  "line 2: row.host: expected a string",
		"NAME = 1":                               "line 1: NAME: expected a string",
	} {
		err := decodeConfig([]byte(text), new(tables))
		if err == nil {
			t.Errorf("%q: no error", text)
		} else if err.Error() != want {
			t.Errorf("%q:\n got %s\nwant %s", text, err, want)
		}
	}
}
