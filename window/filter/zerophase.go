package filter

import (
	"fmt"
	"slices"
)

// ZeroPhase filters a whole record forward and backward, so that nothing is delayed and the magnitude response is squared; for
// offline use, since it looks ahead. It pads as SciPy's sosfiltfilt does: an odd extension at both ends of 3 (2 n + 1 - m) samples,
// where n is the number of sections and m that of sections whose b2 or a2 is 0, whichever is fewer; each pass starts from the
// steady state of its first value.
//
// dst may be x, or nil to be allocated; any other length than x's is an error, as is a record no longer than the padding. Scratch
// is allocated.
func ZeroPhase(dst []float64, s Sections, x []float64) ([]float64, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	pad := s.padding()
	if len(x) <= pad {
		return nil, fmt.Errorf("filter: a record of %d samples is too short for this filter forward and backward: more than %d are needed", len(x), pad)
	}
	if dst == nil {
		dst = make([]float64, len(x))
	}
	if len(dst) != len(x) {
		return nil, fmt.Errorf("filter: dst has length %d: must be %d", len(dst), len(x))
	}
	n := len(x)
	ext := make([]float64, n+2*pad)
	for i := range pad {
		ext[i] = 2*x[0] - x[pad-i]
		ext[pad+n+i] = 2*x[n-1] - x[n-2-i]
	}
	copy(ext[pad:], x)
	steady := s.Steady()
	for range 2 {
		z := slices.Clone(steady)
		for i := range z {
			z[i][0] *= ext[0]
			z[i][1] *= ext[0]
		}
		for i, v := range ext {
			ext[i] = s.step(z, v)
		}
		slices.Reverse(ext)
	}
	copy(dst, ext[pad:])
	return dst, nil
}

func (s Sections) padding() int {
	zeroB, zeroA := 0, 0
	for _, c := range s {
		if c[2] == 0 {
			zeroB++
		}
		if c[5] == 0 {
			zeroA++
		}
	}
	return 3 * (2*len(s) + 1 - min(zeroB, zeroA))
}
