package capture

import (
	"fmt"
	"time"

	"github.com/rs/zerolog"
)

// leash lets a parser work on one exchange within a budget. When it panics or
// uses the budget up it must not be called again, and failure says why.
type leash struct {
	dialect string
	log     zerolog.Logger
	spent   time.Duration
	budget  time.Duration // besides baseBudget
	failure string        // a fixed word; empty while all is well
}

// A parser may take this much time, and so much more for each byte that it is
// given: many times what any real response takes.
const (
	baseBudget    = 2 * time.Second
	budgetPerByte = 50 * time.Nanosecond
)

// run gives the parser n bytes to work on. It reports whether all is well.
func (l *leash) run(n int, work func()) bool {
	started := time.Now()
	l.guard(work)
	l.spent += time.Since(started)
	l.budget += time.Duration(n) * budgetPerByte
	if l.failure == "" && l.spent > baseBudget+l.budget {
		l.failure = "budget_exceeded"
	}
	return l.failure == ""
}

func (l *leash) guard(work func()) {
	defer func() {
		v := recover()
		if v == nil {
			return
		}
		// The value may hold content; its type and the dialect tell where to look.
		l.log.Error().Str("dialect", l.dialect).Str("panic", fmt.Sprintf("%T", v)).Msg("a parser panicked; the exchange goes on unmetered")
		l.failure = "parser_panic"
	}()
	work()
}
