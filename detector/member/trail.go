package member

// blockRows is the size of the blocks of a trail whose moments are kept, so that those of a long past cost little.
const blockRows = 32

// trail keeps the last values of a series in the order in which they came.
type trail struct {
	ring   []float64
	at     int
	seen   int
	blocks []moment // of the whole blocks of the ring, at rest since they were filled
}

// moment is the sum of a block and that of the squares of its deviations from its mean.
type moment struct{ sum, squares float64 }

func newTrail(capacity int) *trail {
	return &trail{ring: make([]float64, capacity), blocks: make([]moment, capacity/blockRows)}
}

func (t *trail) reset() { t.at, t.seen = 0, 0 }

func (t *trail) add(v float64) {
	t.ring[t.at] = v
	if t.at++; t.at%blockRows == 0 {
		t.block(t.at/blockRows - 1)
	}
	if t.at == len(t.ring) {
		t.at = 0
	}
	t.seen = min(t.seen+1, len(t.ring))
}

// block takes the moments of block k from the ring.
func (t *trail) block(k int) {
	b := t.ring[k*blockRows : (k+1)*blockRows]
	m := moment{sum: sum(b)}
	m.squares = squares(b, m.sum/blockRows)
	t.blocks[k] = m
}

// back is the value of n rows ago, 0 the last; n must be below the rows held.
func (t *trail) back(n int) float64 {
	i := t.at - 1 - n
	if i < 0 {
		i += len(t.ring)
	}
	return t.ring[i]
}

// moments of the n values that ended back rows ago, or of as many as there are.
func (t *trail) moments(n, back int) (mean, variance float64, count int) {
	n = min(n, t.seen-back)
	if n <= 0 {
		return 0, 0, 0
	}
	from := (t.at - back - n + 2*len(t.ring)) % len(t.ring)
	first := min(n, len(t.ring)-from) // the others are at the begin of the ring
	total := t.sum(from, from+first) + t.sum(0, n-first)
	mean = total / float64(n)
	variance = t.squares(from, from+first, mean) + t.squares(0, n-first, mean)
	return mean, variance / float64(n), n
}

// inner are the whole blocks between two places of the ring; none when first is not below last.
func inner(from, to int) (first, last int) {
	return (from + blockRows - 1) / blockRows, to / blockRows
}

func (t *trail) sum(from, to int) float64 {
	first, last := inner(from, to)
	if first >= last {
		return sum(t.ring[from:to])
	}
	s := sum(t.ring[from : first*blockRows])
	for _, b := range t.blocks[first:last] {
		s += b.sum
	}
	return s + sum(t.ring[last*blockRows:to])
}

// squares of the deviations from a mean.
func (t *trail) squares(from, to int, mean float64) float64 {
	first, last := inner(from, to)
	if first >= last {
		return squares(t.ring[from:to], mean)
	}
	s := squares(t.ring[from:first*blockRows], mean)
	for _, b := range t.blocks[first:last] {
		e := b.sum/blockRows - mean
		s += b.squares + blockRows*e*e
	}
	return s + squares(t.ring[last*blockRows:to], mean)
}

func sum(x []float64) (s float64) {
	for _, v := range x {
		s += v
	}
	return s
}

func squares(x []float64, mean float64) (s float64) {
	for _, v := range x {
		s += (v - mean) * (v - mean)
	}
	return s
}
