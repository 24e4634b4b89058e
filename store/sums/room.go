package sums

// Room is memory for the lines of one block after another.
type Room struct {
	counts pieces[uint64]
	codes  pieces[uint32]
}

// pieces of memory are used in turns.
type pieces[T any] struct {
	all  [][]T
	used int
}

// of is one of so many, which hold anything.
func (p *pieces[T]) of(many int) []T {
	if p.used == len(p.all) {
		p.all = append(p.all, nil)
	}
	if cap(p.all[p.used]) < many {
		p.all[p.used] = make([]T, many)
	}
	p.used++
	return p.all[p.used-1][:many]
}
