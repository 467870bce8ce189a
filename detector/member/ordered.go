package member

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

// search is the first place in an ascending list whose value is not below v.
func search(s []float64, v float64) int {
	lo := 0
	for n := len(s); n > 0; {
		half := n / 2
		if s[lo+half] < v {
			lo += half + 1
			n -= half + 1
		} else {
			n = half
		}
	}
	return lo
}

func (o *ordered) add(v float64) {
	if len(o.ring) < cap(o.ring) {
		o.ring = append(o.ring, v)
		i := search(o.sorted, v)
		o.sorted = append(o.sorted, 0)
		copy(o.sorted[i+1:], o.sorted[i:])
		o.sorted[i] = v
	} else {
		exchange(o.sorted, o.ring[o.at], v)
		o.ring[o.at] = v
	}
	o.at++
	if o.at == cap(o.ring) {
		o.at = 0
	}
}

// nearest is the mean distance of v to its k nearest values, or to as many as there are; 0 without any.
func (o *ordered) nearest(v float64, k int) float64 {
	hi := search(o.sorted, v)
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
	i := search(o.sorted, v)
	if i == n || i > 0 && v-o.sorted[i-1] <= o.sorted[i]-v {
		i--
	}
	return o.sorted[i], true
}
