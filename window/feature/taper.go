package feature

import (
	"fmt"
	"math"
	"strings"
)

// Tapers lists the names that Taper knows.
var Tapers = []string{"hann", "hamming", "blackman", "flattop", "none"}

// Taper gives the n weights of a taper in its periodic form (DFT-even), which is the one for spectra. The empty name is hann.
func Taper(name string, n int) ([]float64, error) {
	var a []float64 // sum of a[k] (-1)^k cos(2 pi k i / n); Harris, Proc. IEEE 66, 1978; flat-top: ISO 18431-2
	switch name {
	case "", "hann":
		a = []float64{0.5, 0.5}
	case "hamming":
		a = []float64{0.54, 0.46}
	case "blackman":
		a = []float64{0.42, 0.5, 0.08}
	case "flattop":
		a = []float64{0.21557895, 0.41663158, 0.277263158, 0.083578947, 0.006947368}
	case "none":
		a = []float64{1}
	default:
		return nil, fmt.Errorf("taper %q is not known: use one of %s", name, strings.Join(Tapers, ", "))
	}
	w := make([]float64, n)
	for i := range w {
		sign := 1.0
		for k, c := range a {
			w[i] += sign * c * math.Cos(2*math.Pi*float64(k)*float64(i)/float64(n))
			sign = -sign
		}
	}
	return w, nil
}
