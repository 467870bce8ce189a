package panel

import (
	"math"

	"crackle/detector/member"
)

// clean leaves out the rows that are recognisably bad, as member.Clean says, on both sides of the lesson, and gives how many. A run ends where a row is
// left out; held out, its next part goes on with what members remember, so that those with a long memory, or that need many rows for a first score, are
// calibrated as if no row were missing. Rows whose features are all within their tolerance stay.
func (l *Lesson) clean() (dropped int) {
	var rows [][]float64
	for _, side := range [][][][]float64{l.Fit, l.Held} {
		for _, run := range side {
			rows = append(rows, run...)
		}
	}
	bad := make([]bool, len(rows))
	for _, i := range member.Clean(rows) {
		if bad[i] = l.matters(rows[i]); bad[i] {
			dropped++
		}
	}
	if dropped == 0 {
		return 0
	}
	fit, none := cut(l.Fit, bad, nil)
	bad = bad[len(bad)-count(l.Held):]
	held, of := cut(l.Held, bad, none)
	lot, part := make([]string, len(of)), make([]string, len(of))
	l.goesOn = make([]bool, len(of))
	for i, r := range of {
		lot[i], part[i] = l.HeldLot[r], l.HeldPart[r]
		l.goesOn[i] = i > 0 && of[i-1] == r
	}
	l.Fit, l.Held, l.HeldLot, l.HeldPart = fit, held, lot, part
	return dropped
}

// matters tells that a feature is further from its middle than a change that does not matter to anyone.
func (l *Lesson) matters(row []float64) bool {
	for j, v := range row {
		if math.Abs(v-l.Middle[j]) > l.MinChange[j] {
			return true
		}
	}
	return false
}

func count(runs [][][]float64) (n int) {
	for _, run := range runs {
		n += len(run)
	}
	return n
}

// cut ends runs at bad rows, which are flagged in the order of all rows, and gives the run that each came from.
func cut(runs [][][]float64, bad []bool, of []int) ([][][]float64, []int) {
	var out [][][]float64
	of = of[:0]
	for k, run := range runs {
		from := 0
		for i := 0; i <= len(run); i++ {
			if i < len(run) && !bad[i] {
				continue
			}
			if i > from {
				out, of = append(out, run[from:i]), append(of, k)
			}
			from = i + 1
		}
		bad = bad[len(run):]
	}
	return out, of
}
