package kernel

// Softmax replaces row by exp(row - max) divided by its sum. A NaN anywhere makes every value NaN.
func Softmax(row []float32) {
	if len(row) == 0 {
		return
	}
	top := row[0]
	for _, v := range row {
		if v > top || v != v {
			top = v
		}
	}
	var sum float32
	for i, v := range row {
		row[i] = Exp(v - top)
		sum += row[i]
	}
	for i := range row {
		row[i] /= sum
	}
}
