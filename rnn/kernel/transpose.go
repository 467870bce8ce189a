package kernel

// Transpose writes rows src [Lanes][cols] to a tile dst [cols][Lanes].
func Transpose(dst, src []float32, cols int) {
	dst, src = dst[:cols*Lanes], src[:cols*Lanes]
	from := 0
	if hasVectors {
		from = transposeVector(dst, src, cols)
	}
	for j := range Lanes {
		for k := from; k < cols; k++ {
			dst[k*Lanes+j] = src[j*cols+k]
		}
	}
}
