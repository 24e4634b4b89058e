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
	short   int // calls on few bytes
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

// Looking at the clock costs as much as reading a short event does. Of work on
// so few bytes one in timedEvery is timed, and the others are not held against
// the parser: on a busy machine time passes that is not its.
const (
	fewBytes   = 4 << 10
	timedEvery = 8
)

// epoch is any time: what has passed since one is cheaper to know than what time
// it is.
var epoch = time.Now()

// run gives the parser n bytes to work on. It reports whether all is well.
func (l *leash) run(n int, work func()) bool {
	l.budget += time.Duration(n) * budgetPerByte
	if 0 < n && n < fewBytes {
		l.short++
		if l.short%timedEvery != 1 {
			l.guard(work)
			return l.failure == ""
		}
	}
	started := time.Since(epoch)
	l.guard(work)
	l.spent += time.Since(epoch) - started
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

// moment is a time that is looked up when it is first asked for: of most pieces
// nobody asks. The zero value is ready.
type moment time.Time

func (m *moment) time() time.Time {
	if (*m == moment{}) {
		*m = moment(time.Now())
	}
	return time.Time(*m)
}
