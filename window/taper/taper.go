// Package taper gives the weights that fade a stretch of samples out at its ends, for spectra and for filter design.
package taper

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Names lists what New knows.
var Names = []string{"hann", "hamming", "blackman", "flattop", "kaiser(BETA)", "none"}

// New gives the n weights of a taper in its periodic form (DFT-even), which is the one for spectra. The empty name is hann. It
// allocates the result. The error says which names there are.
func New(name string, n int) ([]float64, error) {
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
		if beta, ok := kaiserBeta(name); ok {
			return Kaiser(n+1, beta)[:n], nil
		}
		return nil, fmt.Errorf("taper %q is not known: use one of %s", name, strings.Join(Names, ", "))
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

func kaiserBeta(name string) (float64, bool) {
	arg, ok := strings.CutPrefix(name, "kaiser(")
	if !ok {
		return 0, false
	}
	if arg, ok = strings.CutSuffix(arg, ")"); !ok {
		return 0, false
	}
	beta, err := strconv.ParseFloat(strings.TrimSpace(arg), 64)
	return beta, err == nil && beta >= 0 && beta <= 500
}

// Kaiser gives the n weights of the symmetric Kaiser taper, I0(beta sqrt(1-x^2)) / I0(beta) for x from -1 to 1 (Kaiser, ISCAS 1974).
func Kaiser(n int, beta float64) []float64 {
	w := make([]float64, n)
	for i := range w {
		x := 0.0
		if n > 1 {
			x = 2*float64(i)/float64(n-1) - 1
		}
		w[i] = BesselI0(beta*math.Sqrt(max(1-x*x, 0))) / BesselI0(beta)
	}
	return w
}

// BesselI0 is the modified Bessel function of the first kind of order 0, by its power series; exact to rounding for |x| up to 700.
func BesselI0(x float64) float64 {
	sum, term := 1.0, 1.0
	q := x * x / 4
	for k := 1.0; term > sum*1e-17 && k < 2000; k++ {
		term *= q / (k * k)
		sum += term
	}
	return sum
}
