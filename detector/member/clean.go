package member

import "math"

// badWidths is how far out, in robust widths of its channel, a value is beyond doubt.
const badWidths = 8

// Clean tells which rows of a lesson are recognisably bad: a channel further from its median than eight robust widths. What is left is
// still to be looked at by a person; rows that are merely unusual stay, for they belong to normal production. When more than a tenth of the
// rows would go, none does: then the lesson has two regimes, and which one is good cannot be told from numbers.
func Clean(rows [][]float64) (bad []int) {
	if len(rows) == 0 {
		return nil
	}
	d := len(rows[0])
	middle, width := make([]float64, d), make([]float64, d)
	x := make([]float64, len(rows))
	for j := range d {
		for i, r := range rows {
			x[i] = r[j]
		}
		middle[j] = quantile(x, 0.5)
		for i, v := range x {
			x[i] = math.Abs(v - middle[j])
		}
		width[j] = max(quantile(x, 0.5)/0.6745, quantile(x, 0.8)/1.2816) // both are 1 for a normal channel of unit deviation
	}
	for i, r := range rows {
		for j, v := range r {
			if width[j] > 0 && math.Abs(v-middle[j]) > badWidths*width[j] {
				bad = append(bad, i)
				break
			}
		}
	}
	if len(bad)*10 > len(rows) {
		return nil
	}
	return bad
}
