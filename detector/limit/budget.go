package limit

import (
	"fmt"
	"math"
	"math/bits"

	"gonum.org/v1/gonum/dsp/fourier"
	"gonum.org/v1/gonum/stat/distuv"
)

// enough is how many effective rows per expected exceedance make a stated rate worth stating.
const enough = 10

// Effective is the number of independent rows that a dependent series of scores is worth: its length over the integrated autocorrelation
// time, summed while pairs of autocorrelations stay positive (Geyer, 1992). It is at least 1 and at most the length. It takes n log n steps.
func Effective(scores []float64) float64 {
	n := len(scores)
	if n < 4 {
		return float64(n)
	}
	cov := autocovariance(scores)
	if !(cov[0] > 0) {
		return 1 // a constant says one thing
	}
	tau := -1.0
	for k := 0; k+1 < n/2; k += 2 {
		pair := (cov[k] + cov[k+1]) / cov[0]
		if pair <= 0 {
			break
		}
		tau += 2 * pair
	}
	return min(max(float64(n)/max(tau, 1), 1), float64(n))
}

// autocovariance of a series at lags 0 to n-1, by the transform of its spectrum (Wiener, Khinchin), padded so that its ends do not meet.
func autocovariance(x []float64) []float64 {
	n := len(x)
	mean := average(x)
	unit := 0.0
	for _, v := range x {
		unit = max(unit, math.Abs(v-mean))
	}
	if !(unit > 0) || math.IsInf(unit, 0) {
		return make([]float64, n)
	}
	padded := make([]float64, 1<<bits.Len(uint(2*n-1)))
	for i, v := range x {
		padded[i] = (v - mean) / unit
	}
	fft := fourier.NewFFT(len(padded))
	c := fft.Coefficients(nil, padded)
	for i, v := range c {
		c[i] = complex(real(v)*real(v)+imag(v)*imag(v), 0)
	}
	out := fft.Sequence(padded, c)[:n]
	for i := range out {
		out[i] /= float64(n) * float64(len(padded))
	}
	return out
}

// Support is what a calibration sample can promise.
type Support struct {
	Rows      int
	Effective float64 // independent rows
	Lots      int     // 0 when not known
	Alpha     float64 // smallest rate per row that can be stated
	PerDay    float64 // the same in alarms per day
}

// Supports tells what rate the scores of good rows support: ten effective rows per expected exceedance, and with lots given no better than
// one in lots + 1 (a new lot may be the worst of them all).
func Supports(scores []float64, rowsPerDay float64, lots int) Support {
	s := Support{Rows: len(scores), Effective: Effective(scores), Lots: lots}
	s.Alpha = min(enough/s.Effective, 1)
	s.PerDay = s.Alpha * rowsPerDay
	return s
}

// Check tells whether alpha can be stated, and if not what can and how much more data it takes.
func (s Support) Check(alpha float64) error {
	if alpha >= s.Alpha {
		return nil
	}
	return fmt.Errorf("a rate of %.3g per row asks for %.0f effective rows; %d rows are worth %.0f and support %.3g: record %.1f times as much, or allow more alarms",
		alpha, enough/alpha, s.Rows, s.Effective, s.Alpha, s.Alpha/alpha)
}

// Rate is the interval of an event rate per unit of time, from count events in that time, at the given confidence (exact Poisson). For no
// event only the upper end is bounded, one-sided: an hour without alarm proves no less than 72 a day at 95 %.
func Rate(count int, time, confidence float64) (low, high float64) {
	if !(time > 0) {
		return 0, math.Inf(1)
	}
	tail := (1 - confidence) / 2
	if count == 0 {
		return 0, -math.Log(1-confidence) / time
	}
	low = distuv.ChiSquared{K: float64(2 * count)}.Quantile(tail) / 2 / time
	high = distuv.ChiSquared{K: float64(2*count + 2)}.Quantile(1-tail) / 2 / time
	return low, high
}

// LotBound is the smallest share of bad verdicts on good lots that the largest score of that many good lots can promise.
func LotBound(lots int) float64 { return 1 / float64(lots+1) }
