package proxy

import (
	"runtime/debug"
	"time"
)

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
