package capture

import (
	"testing"

	"github.com/wiremeter/wiremeter/usage"
)

func TestRetries(t *testing.T) {
	for text, want := range map[string]int64{"": -1, "0": 0, "2": 2, "-1": -1, "many": -1, "99999999": -1} {
		got := int64(-1)
		if n := retries(usage.Header{"X-Stainless-Retry-Count": {text}}); n != nil {
			got = *n
		}
		if got != want {
			t.Errorf("%q: got %d, want %d", text, got, want)
		}
	}
	if retries(nil) != nil {
		t.Error("without the header it is unknown")
	}
}
