package dialect

import (
	"testing"

	"github.com/wiremeter/wiremeter/parsers/framing"
)

// What Copilot tells beside the usage is kept beside it, whatever the dialect.
func TestRawHoldsCopilotsAccount(t *testing.T) {
	const both = `{"usage":{"input_tokens":8},"copilot_usage":{"total_nano_aiu":5}}`
	for name, test := range map[string]struct {
		dialect  string
		isStream bool
		frame    string
		want     string
	}{
		"chat":                {"copilot", false, `{"usage":{"prompt_tokens":8},"copilot_usage":{"total_nano_aiu":5}}`, `{"usage":{"prompt_tokens":8},"copilot_usage":{"total_nano_aiu":5}}`},
		"responses":           {"responses", false, both, both},
		"responses, streamed": {"responses", true, `{"type":"response.completed","copilot_usage":{"total_nano_aiu":5},"response":{"usage":{"input_tokens":8}}}`, both},
		"responses, within":   {"responses", true, `{"type":"response.completed","response":{"copilot_usage":{"total_nano_aiu":5},"usage":{"input_tokens":8}}}`, both},
		"messages":            {"messages", false, both, both},
		"no account":          {"copilot", false, `{"usage":{"prompt_tokens":8}}`, `{"prompt_tokens":8}`},
		"account only":        {"copilot", false, `{"copilot_usage":{"total_nano_aiu":5}}`, `{"copilot_usage":{"total_nano_aiu":5}}`},
	} {
		t.Run(name, func(t *testing.T) {
			m := New(test.dialect, Options{IsStream: test.isStream})
			if got, _ := m.Observe(framing.Frame{Data: []byte(test.frame)}); string(got.Raw) != test.want {
				t.Errorf("got %s, want %s", got.Raw, test.want)
			}
		})
	}
}
