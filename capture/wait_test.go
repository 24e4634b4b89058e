package capture

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/wiremeter/wiremeter/usage"
)

// TestWaitForWhatIsDecidedLater: what is read beside the traffic, and decided on
// after that, is waited for as well.
func TestWaitForWhatIsDecidedLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := new(shelf)
		g := &hopStage{t, New(s, zerolog.Nop()), s}
		way, next := g.begin("127.0.0.1"), g.begin(vendorHost)
		way.Response(200, usage.Header{"Content-Type": {"application/json"}, "Content-Encoding": {"gzip"}})
		way.Body(gzipped(`{"id":"x1","model":"m","choices":[],"usage":{"prompt_tokens":10,"completion_tokens":2}}`))
		way.End(nil) // next is under way, and may be what the gateway asked
		if err := g.c.Wait(t.Context()); err != nil || len(s.records) != 1 {
			t.Errorf("%d records, %v", len(s.records), err)
		}
		next.End(usage.AgentGone)
		time.Sleep(2 * hopPatience)
		if err := g.c.Wait(t.Context()); err != nil || len(s.records) != 2 {
			t.Errorf("%d records, %v", len(s.records), err)
		}
	})
}
