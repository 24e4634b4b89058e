package dialect

import "bytes"

// keys are names of members, with their quotes. What has none of them is passed
// over unread, which is most of a stream: looking for them must be faster than
// reading. Hence not one search for each, but one for the colons.
type keys [][]byte

func newKeys(names ...string) (k keys) {
	for _, name := range names {
		k = append(k, []byte(`"`+name+`"`))
	}
	return k
}

// in reports whether one of the keys may have a value other than null somewhere
// in the JSON. Quotes within JSON's strings are escaped, so text cannot pass for
// a key.
func (k keys) in(data []byte) bool {
	for at := 0; ; {
		n := bytes.IndexByte(data[at:], ':')
		if n < 0 {
			return false
		}
		key := data[:at+n]
		for len(key) > 0 && key[len(key)-1] <= ' ' {
			key = key[:len(key)-1]
		}
		if at += n + 1; k.end(key) && !isNull(data[at:]) {
			return true
		}
	}
}

// end reports whether one of the keys stands at the end of p.
func (k keys) end(p []byte) bool {
	if len(p) < 3 || p[len(p)-1] != '"' {
		return false
	}
	for _, key := range k {
		if p[len(p)-2] == key[len(key)-2] && bytes.HasSuffix(p, key) {
			return true
		}
	}
	return false
}

func isNull(value []byte) bool {
	for len(value) > 0 && value[0] <= ' ' {
		value = value[1:]
	}
	return len(value) > 0 && value[0] == 'n' // no other value begins so
}
