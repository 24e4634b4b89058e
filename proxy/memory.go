package proxy

import (
	"runtime/debug"
	"time"
)

// slackSize is how much memory a Proxy holds without ever touching it, so that
// it is never taken from the system. The collector counts it: else it would run
// for every 4 MB that are allocated, to find the same few streams each time.
const slackSize = 32 << 20

const quietAfter = 5 * time.Second

// giveBack returns memory to the system once nothing new has come in for a
// while: what a burst of requests left behind would stay for minutes, beside
// streams that wait for a model. It ends when stop is closed.
func (p *Proxy) giveBack(stop <-chan struct{}) {
	tick := time.NewTicker(quietAfter)
	defer tick.Stop()
	last, given := p.Seen(), p.Seen()
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
		}
		now := p.Seen()
		if now == last && now != given {
			debug.FreeOSMemory()
			given = now
		}
		last = now
	}
}
