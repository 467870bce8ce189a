package eval

import (
	"math"
	"slices"
)

// NABFile is one file of the NAB corpus as its scorer sees it: which rows count and what a detection on each is worth.
type NABFile struct {
	Rows      int
	Probation int      // rows before this one are ignored
	Windows   [][2]int // first and last row of each anomaly window, in order

	worth  []float64 // of a detection on the row: positive in a window, negative or near 0 outside
	window []int     // which window the row is in, -1 for none
}

// Costs of NAB's profiles: a detection outside windows costs fp times its worth, a window without detection fn.
var nabCost = [profiles]struct{ fn, fp float64 }{Standard: {1, 0.11}, LowFP: {1, 0.22}, LowFN: {2, 0.11}}

// nabSigmoid is the scorer's scaled sigmoid.
func nabSigmoid(y float64) float64 {
	if y > 3 {
		return -1
	}
	return 2/(1+math.Exp(5*y)) - 1
}

// nabProbation is how many rows NAB leaves for learning: 15 %, at most 750.
func nabProbation(rows int) int { return min(rows*15/100, 750) }

// NewNABFile lays out a file of that many rows with its anomaly windows (first and last row, in order).
func NewNABFile(rows int, windows [][2]int) *NABFile {
	f := &NABFile{Rows: rows, Probation: nabProbation(rows), Windows: windows, worth: make([]float64, rows), window: make([]int, rows)}
	for i := range f.worth {
		f.worth[i], f.window[i] = -1, -1
	}
	full := nabSigmoid(-1)
	for q, w := range windows {
		left, right := max(w[0], 0), min(w[1], rows-1)
		width := float64(right - left + 1)
		for i := left; i <= right; i++ {
			f.worth[i], f.window[i] = nabSigmoid(-float64(right-i+1)/width)/full, q
		}
		next := rows
		if q+1 < len(windows) {
			next = windows[q+1][0]
		}
		for i := right + 1; i < next; i++ {
			f.worth[i] = nabSigmoid(float64(i-right) / max(width-1, 1))
		}
	}
	return f
}

// NABSum holds the sums of NAB's protocol over the files added so far.
type NABSum struct {
	Found, Windows, False int // windows with a detection, windows that can be scored, rows of detection outside windows

	all  int // windows, with those wholly in the probation
	gain [profiles]float64
}

// Add adds a file with the rows on which the detector spoke, which were decided with a threshold fixed in advance.
func (s *NABSum) Add(f *NABFile, alarm []bool) {
	best := make([]float64, len(f.Windows))
	hit, seen := make([]bool, len(f.Windows)), make([]bool, len(f.Windows))
	outside := 0.0
	for i := f.Probation; i < f.Rows; i++ {
		q := f.window[i]
		if q >= 0 {
			seen[q] = true
		}
		switch {
		case !alarm[i]:
		case q < 0:
			s.False++
			outside += f.worth[i]
		case !hit[q] || f.worth[i] > best[q]:
			hit[q], best[q] = true, f.worth[i]
		}
	}
	s.all += len(f.Windows)
	for p, c := range nabCost {
		s.gain[p] += c.fp * outside
		for q := range best {
			if hit[q] && best[q] > -c.fn {
				s.gain[p] += best[q] + c.fn
			}
		}
	}
	for q := range seen {
		if seen[q] {
			s.Windows++
		}
		if hit[q] {
			s.Found++
		}
	}
}

// Plus adds the sums of other files.
func (s NABSum) Plus(o NABSum) NABSum {
	s.Found, s.Windows, s.False, s.all = s.Found+o.Found, s.Windows+o.Windows, s.False+o.False, s.all+o.all
	for p := range s.gain {
		s.gain[p] += o.gain[p]
	}
	return s
}

// Score is NAB's: 0 for silence, 100 for a detection at the start of every window.
func (s NABSum) Score(p Profile) float64 {
	seen := float64(s.Windows)
	return 100 * ratio(s.gain[p], float64(s.all)+nabCost[p].fn*seen)
}

// BestNAB is the score at the one threshold that makes it largest, and that threshold: how NAB's own table is made, tuned on the labels. Only
// scores above 0 count. It is for comparison with that table, never a result of ours.
func BestNAB(files []*NABFile, scores [][]float64, p Profile) (score, threshold float64) {
	type point struct {
		at           float64
		file, row, q int
	}
	var points []point
	base := 0
	all, seen := 0, make(map[int]bool)
	for k, f := range files {
		for i := f.Probation; i < f.Rows; i++ {
			q := -1
			if f.window[i] >= 0 {
				q = base + f.window[i]
				seen[q] = true
			}
			if scores[k][i] > 0 {
				points = append(points, point{scores[k][i], k, i, q})
			}
		}
		base += len(f.Windows)
		all += len(f.Windows)
	}
	slices.SortStableFunc(points, func(a, b point) int {
		switch {
		case a.at > b.at:
			return -1
		case a.at < b.at:
			return 1
		}
		return 0
	})
	c := nabCost[p]
	best := make(map[int]float64)
	gain, most, at := 0.0, 0.0, math.Inf(1)
	for j, pt := range points {
		u := files[pt.file].worth[pt.row]
		if pt.q < 0 {
			gain += c.fp * u
		} else {
			b, ok := best[pt.q]
			if !ok {
				b = -c.fn
			}
			if u > b {
				gain += u - b
				best[pt.q] = u
			}
		}
		if (j+1 == len(points) || points[j+1].at != pt.at) && gain > most {
			most, at = gain, pt.at
		}
	}
	return 100 * ratio(most, float64(all)+c.fn*float64(len(seen))), at
}
