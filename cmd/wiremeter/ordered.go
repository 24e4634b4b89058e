package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
)

// ordered is a JSON object of somebody else's: its members keep their order, and
// the text of their values.
type ordered []orderedMember

type orderedMember struct {
	name  string
	value json.RawMessage
}

// readObject reads one; empty text is an empty object. What it should be is for
// the error.
func readObject(text []byte, expected string) (ordered, error) {
	text = bytes.TrimSpace(text)
	if len(text) == 0 {
		return nil, nil
	}
	if !json.Valid(text) {
		return nil, fmt.Errorf("the JSON is broken (%w)", json.Unmarshal(text, new(any)))
	}
	d := json.NewDecoder(bytes.NewReader(text))
	if first, err := d.Token(); err != nil || first != json.Delim('{') {
		return nil, fmt.Errorf("expected %s", expected)
	}
	var o ordered
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, err
		}
		var m orderedMember
		m.name, _ = name.(string) // names of members are strings
		if err := d.Decode(&m.value); err != nil {
			return nil, err
		}
		o = append(o, m)
	}
	return o, nil
}

func (o ordered) find(name string) int {
	return slices.IndexFunc(o, func(m orderedMember) bool { return m.name == name })
}

// get returns nil where there is none.
func (o ordered) get(name string) json.RawMessage {
	if i := o.find(name); i >= 0 {
		return o[i].value
	}
	return nil
}

// set takes a member away where the value is nil.
func (o *ordered) set(name string, value json.RawMessage) {
	switch i := o.find(name); {
	case i >= 0 && value == nil:
		*o = slices.Delete(*o, i, i+1)
	case i >= 0:
		(*o)[i].value = value
	case value != nil:
		*o = append(*o, orderedMember{name, value})
	}
}

func (o ordered) text() json.RawMessage {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		name, _ := encode(m.name) // a string can be encoded
		b.Write(name)
		b.WriteByte(':')
		b.Write(m.value)
	}
	b.WriteByte('}')
	return b.Bytes()
}
