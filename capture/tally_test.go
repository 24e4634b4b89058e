package capture

import (
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/wiremeter/wiremeter/usage"
)

// aRun is a name as `wiremeter run` makes it.
const aRun = "run-k3v7m2q5xa"

// unable is a recorder that panics when it is given a record.
type unable struct{ shelf }

func (u *unable) Record(usage.Record) { panic("a record") }

// TestTalliesAreOfTheirRun: those of exchanges that leave no record, and of one
// whose record was lost here.
func TestTalliesAreOfTheirRun(t *testing.T) {
	for reason, path := range map[string]string{"count_tokens": "/v1/messages/count_tokens", "capture_panic": "/v1/messages"} {
		r := new(unable)
		e := New(r, zerolog.Nop()).Begin(usage.Exchange{
			StartedAt: time.Now(), Run: aRun, Transport: usage.HTTP1, Method: "POST", Host: "api.anthropic.com", Path: path,
		})
		e.Response(200, eventStream)
		e.Body([]byte(streamStart + streamEnd))
		e.End(nil)
		if len(r.tallies) != 1 || r.tallies[0].Run != aRun || r.tallies[0].Reason != reason {
			t.Errorf("%s: got %+v", reason, r.tallies)
		}
	}
}
