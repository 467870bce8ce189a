package filter

import (
	"fmt"
	"math"
	"math/cmplx"

	"crackle/window/taper"
)

// FIR names a finite impulse response filter by windowed sinc with a Kaiser taper (Kaiser, ISCAS 1974). Its phase is linear: it delays by half
// its length.
type FIR struct {
	Kind          Kind      `json:"kind" toml:"kind"`                     // lowpass, highpass, bandpass or bandstop
	EdgesHz       []float64 `json:"edges_hz" toml:"edges_hz"`             // at -6 dB
	WidthHz       float64   `json:"width_hz" toml:"width_hz"`             // of each transition, above 0
	AttenuationDB float64   `json:"attenuation_db" toml:"attenuation_db"` // of the stop band, 21 to 200; the pass band's ripple is as small
}

// MaxTaps is the longest filter that Taps designs.
const MaxTaps = 1 << 16

// Taps designs the impulse response, of odd length, for a sampling rate, scaled to a gain of 1 in the middle of the pass band (at 0 for
// lowpass and bandstop, at half the rate for highpass).
func (f FIR) Taps(rateHz float64) ([]float64, error) {
	if f.Kind == Notch {
		return nil, fmt.Errorf("filter: kind notch is not for a FIR filter: use bandstop")
	}
	if err := (Design{Family: Butterworth, Kind: f.Kind, Order: 1, EdgesHz: f.EdgesHz}).check(rateHz); err != nil {
		return nil, err
	}
	if !(f.WidthHz > 0) || f.WidthHz >= rateHz/2 {
		return nil, fmt.Errorf("filter: width_hz is %g: must be above 0 and below half the rate, %g Hz", f.WidthHz, rateHz/2)
	}
	if !(f.AttenuationDB >= 21 && f.AttenuationDB <= 200) {
		return nil, fmt.Errorf("filter: attenuation_db is %g: allowed are 21 to 200", f.AttenuationDB)
	}
	count := math.Ceil((f.AttenuationDB-7.95)/(2.285*2*math.Pi*f.WidthHz/rateHz)) + 1
	if !(count < MaxTaps) {
		return nil, fmt.Errorf("filter: a transition of %g Hz at %g Hz needs %.0f taps: allowed are %d; widen it or decimate first", f.WidthHz, rateHz, count, MaxTaps)
	}
	n := int(count) | 1 // odd: the only length that all kinds can have
	return f.windowed(n, rateHz), nil
}

func (f FIR) windowed(n int, rateHz float64) []float64 {
	h := taper.Kaiser(n, kaiserBeta(f.AttenuationDB))
	pass := f.passBands(rateHz)
	mid := float64(n-1) / 2
	for i := range h {
		m := float64(i) - mid
		sum := 0.0
		for _, b := range pass {
			sum += b[1]*sinc(b[1]*m) - b[0]*sinc(b[0]*m)
		}
		h[i] *= sum
	}
	// The frequency of unit gain, over half the rate.
	at := 0.0
	if pass[0][0] > 0 {
		at = (pass[0][0] + pass[0][1]) / 2
		if pass[0][1] == 1 {
			at = 1
		}
	}
	gain := cmplx.Abs(FIRResponse(h, at*rateHz/2, rateHz))
	for i := range h {
		h[i] /= gain
	}
	return h
}

// passBands are edges over half the rate.
func (f FIR) passBands(rateHz float64) [][2]float64 {
	e := make([]float64, len(f.EdgesHz))
	for i, v := range f.EdgesHz {
		e[i] = v / (rateHz / 2)
	}
	switch f.Kind {
	case LowPass:
		return [][2]float64{{0, e[0]}}
	case HighPass:
		return [][2]float64{{e[0], 1}}
	case BandPass:
		return [][2]float64{{e[0], e[1]}}
	default:
		return [][2]float64{{0, e[0]}, {e[1], 1}}
	}
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

func kaiserBeta(a float64) float64 {
	switch {
	case a > 50:
		return 0.1102 * (a - 8.7)
	case a > 21:
		return 0.5842*math.Pow(a-21, 0.4) + 0.07886*(a-21)
	}
	return 0
}

// FIRResponse is the complex gain of an impulse response at a frequency in Hz.
func FIRResponse(h []float64, freqHz, rateHz float64) complex128 {
	w := 2 * math.Pi * freqHz / rateHz
	sum := complex(0, 0)
	for i, v := range h {
		sum += complex(v, 0) * cmplx.Exp(complex(0, -w*float64(i)))
	}
	return sum
}
