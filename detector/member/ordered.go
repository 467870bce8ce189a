package member

import "sort"

// ordered keeps the last values of a series, sorted. Its capacity is fixed; adding to a full one drops the oldest.
type ordered struct {
	sorted []float64
	ring   []float64 // in order of arrival
	at     int       // where the next goes
}

func newOrdered(capacity int) *ordered {
	return &ordered{sorted: make([]float64, 0, capacity), ring: make([]float64, 0, capacity)}
}

func (o *ordered) reset() { o.sorted, o.ring, o.at = o.sorted[:0], o.ring[:0], 0 }

func (o *ordered) add(v float64) {
	if len(o.ring) < cap(o.ring) {
		o.ring = append(o.ring, v)
	} else {
		old := sort.SearchFloat64s(o.sorted, o.ring[o.at])
		o.sorted = append(o.sorted[:old], o.sorted[old+1:]...)
		o.ring[o.at] = v
	}
	o.at++
	if o.at == cap(o.ring) {
		o.at = 0
	}
	i := sort.SearchFloat64s(o.sorted, v)
	o.sorted = append(o.sorted, 0)
	copy(o.sorted[i+1:], o.sorted[i:])
	o.sorted[i] = v
}

// nearest is the mean distance of v to its k nearest values, or to as many as there are; 0 without any.
func (o *ordered) nearest(v float64, k int) float64 {
	hi := sort.SearchFloat64s(o.sorted, v)
	lo := hi - 1
	sum, got := 0.0, 0
	for ; got < k; got++ {
		left, right := lo >= 0, hi < len(o.sorted)
		switch {
		case left && (!right || v-o.sorted[lo] <= o.sorted[hi]-v):
			sum += v - o.sorted[lo]
			lo--
		case right:
			sum += o.sorted[hi] - v
			hi++
		default:
			k = got
			got--
		}
	}
	if got <= 0 {
		return 0
	}
	return sum / float64(got)
}

// closest is the value nearest to v.
func (o *ordered) closest(v float64) (near float64, ok bool) {
	n := len(o.sorted)
	if n == 0 {
		return 0, false
	}
	i := sort.SearchFloat64s(o.sorted, v)
	if i == n || i > 0 && v-o.sorted[i-1] <= o.sorted[i]-v {
		i--
	}
	return o.sorted[i], true
}

// mean of the last n rows of a ring that holds more, ending back rows ago.
type trail struct {
	ring []float64
	at   int
	seen int
}

func newTrail(capacity int) *trail { return &trail{ring: make([]float64, capacity)} }

func (t *trail) reset() { t.at, t.seen = 0, 0 }

func (t *trail) add(v float64) {
	t.ring[t.at] = v
	t.at = (t.at + 1) % len(t.ring)
	t.seen = min(t.seen+1, len(t.ring))
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
	for i, k := 0, from; i < n; i++ {
		mean += t.ring[k]
		if k++; k == len(t.ring) {
			k = 0
		}
	}
	mean /= float64(n)
	for i, k := 0, from; i < n; i++ {
		variance += (t.ring[k] - mean) * (t.ring[k] - mean)
		if k++; k == len(t.ring) {
			k = 0
		}
	}
	return mean, variance / float64(n), n
}
