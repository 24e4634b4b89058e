package place

import (
	"sync"
	"time"

	"github.com/wiremeter/wiremeter/usage"
)

// Finder looks up where agents work. Its methods may be called from any
// goroutine and never wait: what takes time goes on in the background, and is
// remembered.
type Finder struct {
	runs    string // the folder with word of runs
	machine string
	busy    chan struct{} // of those that look

	mu      sync.Mutex
	byRun   memory[string, ranAt]
	byConn  memory[uint64, Process]
	byDir   memory[string, Place]
	likely  []int // processes that were found of late
	waiting int
}

// NewFinder makes a Finder that reads word of runs in the folder.
func NewFinder(runs string) *Finder {
	return &Finder{runs: runs, machine: Machine(), busy: make(chan struct{}, maxBusy)}
}

const (
	maxBusy    = 4    // at a time
	maxWaiting = 1024 // more are not looked for
	maxMemory  = 4096 // of each kind
)

// How long what was found is believed: a branch is soon another one, while a
// connection stays its process's.
const (
	runsFresh  = time.Minute
	connsFresh = 24 * time.Hour
	dirsFresh  = 5 * time.Second
)

// Question is where to look.
type Question struct {
	Run string     // the run's name; empty: none
	Dir string     // where the agent says it works; empty: unsaid, or on another machine
	Who usage.Conn // whose process is looked for where no run is known; ID 0: nobody's
}

// Answer is what was found.
type Answer struct {
	HasRun  bool
	Run     Place // as it was when the run began
	Process Process
	Here    Place  // what is on the disk now where the agent works: as it says, else as its run or its process does
	Machine string // this one, where the agent runs on it
}

type ranAt struct {
	place Place
	isRun bool
}

// Inquiry is a question that is being looked at.
type Inquiry struct {
	done   chan struct{}
	answer Answer
}

// Done is closed when there is an answer.
func (i *Inquiry) Done() <-chan struct{} { return i.done }

// Answer is to be called after Done.
func (i *Inquiry) Answer() Answer { return i.answer }

var isDone = func() chan struct{} { c := make(chan struct{}); close(c); return c }()

// Ask looks for an answer. What is remembered is there at once.
func (f *Finder) Ask(q Question) *Inquiry {
	if a, ok := f.remembered(q); ok {
		return &Inquiry{isDone, a}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.waiting >= maxWaiting { // a file system hangs
		return &Inquiry{done: isDone}
	}
	f.waiting++
	i := &Inquiry{done: make(chan struct{})}
	go func() {
		f.busy <- struct{}{}
		defer f.answered(i)
		i.answer = f.look(q)
	}()
	return i
}

// answered must be deferred: what nobody has thought of in a file that anybody may
// have written is not found, and no end of the traffic.
func (f *Finder) answered(i *Inquiry) {
	if recover() != nil {
		i.answer = Answer{}
	}
	<-f.busy
	f.mu.Lock()
	f.waiting--
	f.mu.Unlock()
	close(i.done)
}

// remembered puts an answer together of what is known.
func (f *Finder) remembered(q Question) (a Answer, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := time.Now()
	if q.Run != "" {
		run, isKnown := f.byRun.get(q.Run, now)
		if !isKnown {
			return a, false
		}
		a.Run, a.HasRun = run.place, run.isRun
	}
	if q.wantsProcess(a) {
		if a.Process, ok = f.byConn.get(q.Who.ID, now); !ok {
			return a, false
		}
	}
	if dir := q.dir(a); dir != "" {
		if a.Here, ok = f.byDir.get(dir, now); !ok {
			return a, false
		}
	}
	a.Machine = f.machineOf(q)
	return a, true
}

func (f *Finder) machineOf(q Question) string {
	if IsHere(q.Who.Agent, q.Who.Front) {
		return f.machine
	}
	return ""
}

func (q Question) wantsProcess(a Answer) bool {
	return !a.HasRun && q.Who.ID != 0 && IsHere(q.Who.Agent, q.Who.Front)
}

func (q Question) dir(a Answer) string {
	for _, dir := range []string{q.Dir, a.Run.Dir, a.Process.Dir} {
		if dir != "" {
			return dir
		}
	}
	return ""
}

// look reads what is not remembered.
func (f *Finder) look(q Question) Answer {
	a := Answer{Machine: f.machineOf(q)}
	if q.Run != "" {
		run := recall(f, &f.byRun, q.Run, runsFresh, func() ranAt {
			p, ok := ReadRun(f.runs, q.Run)
			return ranAt{p, ok}
		})
		a.Run, a.HasRun = run.place, run.isRun
	}
	if q.wantsProcess(a) {
		a.Process = recall(f, &f.byConn, q.Who.ID, connsFresh, func() Process { return f.peer(q.Who) })
	}
	if dir := q.dir(a); dir != "" {
		a.Here = recall(f, &f.byDir, dir, dirsFresh, func() Place { return Look(dir) })
	}
	return a
}

const maxLikely = 16

// peer tries the processes first that were found before: an agent opens many
// connections.
func (f *Finder) peer(c usage.Conn) Process {
	f.mu.Lock()
	likely := append([]int(nil), f.likely...)
	f.mu.Unlock()
	p, pid := peer(c.Agent, c.Front, likely)
	if pid == 0 {
		return p
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	kept := []int{pid}
	for _, other := range f.likely {
		if other != pid && len(kept) < maxLikely {
			kept = append(kept, other)
		}
	}
	f.likely = kept
	return p
}

// memory keeps what was found, for a time; too much of it is forgotten all at
// once.
type memory[K comparable, V any] struct {
	kept   map[K]found[V]
	sought map[K]chan struct{} // what is being read; closed at the end
}

type found[V any] struct {
	value V
	until time.Time
}

func (m *memory[K, V]) get(key K, now time.Time) (v V, ok bool) {
	e, ok := m.kept[key]
	if !ok || now.After(e.until) {
		return v, false
	}
	return e.value, true
}

func (m *memory[K, V]) put(key K, e found[V]) {
	if m.kept == nil || len(m.kept) >= maxMemory {
		m.kept = make(map[K]found[V])
	}
	m.kept[key] = e
}

// recall returns what is remembered, else what read finds, which is then fresh for
// a time. What is being read is waited for.
func recall[K comparable, V any](f *Finder, m *memory[K, V], key K, fresh time.Duration, read func() V) (result V) {
	over := make(chan struct{})
	for {
		f.mu.Lock()
		v, ok := m.get(key, time.Now())
		other, isSought := m.sought[key]
		if !ok && !isSought {
			if m.sought == nil {
				m.sought = make(map[K]chan struct{})
			}
			m.sought[key] = over
		}
		f.mu.Unlock()
		switch {
		case ok:
			return v
		case !isSought:
			defer func() { // also when it panics: others wait for it
				f.mu.Lock()
				m.put(key, found[V]{result, time.Now().Add(fresh)})
				delete(m.sought, key)
				f.mu.Unlock()
				close(over)
			}()
			return read()
		}
		<-other
	}
}
