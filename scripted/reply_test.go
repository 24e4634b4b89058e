package scripted

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

func TestADripEndsWhenTheAgentLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, leave := context.WithCancel(t.Context())
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://api.anthropic.com/v1/messages", nil)
		if err != nil {
			t.Fatal(err)
		}
		y := &reply{Call: Call{Request: r}, Script: Script{Drip: time.Hour}}
		started := time.Now()
		if !y.pause() || time.Since(started) != time.Hour {
			t.Errorf("it paused for %v", time.Since(started))
		}
		leave()
		if y.pause() || time.Since(started) != time.Hour {
			t.Errorf("it went on until %v", time.Since(started))
		}
	})
}
