package main

import (
	"io"
	"time"

	"github.com/schollz/progressbar/v3"
)

// progress shows on a terminal how far something is that takes more than a second.
type progress struct {
	out   io.Writer
	doing string
	began time.Time
	bar   *progressbar.ProgressBar // nil: nothing is shown yet
}

func newProgress(out io.Writer, doing string) *progress {
	return &progress{out: out, doing: doing, began: time.Now()}
}

func (p *progress) tell(done, all int64) {
	if _, ok := terminalWidth(p.out); !ok || time.Since(p.began) < time.Second {
		return
	}
	if p.bar == nil {
		p.bar = progressbar.NewOptions64(all, progressbar.OptionSetWriter(p.out), progressbar.OptionSetDescription(p.doing),
			progressbar.OptionShowCount(), progressbar.OptionSetPredictTime(true), progressbar.OptionClearOnFinish(), progressbar.OptionFullWidth())
	}
	p.bar.ChangeMax64(all)
	_ = p.bar.Set64(done) // it is only to be looked at
}

// end takes it from the screen.
func (p *progress) end() {
	if p.bar != nil {
		_ = p.bar.Clear()
	}
}
