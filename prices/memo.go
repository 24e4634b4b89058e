package prices

import (
	"sync"
	"time"
)

// memo keeps what was found under a name. Names are looked at closely, and a
// report asks for few of them very often. Any goroutine may use it.
type memo struct{ found sync.Map }

// epochs are what Book.Epoch needs of a table's lines.
type epochs struct {
	once   sync.Once
	bounds []time.Time
	hourly []string
}

type wanted struct{ provider, model, geo string }

type lookedUp struct {
	Resolved
	isKnown bool
}

func (t *Table) lookUp(i Item) (Resolved, bool) {
	key := wanted{i.Provider, i.Model, i.Geo}
	if f, ok := t.memo.found.Load(key); ok {
		return f.(lookedUp).Resolved, f.(lookedUp).isKnown //nolint:forcetypeassert // nothing else is kept
	}
	r, isKnown := t.find(i)
	t.memo.found.Store(key, lookedUp{r, isKnown})
	return r, isKnown
}
