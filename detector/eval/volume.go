package eval

import "math"

// vusThresholds is how many thresholds the reference puts along the sorted scores.
const vusThresholds = 250

// VUSPR is the volume under the precision-recall surface (Paparrizos et al., PVLDB 15, 2022): range-based average precision, averaged over
// buffers of 0 to buffer rows by which each labelled stretch is softened on both sides. It needs no threshold. NaN scores count as the
// lowest. It is NaN when no row is labelled.
func VUSPR(truth []bool, score []float64, buffer int) float64 {
	segments := Stretches(truth)
	if len(segments) == 0 {
		return math.NaN()
	}
	s := make([]float64, len(score))
	for i, v := range score {
		s[i] = v
		if math.IsNaN(v) {
			s[i] = math.Inf(-1)
		}
	}
	order := ranked(s)
	for i, j := 0, len(order)-1; i < j; i, j = i+1, j-1 {
		order[i], order[j] = order[j], order[i]
	}
	positive := 0.0
	for _, t := range truth {
		if t {
			positive++
		}
	}
	soft := make([]float64, len(truth))
	sum := 0.0
	for b := 0; b <= buffer; b++ {
		soften(soft, truth, segments, b)
		sum += rangePrecision(soft, s, order, positive)
	}
	return sum / float64(buffer+1)
}

// soften gives each row 1 in a labelled stretch and a share that falls as the root of the distance over half the buffer beside it.
func soften(dst []float64, truth []bool, segments [][2]int, buffer int) {
	for i, t := range truth {
		dst[i] = 0
		if t {
			dst[i] = 1
		}
	}
	for _, g := range segments {
		for k := 1; k <= buffer/2; k++ {
			share := math.Sqrt(1 - float64(k)/float64(buffer))
			if i := g[0] - k; i >= 0 {
				dst[i] = min(1, dst[i]+share)
			}
			if i := g[1] + k; i < len(dst) && k < buffer/2 { // the reference stops one row earlier on this side
				dst[i] = min(1, dst[i]+share)
			}
		}
	}
}

// rangePrecision is the average precision with soft labels: recall is damped by the share of stretches touched.
func rangePrecision(soft, score []float64, order []int, positive float64) float64 {
	n := len(order)
	total := 0.0
	segment, count := make([]int, n), 0
	for i, v := range soft {
		total += v
		segment[i] = -1
		if v > 0 {
			if i == 0 || soft[i-1] == 0 {
				count++
			}
			segment[i] = count - 1
		}
	}
	touched, met := make([]bool, count), 0
	expected := (positive + total) / 2
	area, before, tp, next := 0.0, 0.0, 0.0, 0
	for k := range vusThresholds {
		limit := score[order[k*(n-1)/(vusThresholds-1)]]
		for next < n && score[order[next]] >= limit {
			i := order[next]
			tp += soft[i]
			if g := segment[i]; g >= 0 && !touched[g] {
				touched[g] = true
				met++
			}
			next++
		}
		recall := min(tp/expected, 1) * float64(met) / float64(count)
		area += (recall - before) * tp / float64(next)
		before = recall
	}
	return area
}

// Stretches lists the runs of true rows: first and last row of each.
func Stretches(rows []bool) [][2]int {
	var out [][2]int
	for i, t := range rows {
		switch {
		case !t:
		case i == 0 || !rows[i-1]:
			out = append(out, [2]int{i, i})
		default:
			out[len(out)-1][1] = i
		}
	}
	return out
}
