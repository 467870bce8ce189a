package member

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// metric is a Mahalanobis length with a shrunk correlation.
type metric struct {
	scale     []float64 // per channel; 0 leaves the channel out
	precision []float64 // [channels][channels], of the scaled channels
	scaled    []float64
	weighed   []float64 // precision times scaled
}

// newMetric learns the correlation of rows over scale, kept to share and filled up with independence.
func newMetric(rows [][]float64, scale []float64, share float64) (*metric, error) {
	d := len(scale)
	mean, dev := make([]float64, d), make([]float64, d)
	n := float64(len(rows))
	for _, r := range rows {
		for j, v := range r {
			mean[j] += v / n
		}
	}
	cov := mat.NewSymDense(d, nil)
	for _, r := range rows {
		for j := range d {
			for k := j; k < d; k++ {
				cov.SetSym(j, k, cov.At(j, k)+(r[j]-mean[j])*(r[k]-mean[k])/n)
			}
		}
	}
	for j := range d {
		dev[j] = math.Sqrt(cov.At(j, j))
	}
	corr := mat.NewSymDense(d, nil)
	for j := range d {
		corr.SetSym(j, j, 1)
		for k := j + 1; k < d; k++ {
			if dev[j] > 0 && dev[k] > 0 {
				corr.SetSym(j, k, share*cov.At(j, k)/dev[j]/dev[k])
			}
		}
	}
	var chol mat.Cholesky
	if !chol.Factorize(corr) {
		return nil, fmt.Errorf("the correlation of %d channels is not positive definite", d)
	}
	var inv mat.SymDense
	if err := chol.InverseTo(&inv); err != nil {
		return nil, fmt.Errorf("the correlation of %d channels cannot be inverted: %w", d, err)
	}
	m := &metric{scale: slices.Clone(scale), precision: make([]float64, d*d), scaled: make([]float64, d), weighed: make([]float64, d)}
	for j := range d {
		for k := range d {
			m.precision[j*d+k] = inv.At(j, k)
		}
	}
	return m, nil
}

// length is the distance of x from origin; scaled and weighed hold the parts of it afterwards.
func (m *metric) length(x, origin []float64) float64 {
	d := len(m.scale)
	for j := range d {
		m.scaled[j] = 0
		if m.scale[j] > 0 {
			m.scaled[j] = (x[j] - origin[j]) / m.scale[j]
		}
	}
	sum := 0.0
	for j := range d {
		w := 0.0
		for k, p := range m.precision[j*d : (j+1)*d] {
			w += p * m.scaled[k]
		}
		m.weighed[j] = w
		sum += w * m.scaled[j]
	}
	return math.Sqrt(max(sum, 0))
}

// quantile of x by linear interpolation; x is left as it is.
func quantile(x []float64, q float64) float64 {
	if len(x) == 0 {
		return math.NaN()
	}
	s := slices.Clone(x)
	at := q * float64(len(s)-1)
	i := int(at)
	put(s, i)
	if i+1 >= len(s) {
		return s[i]
	}
	return s[i] + (at-float64(i))*(slices.Min(s[i+1:])-s[i])
}

// put brings the value that is at k in order to its place, those before it before and those after it behind (Hoare, 1961), in a few passes over s.
// Values that are not numbers come first, as in slices.Sort.
func put(s []float64, k int) {
	if slices.ContainsFunc(s, func(v float64) bool { return v != v }) {
		slices.Sort(s)
		return
	}
	for lo, hi := 0, len(s)-1; lo < hi; {
		a, b, c := s[lo], s[lo+(hi-lo)/2], s[hi]
		pivot := max(min(a, b), min(max(a, b), c)) // the middle one
		i, j := lo, hi
		for i <= j {
			for s[i] < pivot {
				i++
			}
			for s[j] > pivot {
				j--
			}
			if i <= j {
				s[i], s[j] = s[j], s[i]
				i++
				j--
			}
		}
		switch { // from j to i all are as the pivot
		case k <= j:
			hi = j
		case k >= i:
			lo = i
		default:
			return
		}
	}
}
